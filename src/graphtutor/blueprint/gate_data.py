"""The quality gate of expanded data: what examples, preference pairs and their split must hold.

The checks of :mod:`graphtutor.blueprint.gate` look at a blueprint; these look at what was made from
it. They read the texts themselves and trust no count of whoever made them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphtutor.blueprint.domain import Domain, Topic
from graphtutor.blueprint.duplicates import near_duplicates
from graphtutor.blueprint.example import BlueprintExample
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.gate import Finding
from graphtutor.blueprint.preferences import Preference
from graphtutor.blueprint.structure import score_structure

__all__ = ["DATA_CHECKS", "MadeData", "check_data"]

_SHORT: Final = 3
_LEAST_ASKED: Final = 3
_MOST_WORDS: Final = 1000
"""Question and answer together; about what fits a window of 2,048 tokens."""
_FOREIGN: Final = 0.2
"""The share of letters that may be of another script: symbols such as Greek letters."""
_SENTENCE: Final = 8
"""A text of this many words is no coincidence where it stands a second time."""
_NUMBERED: Final = re.compile(r"(?:^|: |; )(\d+)\.(\d+) ", re.MULTILINE)

Found = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class MadeData:
    """Both sides of a split, examples and pairs, and the domains (by id) they were made from."""

    train: Sequence[BlueprintExample]
    valid: Sequence[BlueprintExample]
    train_pairs: Sequence[Preference]
    valid_pairs: Sequence[Preference]
    domains: Mapping[str, tuple[Domain, Framework]]

    @property
    def examples(self) -> list[BlueprintExample]:
        """The examples of both sides."""
        return [*self.train, *self.valid]

    def by_topic(self, *kinds: str) -> Iterator[tuple[BlueprintExample, Topic, Framework]]:
        """Yield the examples of these kinds with their topics."""
        topics = {
            (name, topic.id): (topic, framework)
            for name, (domain, framework) in self.domains.items()
            for topic in domain.topics
        }
        for example in self.examples:
            if example.meta.kind in kinds:
                yield example, *topics[example.meta.domain, example.meta.topic]


def check_data(data: MadeData) -> list[Finding]:
    """Return everything that breaks a check, in the order of :data:`DATA_CHECKS`."""
    return [
        Finding(name, where, what)
        for name, check in DATA_CHECKS.items()
        for where, what in check(data)
    ]


def _levels(data: MadeData) -> Found:
    for example, topic, framework in data.by_topic("whole"):
        found = score_structure(framework, example.assistant)
        whole = found.levels and found.order and found.once and found.clean
        if not whole or found.strands != len(topic.strands):
            yield _where(example), "not every level of each strand once, in order, and no more"


def _compression(data: MadeData) -> Found:
    for example, topic, framework in data.by_topic("whole", "short", "compress"):
        if framework.merge is None:
            continue
        short = example.assistant.rpartition("\n")[2].removeprefix(f"{framework.merge.label}: ")
        lost = [strand[framework.merge.level] for strand in topic.strands]
        lost = [text for text in lost if text not in short]
        if lost:
            yield _where(example), f"the short form lacks {lost[0]}"
        long = sum(max(len(text.split()) for text in strand.values()) for strand in topic.strands)
        if _SHORT * len(re.findall(r"\w\S*", short)) > long:
            yield _where(example), f"more than a third of {long} words: {short}"


def _numbering(data: MadeData) -> Found:
    """Subtopics are numbered from 1 without gaps within each evolution."""
    for example in data.examples:
        if example.meta.kind not in ("subtopics", "overview"):
            continue
        numbers = [(int(a), int(b)) for a, b in _NUMBERED.findall(example.assistant)]
        counts = Counter(evolution for evolution, _ in numbers)
        if not numbers or numbers != [
            (evolution, n) for evolution in sorted(counts) for n in range(1, counts[evolution] + 1)
        ]:
            yield _where(example), "subtopics are not numbered 1 to n"


def _same(data: MadeData) -> Found:
    asked = Counter(_plain(example.user) for example in data.examples)
    for example in data.examples:
        if asked[_plain(example.user)] > 1:
            yield _where(example), f"asked more than once: {example.user}"


def _near(data: MadeData) -> Found:
    examples = data.examples
    for number in near_duplicates([f"{e.user}\n{e.assistant}" for e in examples]):
        yield _where(examples[number]), f"nearly the same as another: {examples[number].user}"


def _length(data: MadeData) -> Found:
    for example in data.examples:
        asked, answered = len(example.user.split()), len(example.assistant.split())
        if asked < _LEAST_ASKED or not answered or asked + answered > _MOST_WORDS:
            yield _where(example), f"{asked} words asked, {answered} answered"


def _script(data: MadeData) -> Found:
    """Answers are in the scripts of the domain's own frame and hold no control characters.

    Which language it is within a script (English or French), no check tells.
    """
    own = {name: _frame(*pair) for name, pair in data.domains.items()}
    for example in data.examples:
        counts = _scripts(example.assistant)
        foreign = sum(n for script, n in counts.items() if script not in own[example.meta.domain])
        if foreign > _FOREIGN * counts.total():
            yield _where(example), f"another script: {example.assistant}"
        if any(unicodedata.category(c) in _UNWANTED and c != "\n" for c in example.assistant):
            yield _where(example), f"a control character: {example.assistant!r}"


def _leak(data: MadeData) -> Found:
    """Nothing that is held out stands in training: topic, group, question, explanation."""
    trained = {(e.meta.domain, e.meta.topic) for e in (*data.train, *data.train_pairs)}
    held = {(e.meta.domain, e.meta.topic) for e in (*data.valid, *data.valid_pairs)}
    for domain, topic in sorted(trained & held):
        yield f"{domain}/{topic}", "a topic on both sides"
    groups = [{e.meta.group for e in side} for side in (data.train, data.valid)]
    for group in sorted(groups[0] & groups[1]):
        yield group, "a group on both sides"
    asked = {_plain(e.user) for e in data.train}
    for example in data.valid:
        if _plain(example.user) in asked:
            yield _where(example), f"a question on both sides: {example.user}"
    messages = [message for example in data.train for message in example.messages[1:]]
    for pair in data.train_pairs:
        messages += [*pair.chosen, *pair.rejected]
    seen = "\n".join(message.content for message in messages)
    for domain, topic in sorted(held):
        for text in _explanations(data.domains[domain][0], topic):
            if len(text.split()) >= _SENTENCE and text in seen:
                yield f"{domain}/{topic}", f"held out and trained on: {text}"


DATA_CHECKS: Final[dict[str, Callable[[MadeData], Found]]] = {
    "answer-levels": _levels,
    "answer-compression": _compression,
    "numbering": _numbering,
    "same-question": _same,
    "near-duplicate": _near,
    "answer-length": _length,
    "script": _script,
    "leak": _leak,
}
"""The checks by name, in the order of a report."""

_UNWANTED: Final = ("Cc", "Cs", "Co", "Cn")


def _where(example: BlueprintExample) -> str:
    return f"{example.meta.domain}/{example.meta.topic}, {example.meta.kind}"


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _explanations(domain: Domain, topic: str) -> list[str]:
    """Return the longest level of each strand of a topic, or what an evolution adds."""
    for known in domain.topics:
        if known.id == topic:
            return [max(strand.values(), key=len) for strand in known.strands]
    return [one.builds for one in domain.hierarchy if topic == f"hierarchy/{one.evolution}"]


def _frame(domain: Domain, framework: Framework) -> set[str]:
    """Return the scripts of the system message, the hierarchy and the labels of the levels."""
    texts = [domain.style, domain.title, *(level.label for level in framework.levels)]
    texts += [one.title + one.builds + "".join(one.subtopics) for one in domain.hierarchy]
    return set(_scripts("".join(texts)))


def _scripts(text: str) -> Counter[str]:
    """Count letters by script, the first word of a character's Unicode name: LATIN, GREEK."""
    return Counter(unicodedata.name(c, "?").split()[0] for c in text if c.isalpha())
