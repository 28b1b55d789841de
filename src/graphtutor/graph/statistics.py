"""What a graph holds, in figures: types, relations, degrees, and how deep its chains go.

>>> from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
>>> file = GraphFile(
...     version="1.0", domain="demo",
...     entities=tuple(Entity(id=name, label=name, type="node") for name in "ABC"),
...     relations=(Relation(id="next", label="next"),),
...     edges=(Edge(src="A", rel="next", dst="B"), Edge(src="B", rel="next", dst="C")))
>>> statistics(KnowledgeGraph.from_file(file)).walks
(2, 1, 0, 0, 0)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.graph.paths import sample_paths, walk_counts, walk_table
from graphtutor.io.seed import random_stream

__all__ = ["MAX_HOPS", "GraphStatistics", "Quantiles", "RelationStatistics", "statistics"]

MAX_HOPS: Final = 5
_ROUNDS: Final = 8
_SEARCH_STEPS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The spread of a count over entities."""

    least: int
    lower: float
    median: float
    upper: float
    most: int
    mean: float


@dataclass(frozen=True, slots=True)
class RelationStatistics:
    """One relation: its edges, the entities at its ends, and targets per source (fan-out)."""

    id: str
    label: str
    edges: int
    sources: int
    targets: int
    mean_fan_out: float
    max_fan_out: int


@dataclass(frozen=True, slots=True)
class GraphStatistics:
    """The figures of one graph.

    ``walks[k - 1]`` counts the walks of k hops, entities repeated or not; above 2**53 it is
    rounded. ``deep_starts`` counts the entities that a simple path of five hops starts from;
    ``deep_starts_exact`` is False where the search was cut short, and the count then a lower bound.
    """

    domain: str
    entities: int
    relations: int
    edges: int
    entities_by_type: tuple[tuple[str, int], ...]
    edges_by_relation: tuple[RelationStatistics, ...]
    out_degree: Quantiles
    in_degree: Quantiles
    walks: tuple[int, ...]
    deep_starts: int
    deep_starts_exact: bool
    isolated: int


def statistics(graph: KnowledgeGraph) -> GraphStatistics:
    """Compute the figures of ``graph``; seconds for a million edges."""
    counts = walk_counts(graph, MAX_HOPS, np.ones(len(graph)))
    deep_starts, exact = _deep_starts(graph)
    return GraphStatistics(
        domain=graph.domain,
        entities=len(graph.entities),
        relations=len(graph.relations),
        edges=len(graph),
        entities_by_type=_by_type(graph),
        edges_by_relation=_by_relation(graph),
        out_degree=_quantiles(graph.out_degree),
        in_degree=_quantiles(graph.in_degree),
        walks=tuple(int(total) for total in counts[1:].sum(axis=1)),
        deep_starts=deep_starts,
        deep_starts_exact=exact,
        isolated=int(((graph.out_degree == 0) & (graph.in_degree == 0)).sum()),
    )


def _by_type(graph: KnowledgeGraph) -> tuple[tuple[str, int], ...]:
    counts = np.bincount(graph.entity_type, minlength=len(graph.types)).tolist()
    pairs = zip(graph.types, counts, strict=True)
    return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def _by_relation(graph: KnowledgeGraph) -> tuple[RelationStatistics, ...]:
    size = max(1, len(graph.relations))
    edges = np.bincount(graph.edge_relation, minlength=size)
    keys, fan_out = np.unique(graph.edge_key, return_counts=True)
    sources = np.bincount(keys % size, minlength=size)
    largest = np.zeros(size, dtype=np.int64)
    np.maximum.at(largest, keys % size, fan_out)
    ends = np.unique(graph.edge_target * size + graph.edge_relation)
    targets = np.bincount(ends % size, minlength=size)
    rows = (
        RelationStatistics(
            id=relation.id,
            label=relation.label,
            edges=int(edges[r]),
            sources=int(sources[r]),
            targets=int(targets[r]),
            mean_fan_out=round(float(edges[r] / max(1, sources[r])), 3),
            max_fan_out=int(largest[r]),
        )
        for r, relation in enumerate(graph.relations)
    )
    return tuple(sorted(rows, key=lambda row: (-row.edges, row.id)))


def _quantiles(values: IndexArray) -> Quantiles:
    if not len(values):
        return Quantiles(0, 0.0, 0.0, 0.0, 0, 0.0)
    lower, median, upper = (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
    mean = round(float(values.mean()), 3)
    return Quantiles(int(values.min()), lower, median, upper, int(values.max()), mean)


def _deep_starts(graph: KnowledgeGraph) -> tuple[int, bool]:
    """Count the entities with a simple path of five hops; the flag tells whether it is exact.

    A walk is easily found, but it may turn back on itself. So a path is first sampled from all
    entities at once, a few times, and only where none came is it searched for.
    """
    table = walk_table(graph, MAX_HOPS, np.ones(len(graph)))
    open_starts = np.flatnonzero(table.counts[MAX_HOPS] > 0).astype(np.int64)
    total = len(open_starts)
    stream = random_stream("statistics", graph.domain)
    for _ in range(_ROUNDS):
        if not len(open_starts):
            break
        paths = sample_paths(graph, table, open_starts, stream)
        open_starts = np.setdiff1d(open_starts, paths.entities[:, 0])
    steps = [_SEARCH_STEPS]
    without = 0
    for start in open_starts.tolist():
        if not _has_simple_path(graph, [start], steps):
            without += 1
    return total - without, steps[0] > 0


def _has_simple_path(graph: KnowledgeGraph, path: list[int], steps: list[int]) -> bool:
    """Search depth first for a way to lengthen ``path`` to five hops within ``steps[0]`` steps."""
    if len(path) > MAX_HOPS:
        return True
    low, high = graph.out_start[path[-1]], graph.out_start[path[-1] + 1]
    for target in np.unique(graph.edge_target[low:high]).tolist():
        steps[0] -= 1
        if steps[0] <= 0:
            return False
        if target not in path and _has_simple_path(graph, [*path, target], steps):
            return True
    return False
