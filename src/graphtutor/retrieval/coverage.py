"""What a question asks for, and how much of it a text holds, weighed by rarity.

A question is a set of wanted things: each content word, and each entity of the graph it names. An
identifier counts as found by itself or by its parts, an entity by any of its names, so
"ConnectionTimeout" is found in "the connection timed out".

>>> wanted = wanted_in("What does ConnectionTimeout break?", lambda term: 1.0)
>>> [sorted(map(sorted, thing.names)) for thing in wanted]
[[['connect', 'timeout'], ['connectiontimeout']], [['break']]]
>>> share_found(wanted, {"connect", "timeout"})
0.5
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from graphtutor.retrieval.linking import Linker
from graphtutor.retrieval.terms import terms

__all__ = ["Wanted", "content_words", "share_found", "wanted_in"]

_GAP: Final = re.compile(r"\s+")
_EDGES: Final = re.compile(r"^\W+|\W+$")
_ASKING: Final = frozenset(
    "another describe does explain find finds give gives happen happens know like list long look "
    "looks many may mean means might much must name need needs often other others please say says "
    "should tell thing value values want way".split()
)
"""What questions are worded with: a text that answers does not repeat it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing wanted: found where all terms of one of its ``names`` are; ``weight`` above 0."""

    names: tuple[frozenset[str], ...]
    weight: float

    def is_in(self, found: AbstractSet[str]) -> bool:
        """Tell whether it is among the terms of a text."""
        return any(name <= found for name in self.names)


def wanted_in(
    question: str, rarity: Callable[[str], float], linker: Linker | None = None
) -> tuple[Wanted, ...]:
    """Return the things that ``question`` wants, each once, weighed by their rarest term."""
    groups: list[tuple[frozenset[str], ...]] = []
    rest = question
    for mention in reversed(linker.matcher.find(question) if linker else ()):
        assert linker is not None
        names = [name for entity in mention.candidates for name in linker.names(entity)]
        groups += _group([frozenset(terms(name)) for name in names])
        rest = f"{rest[: mention.start]} {rest[mention.end :]}"
    for word in _GAP.split(rest):
        plain = _EDGES.sub("", word).lower()
        found = terms(word) if plain not in _ASKING else []
        # An identifier gives itself and then its parts; other words give their terms alone.
        if _is_identifier(found, plain):
            groups += _group([frozenset(found[:1]), frozenset(found[1:])])
        else:
            groups += [group for term in found for group in _group([frozenset((term,))])]
    return tuple(Wanted(names, _weight(names, rarity)) for names in dict.fromkeys(groups))


def content_words(question: str) -> list[str]:
    """Return the words of ``question`` that say what it is about, in order, as they stand there.

    >>> content_words("How long does the disk-check take?")
    ['disk-check', 'take']
    """
    words = (_EDGES.sub("", word) for word in _GAP.split(question))
    return [word for word in words if word.lower() not in _ASKING and terms(word)]


def share_found(wanted: Sequence[Wanted], found: Collection[str]) -> float:
    """Return the share of the weight of ``wanted`` that stands in a text's terms, in [0, 1].

    1 where nothing is wanted.
    """
    total = sum(thing.weight for thing in wanted)
    terms_found = frozenset(found)
    held = sum(thing.weight for thing in wanted if thing.is_in(terms_found))
    return held / total if total else 1.0


def _is_identifier(found: Sequence[str], plain: str) -> bool:
    """Tell whether the terms of the word ``plain`` are the whole of it and then its parts."""
    if len(found) < 2:
        return False
    # The whole of a word with inner capitals may be stemmed; then it still begins as its parts do.
    begins = found[0].startswith(found[1][:3]) and len(found[0]) > len(found[1])
    return found[0] == plain or begins


def _group(names: Sequence[frozenset[str]]) -> list[tuple[frozenset[str], ...]]:
    kept = tuple(dict.fromkeys(name for name in names if name))
    return [kept] if kept else []


def _weight(names: Sequence[frozenset[str]], rarity: Callable[[str], float]) -> float:
    return min(max(rarity(term) for term in name) for name in names)
