"""The quality gate of a blueprint: named checks, each of which counts what breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from graphtutor.blueprint.domain import Domain, Topic
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.structure import plain_words

__all__ = ["CHECKS", "Finding", "check_domain"]

_MARKUP: Final = re.compile(r"(?<!\w)[*_]\w|[`#|]|<\w|https?:")
_SHORT: Final = 3
"""The short form has at most a third of the words of what is explained."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One break of a check: which, where (a topic's id, or the hierarchy), and what."""

    check: str
    where: str
    what: str


def check_domain(domain: Domain, framework: Framework) -> list[Finding]:
    """Return everything that breaks a check, in the order of :data:`CHECKS`."""
    return [
        Finding(name, where, what)
        for name, check in CHECKS.items()
        for where, what in check(domain, framework)
    ]


def _lengths(domain: Domain, framework: Framework) -> Iterator[tuple[str, str]]:
    for topic, strand in _strands(domain):
        for level in framework.levels:
            count = len(strand[level.id].split())
            if not level.least_words <= count <= level.most_words:
                bounds = f"{level.least_words}-{level.most_words}"
                yield topic.id, f"{level.label}: {count} words, wanted {bounds}: {strand[level.id]}"


def _repeats(domain: Domain, framework: Framework) -> Iterator[tuple[str, str]]:
    """No level of a topic says word for word what another, of whichever strand, says.

    The first level is a name, which an explanation may well use.
    """
    for topic in domain.topics:
        texts = [
            (level.label, plain_words(strand[level.id]))
            for strand in topic.strands
            for level in framework.levels[1:]
        ]
        for number, (label, text) in enumerate(texts):
            for other, (second, whole) in enumerate(texts):
                if number != other and f" {text} " in f" {whole} ":
                    yield topic.id, f"{label} stands again in {second}: {text}"


def _compression(domain: Domain, framework: Framework) -> Iterator[tuple[str, str]]:
    if framework.merge is None:
        return
    for topic in domain.topics:
        short = sum(len(strand[framework.merge.level].split()) for strand in topic.strands)
        long = sum(max(len(text.split()) for text in strand.values()) for strand in topic.strands)
        if _SHORT * short > long:
            yield topic.id, f"{short} words stand for {long}, wanted a third at most"


def _named(domain: Domain, framework: Framework) -> Iterator[tuple[str, str]]:
    """A question that names its answer asks for nothing."""
    first = framework.levels[0].id
    for topic, strand in _strands(domain):
        if plain_words(strand[first]) in plain_words(topic.title):
            yield topic.id, f"the title holds {strand[first]!r}"


def _coverage(domain: Domain, framework: Framework) -> Iterator[tuple[str, str]]:
    del framework
    held = {topic.subtopic for topic in domain.topics}
    for evolution in domain.hierarchy:
        for subtopic in evolution.subtopics:
            if subtopic not in held:
                yield f"evolution {evolution.evolution}", f"{subtopic}: no topic"


def _language(domain: Domain, framework: Framework) -> Iterator[tuple[str, str]]:
    """Sentences, not markup: what is trained on is what a reader would want to see."""
    del framework
    for topic, strand in _strands(domain):
        for text in (topic.title, *strand.values()):
            if _MARKUP.search(text) or text != " ".join(text.split()):
                yield topic.id, f"markup or stray space: {text}"


CHECKS: Final[dict[str, Callable[[Domain, Framework], Iterator[tuple[str, str]]]]] = {
    "lengths": _lengths,
    "repeats": _repeats,
    "compression": _compression,
    "title": _named,
    "coverage": _coverage,
    "language": _language,
}
"""The checks by name, in the order of a report."""


def _strands(domain: Domain) -> Iterator[tuple[Topic, Mapping[str, str]]]:
    return ((topic, strand) for topic in domain.topics for strand in topic.strands)
