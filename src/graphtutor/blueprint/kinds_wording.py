"""The ways in which each kind of question is asked.

A title may be singular or plural and may begin with an article, so no wording puts a verb after it.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "BUILDS_ON",
    "COMPRESS",
    "EVOLUTION_OF",
    "LEVEL",
    "MERGE",
    "MISPLACED",
    "NEXT",
    "ORDER",
    "PLACE",
    "RECOVER",
    "SHORT",
    "STRAND_OF",
    "SUBTOPICS",
    "UNFOLD",
    "WHOLE",
]

WHOLE: Final = (
    "Take {title} apart by {framework}.",
    "Explain {title} by {framework}, all levels.",
    "Which principles underlie {title}? Give every level, then the compression.",
    "Give the full breakdown of {title}.",
    "How does one reason about {title} in {domain}? Answer in full.",
    "Break {title} down: every strand, level by level.",
    "I want to understand {title} from the ground up. Use {framework}.",
    "What holds in the case of {title}, and why? Structure the answer by {framework}.",
    "{domain}: a complete structured explanation of {title}, please.",
    "Reason through {title} step by step, from the principle's name to its core.",
)
SHORT: Final = (
    "{title}: only the {short}.",
    "Compress {title} into its core logic.",
    "Give the short form of {title}, nothing else.",
    "Sum up {title} in one line.",
    "What is the essence of {title}? One line.",
    "In brief: what is the {short} of {title}?",
    "No details: reduce {title} to its core.",
    "{domain} in a nutshell: {title}.",
    "I have ten seconds. What should I remember about {title}?",
)
LEVEL: Final = (
    "In {title}, what is the {label} of {name}?",
    "Regarding {title}: give the {label} of {name}.",
    "State the {label} for {name} (topic: {title}).",
    "{name} in the context of {title}: write the {label} only.",
    "What is the {label} behind {name} when one takes {title} apart?",
    "Topic: {title}. Strand: {name}. Which {label} goes with it?",
    "One level only. {label} of {name}, within {title}?",
    "For {title}, fill in the {label} of the strand {name}.",
)
NEXT: Final = (
    "Continue this strand of {title} with the next level.",
    "A strand of {title} begins like this. What comes next?",
    "Topic: {title}. Write the level that follows.",
    "Here is how a breakdown of {title} starts. Add one level.",
    "Go one level deeper in {title}.",
    "Given these levels of {title}, state the next one.",
    "Carry on by {framework}, one level only. Topic: {title}.",
)
COMPRESS: Final = (
    "Compress these explanations of {title}.",
    "Reduce these principles of {title} to a {short}.",
    "Merge what is said here about {title} into one short form.",
    "Below, {title} at length. Write the {short}.",
    "Boil these points about {title} down to a handful of words each.",
    "Too long. Compress {title} to its core logic:",
    "What remains of {title} when all of this is compressed?",
)
MERGE: Final = (
    "Merge these strands of {domain} into one short form.",
    "Write the {short} of these strands ({domain}).",
    "{domain}: one line for all of these, please.",
    "Join the cores of these strands.",
    "What is the {short} of the following strands?",
    "Here are strands of {domain}, level by level. End them with their {short}.",
    "Close this breakdown with its last line.",
)
UNFOLD: Final = (
    "Expand this short form of {title} back into its principles.",
    "Unfold this compression of {title}, level by level.",
    "What stands behind this summary of {title}? Give each principle in full.",
    "Reconstruct the principles of {title} from this line.",
    "Someone noted this about {title}. Spell out every strand.",
    "Decompress. Topic: {title}.",
    "Turn this one-line version of {title} into a full breakdown.",
)
PLACE: Final = (
    "Where in the hierarchy of {domain} does one find {title}?",
    "Place {title} in the evolutions of {domain}.",
    "To which evolution and subtopic of {domain} would you assign {title}?",
    "{domain}: under which evolution and subtopic is {title} filed?",
    "I am looking for {title}. Which evolution, which subtopic of {domain}?",
    "Locate {title} on the map of {domain}: evolution and subtopic.",
    "At which point of a {domain} curriculum would you teach {title}?",
)
RECOVER: Final = (
    "One level of this strand of {title} is missing. Which option is the {label}?",
    "Topic: {title}. Fill the gap with A, B, C or D.",
    "Which of the four options restores the {label} in {title}?",
    "The {label} was lost from this breakdown of {title}. Choose the right one.",
    "Complete this strand of {title}: A, B, C or D?",
    "Pick the option that belongs in the blank. The topic is {title}.",
)
STRAND_OF: Final = (
    'Which strand of {title} comes down to "{text}"? Choose from: {names}.',
    'Topic: {title}. "{text}" is the {label} of which of these: {names}?',
    'In {title}, to which {first} does "{text}" belong? ({names})',
    'Match "{text}" to its strand of {title}. Strands: {names}.',
    'Someone sums up one strand of {title} as "{text}". Which of {names} is it?',
    'Name the {first} whose {label} is "{text}". Topic: {title}. Options: {names}.',
)
ORDER: Final = (
    "Put these evolutions of {domain} in order, each building on those before.",
    "Which comes first? Order these parts of {domain} by evolution.",
    "Sort by evolution number ({domain}):",
    "Arrange these levels of the {domain} hierarchy from the base upward.",
    "In what order does {domain} build these up?",
    "A {domain} curriculum has these parts, shuffled. Restore their order.",
    "Number these evolutions of {domain} and list the lowest first.",
)
EVOLUTION_OF: Final = (
    "To which evolution of {domain} does the subtopic {subtopic} belong?",
    "{domain}: name the evolution that holds {subtopic}.",
    "Under which evolution of {domain} is {subtopic} listed?",
    "{subtopic}: which evolution of {domain}?",
    "I want to study {subtopic}. Which evolution of {domain} is that?",
    "In the {domain} hierarchy, what stands directly above {subtopic}?",
)
MISPLACED: Final = (
    "{domain}: one of these does not belong to {evolution}. Which?",
    "Spot the misplaced subtopic in {evolution} ({domain}).",
    "Three of these are subtopics of {evolution} in {domain}. Which one is not?",
    "Someone sorted these under {evolution} of {domain}, one of them wrongly. Find it.",
    "Which option is out of place in {evolution}, {domain}?",
    "Find the intruder among these subtopics of {domain}, {evolution}.",
)
SUBTOPICS: Final = (
    "List the numbered subtopics of {evolution} in {domain}.",
    "What does {evolution} of {domain} consist of? Number the parts.",
    "{domain}, {evolution}: which subtopics, in order?",
    "Give the table of contents of {evolution} ({domain}).",
    "Enumerate everything filed under {evolution} in the hierarchy of {domain}.",
)
BUILDS_ON: Final = (
    "What does {evolution} of {domain} build on?",
    "In {domain}, what lies below {evolution}, and what does it add?",
    "Describe {evolution} in the hierarchy of {domain}: its base and its purpose.",
    "What must come before {evolution} in {domain}, and what is new there?",
    "{domain}: say what {evolution} rests on and what it is about.",
)
