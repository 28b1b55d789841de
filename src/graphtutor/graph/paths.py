"""Simple directed paths: walks are counted first, then sampled.

Drawing edges at random and hoping dies with depth (on one real graph 7 five-hop paths in 200,000
tries, though 4,519 exist). Here ``counts[r]`` holds how many walks of ``r`` hops leave each entity,
so every step is drawn in proportion to what is still reachable, and no walk ends too early. A walk
that visits an entity twice is dropped: cycles are allowed in a graph, not in a path.

Weights on edges steer the sampling: with 1 / fan-out a hub counts as much as a lonely edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph

__all__ = [
    "Paths",
    "WalkTable",
    "draw_starts",
    "fan_out",
    "sample_paths",
    "walk_counts",
    "walk_table",
]

Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Many paths of one length: ``entities`` (n, hops + 1) in order of travel, ``edges`` (n, hops).

    Edges are edge numbers of the graph.
    """

    entities: IndexArray
    edges: IndexArray

    def __len__(self) -> int:
        """Return the number of paths."""
        return len(self.edges)

    def take(self, rows: IndexArray | NDArray[np.bool_]) -> Paths:
        """Return the paths at ``rows``, numbers or mask."""
        return Paths(self.entities[rows], self.edges[rows])


@dataclass(frozen=True, slots=True, eq=False)
class WalkTable:
    """Everything sampling needs for one length and one weighting of the edges.

    ``counts[r, e]`` is the weighted number of walks of r hops from entity e; shape
    (hops + 1, entities). ``cumulative[r]`` is the running sum over edges of the chance to take an
    edge when r hops remain after it; shape (hops, edges + 1).
    """

    counts: Weights
    cumulative: Weights


def fan_out(graph: KnowledgeGraph) -> IndexArray:
    """Return for every edge how many targets its source has under its relation; shape (edges,)."""
    _, inverse, counts = np.unique(graph.edge_key, return_inverse=True, return_counts=True)
    return counts[inverse].astype(np.int64)


def walk_counts(graph: KnowledgeGraph, hops: int, weight: Weights) -> Weights:
    """Count the walks of 0 to ``hops`` hops from every entity; shape (hops + 1, entities).

    ``weight`` has shape (edges,): 1 counts an edge, 0 leaves it out.
    """
    counts = np.ones((hops + 1, len(graph.entities)))
    for r in range(1, hops + 1):
        counts[r] = np.bincount(
            graph.edge_source,
            weights=weight * counts[r - 1][graph.edge_target],
            minlength=len(graph.entities),
        )
    return counts


def walk_table(graph: KnowledgeGraph, hops: int, weight: Weights) -> WalkTable:
    """Count walks and turn the counts into chances per step; see :class:`WalkTable`."""
    counts = walk_counts(graph, hops, weight)
    cumulative = np.zeros((hops, len(graph) + 1))
    for r in range(hops):
        # Chances per source sum to 1, so large counts cost no precision in the running sum.
        total = counts[r + 1][graph.edge_source]
        ahead = weight * counts[r][graph.edge_target]
        chance = np.divide(ahead, total, out=np.zeros_like(ahead), where=total > 0)
        np.cumsum(chance, out=cumulative[r, 1:])
    return WalkTable(counts, cumulative)


def draw_starts(
    table: WalkTable, uses: IndexArray, size: int, stream: np.random.Generator
) -> IndexArray:
    """Draw ``size`` entities that start a walk, by inverse frequency of use; shape (size,) or (0,).

    ``uses`` counts how often each entity has served; shape (entities,).
    """
    running: Weights = np.cumsum((table.counts[-1] > 0) / (1.0 + uses))
    if not len(running) or running[-1] <= 0:
        return np.zeros(0, dtype=np.int64)
    ticket: Weights = stream.random(size) * running[-1]
    drawn: IndexArray = np.searchsorted(running, ticket, side="right").astype(np.int64)
    return np.minimum(drawn, len(running) - 1)


def sample_paths(
    graph: KnowledgeGraph, table: WalkTable, starts: IndexArray, stream: np.random.Generator
) -> Paths:
    """Walk from every start, one hop for all at a time; walks that are not simple are dropped."""
    hops = len(table.cumulative)
    entities = np.empty((len(starts), hops + 1), dtype=np.int64)
    edges = np.empty((len(starts), hops), dtype=np.int64)
    entities[:, 0] = starts
    simple = table.counts[hops][starts] > 0
    for hop in range(hops):
        here = entities[:, hop]
        low, high = graph.out_start[here], graph.out_start[here + 1]
        running = table.cumulative[hops - hop - 1]
        span = running[high] - running[low]
        ticket: Weights = running[low] + stream.random(len(here)) * span
        chosen: IndexArray = np.searchsorted(running, ticket, side="right").astype(np.int64) - 1
        chosen = np.minimum(np.maximum(chosen, low), np.maximum(high - 1, low))
        edges[:, hop] = np.minimum(chosen, max(0, len(graph) - 1))
        following = graph.edge_target[edges[:, hop]]
        # The second condition guards against a step that only rounding made possible.
        simple &= ~(entities[:, : hop + 1] == following[:, None]).any(axis=1)
        simple &= (running[edges[:, hop] + 1] > running[edges[:, hop]]) & (span > 0)
        entities[:, hop + 1] = following
    return Paths(entities[simple], edges[simple])
