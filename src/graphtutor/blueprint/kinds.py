"""The kinds of example by name, in the order in which an expansion makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from graphtutor.blueprint import kinds_closed, kinds_drill, kinds_hierarchy, kinds_topic
from graphtutor.blueprint.kinds_draft import Draft, Source

__all__ = ["CLOSED_KINDS", "KINDS"]

KINDS: Final[dict[str, Callable[[Source], Iterator[Draft]]]] = {
    "whole": kinds_topic.whole,
    "short": kinds_topic.short,
    "level": kinds_topic.level,
    "next-level": kinds_topic.next_level,
    "compress": kinds_topic.compress,
    "merge": kinds_topic.merge,
    "unfold": kinds_topic.unfold,
    "place": kinds_topic.place,
    "recover": kinds_closed.recover,
    "strand-of": kinds_closed.strand_of,
    "order": kinds_hierarchy.order,
    "evolution-of": kinds_hierarchy.evolution_of,
    "misplaced": kinds_hierarchy.misplaced,
    "subtopics": kinds_hierarchy.subtopics,
    "builds-on": kinds_hierarchy.builds_on,
    "overview": kinds_hierarchy.overview,
    "drill": kinds_drill.drill,
}
"""Each takes a source and yields its drafts; the first wins where two are near-duplicates."""

CLOSED_KINDS: Final = ("recover", "strand-of", "order", "evolution-of", "misplaced")
"""The kinds that have one right answer."""
