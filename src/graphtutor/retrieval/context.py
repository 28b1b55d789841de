"""Packs sources into what a model can read: whole ones, the best first, and counts what stays out.

>>> packed = pack_sources(["aaaa", "bb", "cccccc"], room=8, measure=lambda kept: len("".join(kept)))
>>> packed.kept, packed.left_out, packed.tokens
((0, 1), 1, 6)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["Packed", "pack_sources"]

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Packed:
    """``kept`` are places in what was given, ``tokens`` what they measure together."""

    kept: tuple[int, ...]
    left_out: int
    tokens: int


def pack_sources(
    items: Sequence[Item], room: int, measure: Callable[[Sequence[Item]], int]
) -> Packed:
    """Keep each item, best first, that still fits with those before it; none is ever cut.

    ``measure`` gives the tokens of the whole prompt with some of the items, so what joins them
    counts as well; ``room`` is how many there may be. One that does not fit makes way for a shorter
    one after it.
    """
    kept: list[int] = []
    tokens = measure([])
    for place in range(len(items)):
        longer = measure([items[number] for number in (*kept, place)])
        if longer <= room:
            kept.append(place)
            tokens = longer
    return Packed(tuple(kept), len(items) - len(kept), tokens)
