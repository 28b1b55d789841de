"""Shortest ways through a graph, along its edges or along what they say.

An edge whose phrase is passive points against what it tells: in "Flood is caused by Rain" the rain
comes first. Along the *flow* such edges are walked from target to source, all others as they are,
so that "How does rain lead to ruin?" finds a flood that is caused by rain and leads to ruin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from graphtutor.graph.chains import ranges
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.retrieval.asked_relations import is_passive

__all__ = ["MOST_HOPS", "Chain", "Ways", "ways_of"]

MOST_HOPS: Final = 6
"""A chain that a person follows; longer ones join nearly everything with everything."""

Chain = tuple[int, ...]
"""Edge numbers in the order in which they are walked."""


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Edges by where they are entered and left; edge e goes from ``source[e]`` to ``target[e]``.

    Those that leave entity n are ``out_order[out_start[n]:out_start[n + 1]]``; ``in_order`` and
    ``in_start`` likewise for those that lead into it.
    """

    source: IndexArray
    target: IndexArray
    out_order: IndexArray
    out_start: IndexArray
    in_order: IndexArray
    in_start: IndexArray

    def shortest(self, start: int, end: int, most: int) -> list[Chain]:
        """Return the shortest ways between two entities, at most ``most``, in order of edges."""
        away = self._hops_to(end, start)
        if start == end or away[start] < 0:
            return []
        found: list[Chain] = []
        todo: list[tuple[int, Chain]] = [(start, ())]
        while todo and len(found) < most:
            here, chain = todo.pop()
            if here == end:
                found.append(chain)
                continue
            edges = self.out_order[self.out_start[here] : self.out_start[here + 1]].tolist()
            for edge in reversed(edges):  # the stack turns them round again
                there = int(self.target[edge])
                if away[there] == away[here] - 1:
                    todo.append((there, (*chain, edge)))
        return found

    def _hops_to(self, end: int, start: int) -> IndexArray:
        """Return each entity's distance to ``end``; -1 where farther than needed."""
        away = np.full(len(self.out_start) - 1, -1, dtype=np.int64)
        away[end] = 0
        front = np.array([end], dtype=np.int64)
        for hops in range(1, MOST_HOPS + 1):
            if away[start] >= 0 or not len(front):
                break
            _, places = ranges(self.in_start[front], self.in_start[front + 1])
            reached = np.unique(self.source[self.in_order[places]])
            front = reached[away[reached] < 0]
            away[front] = hops
        return away


def ways_of(graph: KnowledgeGraph, flow: bool = False) -> Ways:
    """Return the ways along the edges of ``graph``, or with ``flow`` along what they say."""
    turned = np.array([flow and is_passive(relation) for relation in graph.relations], dtype=bool)
    back = turned[graph.edge_relation]
    source = np.where(back, graph.edge_target, graph.edge_source)
    target = np.where(back, graph.edge_source, graph.edge_target)
    places = np.arange(len(graph.entities) + 1)
    out_order, in_order = (np.argsort(end, kind="stable") for end in (source, target))
    return Ways(
        source,
        target,
        out_order.astype(np.int64),
        np.searchsorted(source[out_order], places).astype(np.int64),
        in_order.astype(np.int64),
        np.searchsorted(target[in_order], places).astype(np.int64),
    )
