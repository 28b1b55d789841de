"""Structure of a model's answer: are the framework's levels there, in order, once, and short?

Form is what a program can tell. Whether a principle is true, or belongs to the topic, it cannot.

>>> from graphtutor.blueprint.load import load_framework
>>> framework = load_framework("first-principles")
>>> score_structure(framework, "Velocity stays the same.").well_formed
False
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from graphtutor.blueprint.framework import Framework

__all__ = [
    "COMPONENTS",
    "MOST_SHARE",
    "Structure",
    "explained",
    "plain_words",
    "read_strands",
    "score_structure",
]

COMPONENTS: Final = (
    "levels",
    "order",
    "once",
    "lengths",
    "distinct",
    "merged",
    "short",
    "clean",
)
"""The demands on an answer, in the order of a report."""

MOST_SHARE: Final = 1 / 3
"""The short form has at most this share of the words of what is explained."""


@dataclass(frozen=True, slots=True)
class Structure:
    """Which demands an answer meets.

    ``levels``: there is a strand, and every strand has every level. ``order``: levels in the
    framework's order, the short form last. ``once``: no level twice in a strand, one short form.
    ``lengths``: each level within the framework's bounds. ``distinct``: no level says what another
    says. ``merged``: the short form holds each strand's part. ``short``: it is at most a third of
    the explanations. ``clean``: no line outside the levels. A framework without a merge asks for no
    short form. ``compression`` is the short form's share of the explanations' words, None where
    there is no such; ``words`` counts the whole answer.
    """

    levels: bool
    order: bool
    once: bool
    lengths: bool
    distinct: bool
    merged: bool
    short: bool
    clean: bool
    strands: int
    words: int
    compression: float | None

    @property
    def well_formed(self) -> bool:
        """Whether every demand is met."""
        return all(getattr(self, name) for name in COMPONENTS)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of an answer; ``level`` is an id, ``merge`` is "" and a stray line has None."""

    level: str | None
    text: str


_MERGE: Final = ""


def read_strands(
    framework: Framework, text: str
) -> tuple[list[list[tuple[str, str]]], list[str], list[str]]:
    """Read an answer: its strands as (level id, text) in order, its short forms, its stray lines.

    A strand begins with the first level, or with whatever level comes before any.
    """
    strands: list[list[tuple[str, str]]] = []
    shorts: list[str] = []
    stray: list[str] = []
    first = framework.levels[0].id
    for line in _lines(framework, text):
        if line.level is None:
            stray.append(line.text)
        elif line.level == _MERGE:
            shorts.append(line.text)
        elif line.level == first or not strands:
            strands.append([(line.level, line.text)])
        else:
            strands[-1].append((line.level, line.text))
    return strands, shorts, stray


def score_structure(framework: Framework, text: str) -> Structure:
    """Say which demands ``text``, a whole answer, meets."""
    strands, shorts, stray = read_strands(framework, text)
    kinds = [line.level for line in _lines(framework, text) if line.level is not None]
    wanted = [level.id for level in framework.levels]
    merge = framework.merge
    held = [dict(strand) for strand in strands]
    ratio = _compression(held, shorts)
    return Structure(
        levels=bool(strands)
        and all(set(strand) == set(wanted) for strand in held)
        and (not merge or bool(shorts)),
        order=bool(strands)
        and all(_ascending([wanted.index(id_) for id_, _ in strand]) for strand in strands)
        and (_MERGE not in kinds or kinds.index(_MERGE) == len(kinds) - len(shorts)),
        once=all(len(strand) == len(dict(strand)) for strand in strands) and len(shorts) <= 1,
        lengths=bool(strands) and all(_bounded(framework, strand) for strand in strands),
        distinct=_distinct(framework, held),
        merged=merge is None
        or (bool(shorts) and all(_holds(shorts[-1], s.get(merge.level, "")) for s in held)),
        short=merge is None or (ratio is not None and ratio <= MOST_SHARE),
        clean=not stray,
        strands=len(strands),
        words=len(text.split()),
        compression=ratio,
    )


def explained(framework: Framework, text: str) -> list[str]:
    """Return what an answer says at each level below the name, in small letters, words alone.

    >>> from graphtutor.blueprint.load import load_framework
    >>> explained(load_framework("first-principles"), "Core Logic Principle: Stays the same.")
    ['stays the same']
    """
    first = framework.levels[0].id
    strands, _, _ = read_strands(framework, text)
    return [plain_words(said) for strand in strands for level, said in strand if level != first]


def _lines(framework: Framework, text: str) -> list[_Line]:
    labels = {level.label.casefold(): level.id for level in framework.levels}
    if framework.merge:
        labels[framework.merge.label.casefold()] = _MERGE
    lines: list[_Line] = []
    for raw in text.splitlines():
        head, colon, rest = raw.partition(":")
        level = labels.get(head.strip().casefold()) if colon else None
        if raw.strip():
            lines.append(_Line(level, raw.strip() if level is None else rest.strip()))
    return lines


def _ascending(numbers: Sequence[int]) -> bool:
    return all(one <= other for one, other in pairwise(numbers))


def _bounded(framework: Framework, strand: Sequence[tuple[str, str]]) -> bool:
    bounds = {level.id: (level.least_words, level.most_words) for level in framework.levels}
    return all(bounds[id_][0] <= len(text.split()) <= bounds[id_][1] for id_, text in strand)


def _distinct(framework: Framework, strands: Sequence[Mapping[str, str]]) -> bool:
    """The first level is a name, which an explanation may use; among themselves names differ."""
    first = framework.levels[0].id
    names = [plain_words(strand[first]) for strand in strands if first in strand]
    texts = [plain_words(t) for strand in strands for id_, t in strand.items() if id_ != first]
    return len(set(names)) == len(names) and len(set(texts)) == len(texts)


def _holds(short: str, part: str) -> bool:
    return bool(part) and f" {plain_words(part)} " in f" {plain_words(short)} "


def _compression(strands: Sequence[Mapping[str, str]], shorts: Sequence[str]) -> float | None:
    longest = (max((len(text.split()) for text in one.values()), default=0) for one in strands)
    long = sum(longest)
    if not shorts or not long:
        return None
    return len(shorts[-1].split()) / long


def plain_words(text: str) -> str:
    """Return the words of a text in small letters, parted by one space."""
    return " ".join(re.findall(r"\w+", text.casefold()))
