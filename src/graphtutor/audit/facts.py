"""What the graph says of every task, computed for all of them at once.

Names are looked up first (an id, or else a label that only one entity has); then the edges of the
paths, the answer sets of (start, chain) and the shortest distances. Nothing a task says of itself
is believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.audit.columns import Mask, TaskColumns, any_cell, filled
from graphtutor.audit.dataset import Dataset
from graphtutor.graph.chains import ChainAnswers, chain_answers, chain_ids
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.tasks.candidates import rows_of

__all__ = ["BEYOND", "GraphFacts", "graph_facts"]

BEYOND: Final = -1
"""A distance greater than the hops of the path."""
_BLOCK: Final = 1024
"""Questions whose answer sets are held at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class GraphFacts:
    """Facts of ``n`` tasks; entities and relations are numbers of the graph, -1 where unknown.

    ``known`` (n,): all names are in the graph. ``edge_there`` (n, w): that hop is an edge.
    ``asked`` (n,) marks tasks whose start and chain are known; for these ``size`` (n,) counts the
    answer set, ``in_set`` (n, 4) marks the options in it, and ``walks`` (n,) counts the walks along
    the chain to the right option. ``measured`` (n,) marks tasks with a ``distance`` (n,) in hops
    from start to right option, :data:`BEYOND` where it is longer than the path.
    """

    known: Mask
    options: IndexArray
    start: IndexArray
    answer: IndexArray
    path: IndexArray
    relation: IndexArray
    chain: IndexArray
    edge_there: Mask
    asked: Mask
    size: IndexArray
    in_set: Mask
    walks: NDArray[np.float64]
    measured: Mask
    distance: IndexArray


def graph_facts(dataset: Dataset, graph: KnowledgeGraph) -> GraphFacts:
    """Look everything up that the gates need."""
    tasks = dataset.tasks
    entity = _entities(graph, dataset.entities)
    relation = _numbers(graph.relation_index, dataset.relations)
    options, path = _mapped(entity, tasks.options), _mapped(entity, tasks.path)
    source, target = _mapped(entity, tasks.source), _mapped(entity, tasks.target)
    related, chain = _mapped(relation, tasks.relation), _mapped(relation, tasks.chain)
    start = path[:, 0]
    answer = options[np.arange(len(tasks)), tasks.right]
    stated = [tasks.options, tasks.path, tasks.source, tasks.target, tasks.relation, tasks.chain]
    found = [options, path, source, target, related, chain]
    known = np.logical_and.reduce(
        [((f >= 0) | (s < 0)).all(axis=1) for s, f in zip(stated, found, strict=True)]
    )
    unknown = any_cell(filled(tasks.chain_size, chain.shape[1]) & (chain < 0))
    asked = (start >= 0) & (tasks.chain_size > 0) & ~unknown
    size, in_set, walks = _answers(graph, tasks, start, chain, options, np.flatnonzero(asked))
    measured = (start >= 0) & (answer >= 0) & (tasks.hops > 0)
    return GraphFacts(
        known=known,
        options=options,
        start=start,
        answer=answer,
        path=path,
        relation=related,
        chain=chain,
        edge_there=_are_edges(graph, source, related, target),
        asked=asked,
        size=size,
        in_set=in_set,
        walks=walks[np.arange(len(tasks)), tasks.right],
        measured=measured,
        distance=_distances(graph, start, answer, np.where(measured, tasks.hops, 0)),
    )


def _entities(graph: KnowledgeGraph, names: Sequence[str]) -> IndexArray:
    labels = Counter(entity.label for entity in graph.entities)
    by_label = {
        entity.label: number
        for number, entity in enumerate(graph.entities)
        if labels[entity.label] == 1
    }
    return _numbers({**by_label, **graph.entity_index}, names)


def _numbers(index: Mapping[str, int], names: Iterable[str]) -> IndexArray:
    # One more entry, so that the number -1 (absent) stays -1.
    return np.array([*(index.get(name, -1) for name in names), -1], dtype=np.int64)


def _mapped(numbers: IndexArray, stated: IndexArray) -> IndexArray:
    return numbers[stated]


def _are_edges(
    graph: KnowledgeGraph, source: IndexArray, relation: IndexArray, target: IndexArray
) -> Mask:
    """Tell which (source, relation, target) are edges; all have one shape, -1 is no edge."""
    width = max(1, len(graph.entities))
    # Edges are sorted by (source, relation, target), so the codes are sorted, too. A graph of
    # 10^7 edges and a thousand relations stays below 2^63.
    codes = graph.edge_key * width + graph.edge_target
    wanted = (source * max(1, len(graph.relations)) + relation) * width + target
    there = (source >= 0) & (relation >= 0) & (target >= 0)
    if not len(codes):
        return np.zeros(source.shape, dtype=np.bool_)
    place = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return there & (codes[place] == wanted)


def _answers(
    graph: KnowledgeGraph,
    tasks: TaskColumns,
    start: IndexArray,
    chain: IndexArray,
    options: IndexArray,
    rows: IndexArray,
) -> tuple[IndexArray, Mask, NDArray[np.float64]]:
    """Return, per task, answer set size, options in it, and walks to each option."""
    size = np.zeros(len(tasks), dtype=np.int64)
    in_set = np.zeros((len(tasks), 4), dtype=np.bool_)
    walks = np.zeros((len(tasks), 4))
    for hops in np.unique(tasks.chain_size[rows]).tolist():
        these = rows[tasks.chain_size[rows] == hops]
        number = chain_ids(np.column_stack([start[these], chain[these, :hops]]))
        # In the order of the questions, so that a block of questions is a slice of the tasks.
        order = np.argsort(number, kind="stable")
        these, number = these[order], number[order]
        for low in range(0, int(number[-1]) + 1, _BLOCK):
            cut = slice(*np.searchsorted(number, [low, low + _BLOCK]).tolist())
            block, question = these[cut], number[cut] - low
            first = np.unique(question, return_index=True)[1]
            heads = block[first]
            answers = chain_answers(graph, start[heads], chain[heads, :hops])
            counts = np.bincount(answers.question, minlength=len(heads))
            size[block] = counts[question]
            for letter in range(4):
                place, there = _among(graph, answers, question, options[block, letter])
                in_set[block, letter] = there
                walks[block, letter] = np.where(there, place, 0.0)
    return size, in_set, walks


def _among(
    graph: KnowledgeGraph, answers: ChainAnswers, question: IndexArray, entity: IndexArray
) -> tuple[NDArray[np.float64], Mask]:
    """Return the walks to each entity, and whether it is an answer; unknown entities are none."""
    row, there = rows_of(graph, answers, question, np.maximum(entity, 0))
    walks = answers.walks[row] if len(answers.walks) else np.zeros(len(entity))
    return walks, there & (entity >= 0)


def _distances(
    graph: KnowledgeGraph, start: IndexArray, answer: IndexArray, hops: IndexArray
) -> IndexArray:
    """Return the distance of each pair up to ``hops`` (n,); 0 hops are not searched."""
    distance = np.full(len(start), BEYOND, dtype=np.int64)
    for limit in np.unique(hops[hops > 0]).tolist():
        rows = np.flatnonzero(hops == limit)
        distance[rows] = pair_distances(graph, start[rows], answer[rows], limit)
    return distance
