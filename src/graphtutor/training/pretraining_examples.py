"""Pretraining examples: segments of text, each with the weight of its tokens in the loss.

Families, so that a general reader comes out of it:

- *world*: a question about the world that lives now, its facts only in the weights;
- *facts*: a question over names never seen before, with the facts in the prompt, shuffled;
- *follow*: a question over names never seen before, answered with the names given and the relations
  to be found;
- *binding*: several statements over names never seen before, each to be answered by the letter of
  the option that its last name stands behind, at the distances of real answers.

The answers read ``Path: ...`` and ``Choice: B``, or bear labels that a world has of its own; the
output format of the tasks is not among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from graphtutor.tasks.task import LETTERS
from graphtutor.tasks.wording import question, trace
from graphtutor.training.pretraining_frames import framed
from graphtutor.training.pretraining_names import Lexicon
from graphtutor.training.pretraining_worlds import Chain, World, fresh_chain, world_chain

__all__ = [
    "LETTER_WEIGHT",
    "Manner",
    "Segment",
    "binding_example",
    "facts_example",
    "follow_example",
    "lookup_example",
    "world_example",
]

Segment = tuple[str, float]
"""A text and the weight of its tokens in the loss; 0 is context only."""

LETTER_WEIGHT: Final = 6.0
"""A letter is one token among fifty of a trace; unweighted, binding is learned last."""

_TEMPLATES: Final = ("that", "steps", "begin", "find", "plain")
"""Fixed apart from the templates of the tasks, or the checkpoint could not be made again."""
_FRAMED_SHARE: Final = 0.75
_HOPS: Final = (1, 2, 3, 4, 5, 6)
_SHORT_SHARES: Final = (1, 1, 1, 0, 0, 0)
_LONG_SHARES: Final = (8, 10, 14, 24, 26, 18)
_FACTS_SHARES: Final = (25, 30, 25, 15, 5, 0)


@dataclass(frozen=True)
class Manner:
    """How a world is asked and answered: what stands before the question, and two labels."""

    header: str = ""
    path: str = "Path"
    choice: str = "Choice"

    @classmethod
    def draw(cls, words: Sequence[str], random: Random) -> Manner:
        """Draw a manner; never the labels of the tasks."""
        free = [word for word in words if word not in ("trace", "answer")]
        case = random.choice((str.capitalize, str.upper, str.lower))
        path, choice = (case(word) for word in random.sample(free, 2))
        header = " ".join(random.sample(free, random.randint(1, 3)))
        return cls(random.choice(("", f"{header}.\n\n", f"{header}\n")), path, choice)


_PLAIN: Final = Manner()


def world_example(
    world: World,
    random: Random,
    *,
    short: bool,
    manner: Manner = _PLAIN,
    frame_words: Sequence[str] = (),
) -> list[Segment]:
    """Ask for a chain of the living world, of 1-3 hops if ``short``, else mostly of 4-6.

    With ``frame_words``, most questions have a frame of their own, made of these and others.
    """
    shares = _SHORT_SHARES if short else _LONG_SHARES
    while True:
        chain = world_chain(world, random.choices(_HOPS, shares)[0], random)
        if chain is not None:
            asked = _ask(chain, random, frame_words)
            return [(manner.header + asked, 0.0), *_answer(chain, manner)]


def facts_example(words: Sequence[str], random: Random) -> list[Segment]:
    """Ask for a chain over fresh names whose facts stand in the prompt."""
    chain = fresh_chain(words, random.choices(_HOPS, _FACTS_SHARES)[0], random)
    facts = " ".join(f"{s} {phrase} {o}." for s, phrase, o in chain.facts)
    return [(f"Facts: {facts}\n{_ask(chain, random)}", 0.0), *_answer(chain)]


def binding_example(words: Sequence[str], random: Random) -> list[Segment]:
    """Give statements that end in one of the options, and ask for the letter after each."""
    chain = fresh_chain(words, random.randint(1, 4), random)
    segments: list[Segment] = [(_ask(chain, random), 0.0)]
    order = list(range(4))
    random.shuffle(order)
    for position in order:
        hops = random.randint(1, 3)
        entities = [*random.sample(chain.entities * 2, hops), chain.options[position]]
        phrases = [random.choice(chain.phrases) for _ in range(hops)]
        segments.append((f"Path: {trace(entities, phrases)}\nChoice: ", 0.0))
        segments.append((LETTERS[position], LETTER_WEIGHT))
        segments.append(("\n", 0.0))
    return segments


def follow_example(
    words: Sequence[str], random: Random, *, framed_anew: bool = False
) -> list[Segment]:
    """Ask for a chain whose facts nobody knows: only its relations, its end and the letter count.

    What an answer says next, and when it ends, stands in the question alone. The names in between
    are given, so this is learned apart from any fact. ``framed_anew`` gives most questions a frame
    of their own.
    """
    chain = fresh_chain(words, random.randint(1, 6), random)
    manner = Manner.draw(words, random) if random.random() < 0.5 else _PLAIN
    segments: list[Segment] = [
        (manner.header + _ask(chain, random, words if framed_anew else ()), 0.0),
        (f"{manner.path}: {chain.entities[0]} ", 0.0),
    ]
    for hop, (phrase, entity) in enumerate(zip(chain.phrases, chain.entities[1:], strict=True)):
        segments += [(", which ", 1.0)] if hop else []
        segments += [(f"{phrase} ", 1.0), (entity, 0.0)]
    return [*segments, (f".\n{manner.choice}: ", 1.0), *_letter(chain)]


def lookup_example(words: Sequence[str], random: Random, plain: bool) -> list[Segment]:
    """List four short names by letter, then ask for the letters of three of them.

    The shortest form of binding, with many answers for few tokens. ``plain`` asks at once behind
    one-word names; the other form puts text between, asks for names of several words, and also for
    the name behind a letter. A name is asked for once: the answer to a second time could be copied
    from the first. Some words stand before the list, as in a task.
    """
    lexicon = Lexicon.draw(words, 24, random)
    names = lexicon.names(4, random, longest=1 if plain else random.choice((1, 2, 3)))
    listed = "".join(f"{letter}) {name}\n" for letter, name in zip(LETTERS, names, strict=True))
    before = " ".join(random.choices(lexicon.words, k=random.randint(1, 5))) + "?\n"
    segments: list[Segment] = [(before + listed, 0.0)]
    for position in random.sample(range(4), 3):
        between = "" if plain else random.choice(("", ": ", ".\nChoice: ", ".\nChoice: "))
        asked = names[position] + between
        segments += [(asked, 0.0), (LETTERS[position], LETTER_WEIGHT), ("\n", 0.0)]
    if not plain:
        position = random.randrange(4)
        segments += [(f"{LETTERS[position]}: ", 0.0), (names[position], 1.0), ("\n", 0.0)]
    return segments


def _ask(chain: Chain, random: Random, frame_words: Sequence[str] = ()) -> str:
    start, phrases, nouns = chain.entities[0], chain.phrases, chain.nouns
    lines = [f"{letter}) {name}\n" for letter, name in zip(LETTERS, chain.options, strict=True)]
    if frame_words and random.random() < _FRAMED_SHARE:
        text = framed(start, phrases, nouns, frame_words, random)
        return f"Question: {text}\n{''.join(lines)}"
    template = random.choice(_TEMPLATES)
    if template == "find":
        steps = ", then ".join(f"{p} some {n}" for p, n in zip(phrases, nouns, strict=True))
        text = f"Find the {nouns[-1]}: {start} {steps}."
    elif template == "plain":
        text = f"{start} {', '.join(phrases)}: which {nouns[-1]}?"
    else:
        text = question(start, phrases, nouns, template)
    return f"Question: {text}\n{''.join(lines)}"


def _answer(chain: Chain, manner: Manner = _PLAIN) -> list[Segment]:
    said = trace(chain.entities, chain.phrases)
    return [(f"{manner.path}: {said}\n{manner.choice}: ", 1.0), *_letter(chain)]


def _letter(chain: Chain) -> list[Segment]:
    letter = LETTERS[chain.options.index(chain.entities[-1])]
    return [(letter, LETTER_WEIGHT), ("", 1.0)]
