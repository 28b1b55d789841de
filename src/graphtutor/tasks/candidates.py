"""Which paths can become well-posed tasks, and in which cell (hop length, tier) each falls.

A small graph is listed in full, so the numbers are exact and quotas can be met to the last task. A
graph with too many walks is sampled in blocks until each wanted cell holds a few times what is
needed; sampling for determined answers favours relations that branch little, because a walk drawn
in proportion to all walks runs through hubs, where nothing is determined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.graph.cells import TooManyCells, iter_cells
from graphtutor.graph.chains import ChainAnswers, chain_answers, chain_ids
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.graph.paths import (
    Paths,
    draw_starts,
    fan_out,
    sample_paths,
    walk_table,
)
from graphtutor.io.seed import random_stream
from graphtutor.tasks.wording import phrase_of

__all__ = [
    "DISTRACTORS",
    "Pool",
    "collect_pool",
    "rows_of",
    "shared_phrases",
    "survey",
    "tier_of",
    "usable_edges",
]

DISTRACTORS: Final = 3
_BLOCK: Final = 4096
_MAX_BLOCKS: Final = 24
_IDLE_BLOCKS: Final = 6
_SURPLUS: Final = 4
_FOCUS: Final = {1: 3.0, 2: 1.0, 3: 0.0}
"""Power of 1 / fan-out that weights an edge when a tier is sampled for."""


def tier_of(answer_set_size: int) -> int:
    """Return 1 (determined), 2 (branching, 2-4 answers) or 3 (search, more).

    >>> [tier_of(size) for size in (1, 2, 4, 5)]
    [1, 2, 2, 3]
    """
    return 1 if answer_set_size <= 1 else 2 if answer_set_size <= 4 else 3


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Candidate paths of one hop length; all arrays have one row a path.

    ``size`` is the size of the answer set of (start, chain), ``walks`` the number of walks to the
    answer along the chain, ``question`` numbers the distinct (start, chain) from 0. ``complete``
    tells whether these are all there are.
    """

    paths: Paths
    size: IndexArray
    walks: NDArray[np.float64]
    question: IndexArray
    complete: bool

    @property
    def tier(self) -> IndexArray:
        """Tier per path; see :func:`tier_of`."""
        return np.where(self.size <= 1, 1, np.where(self.size <= 4, 2, 3)).astype(np.int64)

    def take(self, rows: IndexArray | NDArray[np.bool_]) -> Pool:
        """Return the pool at ``rows``; question numbers stay as they are."""
        return Pool(
            self.paths.take(rows),
            self.size[rows],
            self.walks[rows],
            self.question[rows],
            self.complete,
        )


def shared_phrases(graph: KnowledgeGraph) -> dict[str, list[str]]:
    """Return the phrases that more than one relation reads as, with the relations' ids.

    A question that uses one names several chains at once, so these relations make no tasks.
    """
    by_phrase: dict[str, list[str]] = {}
    for relation in graph.relations:
        by_phrase.setdefault(phrase_of(relation), []).append(relation.id)
    return {phrase: ids for phrase, ids in sorted(by_phrase.items()) if len(ids) > 1}


def usable_edges(graph: KnowledgeGraph) -> NDArray[np.bool_]:
    """Mark the edges that can be taught as a 1-hop task; shape (edges,).

    Not usable are loops, relations that read like another one, and edges for which the graph holds
    fewer than three valid distractors of the target's type.
    """
    clear = Counter(phrase_of(relation) for relation in graph.relations)
    readable = np.array([clear[phrase_of(r)] == 1 for r in graph.relations], dtype=np.bool_)
    source, target = graph.edge_source, graph.edge_target
    kind = graph.entity_type
    of_type = np.bincount(kind, minlength=max(1, len(graph.types)))
    # Targets of (source, relation) that share the type of this edge's target.
    group = chain_ids(np.column_stack([graph.edge_key, kind[target]]))
    answers = np.bincount(group, minlength=1)[group] if len(group) else group
    start_is_answer = np.isin(graph.edge_key, graph.edge_key[source == target])
    on_path = (kind[source] == kind[target]) & ~start_is_answer
    room = of_type[kind[target]] - answers - on_path
    return (source != target) & readable[graph.edge_relation] & (room >= DISTRACTORS)


def survey(
    graph: KnowledgeGraph,
    paths: Paths,
    question: IndexArray,
    answers: ChainAnswers,
    strict: bool,
    usable: NDArray[np.bool_],
) -> Pool:
    """Keep the paths that can become tasks and say what is known of each.

    ``question`` (n,) numbers the question of ``answers`` that each path belongs to. Kept are paths
    of usable edges with at least three entities of the answer's type outside the answer set and
    the path; ``strict`` also wants the chain to be the only one to the answer, and no shorter way.
    """
    size = np.bincount(answers.question)[question].astype(np.int64)
    walks = answers.walks[rows_of(graph, answers, question, paths.entities[:, -1])[0]]
    keep = usable[paths.edges].all(axis=1)
    keep &= _room(graph, paths, question, answers) >= DISTRACTORS
    pool = Pool(paths, size, walks, question, True)
    if not strict:
        return pool.take(keep)
    pool = pool.take(keep & (walks == 1))
    ends = pool.paths.entities
    hops = ends.shape[1] - 1
    return pool.take(pair_distances(graph, ends[:, 0], ends[:, -1], hops) == hops)


def rows_of(
    graph: KnowledgeGraph, answers: ChainAnswers, question: IndexArray, entity: IndexArray
) -> tuple[IndexArray, NDArray[np.bool_]]:
    """Return the row of ``answers`` for each (question, entity), and whether there is one."""
    width = max(1, len(graph.entities))
    codes = answers.question * width + answers.entity
    wanted = question * width + entity
    if not len(codes):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
    row = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1).astype(np.int64)
    return row, codes[row] == wanted


def collect_pool(
    graph: KnowledgeGraph,
    hops: int,
    need: Mapping[int, int],
    *,
    strict: bool,
    seed: int,
    usable: NDArray[np.bool_],
) -> Pool:
    """Return the candidates of one hop length: all of them, or a sample where they are too many.

    ``need`` maps a tier to the number of questions wanted of it; a sample stops at a few times
    that. Tiers that are not in ``need`` may be left out.
    """
    try:
        # All are listed before any is judged: a listing that is given up costs no judgement.
        blocks = list(iter_cells(graph, hops, unique=strict))
    except TooManyCells:
        parts = list(_sampled(graph, hops, need, strict, seed, usable))
        return _joined(graph, hops, parts, complete=False)
    parts = [
        survey(
            graph, cells.paths, cells.answers.question[cells.rows], cells.answers, strict, usable
        )
        for cells in blocks
    ]
    return _joined(graph, hops, parts, complete=True)


def _sampled(
    graph: KnowledgeGraph,
    hops: int,
    need: Mapping[int, int],
    strict: bool,
    seed: int,
    usable: NDArray[np.bool_],
) -> Iterator[Pool]:
    branching = fan_out(graph)
    for tier, wanted in sorted(need.items()):
        if not wanted:
            continue
        table = walk_table(graph, hops, usable / branching ** _FOCUS[tier])
        uses = np.zeros(len(graph.entities), dtype=np.int64)
        found = idle = 0
        for block in range(_MAX_BLOCKS):
            stream = random_stream(graph.digest, "paths", seed, hops, tier, block)
            paths = sample_paths(graph, table, draw_starts(table, uses, _BLOCK, stream), stream)
            uses += np.bincount(paths.entities[:, 0], minlength=len(uses))
            relations = graph.edge_relation[paths.edges]
            question = chain_ids(np.column_stack([paths.entities[:, 0], relations]))
            first = np.unique(question, return_index=True)[1]
            answers = chain_answers(graph, paths.entities[first, 0], relations[first])
            pool = survey(graph, paths, question, answers, strict, usable)
            gain = len(np.unique(pool.question[pool.tier == tier]))
            found, idle = found + gain, 0 if gain else idle + 1
            yield pool
            if found >= _SURPLUS * wanted or idle >= _IDLE_BLOCKS:
                break


def _joined(graph: KnowledgeGraph, hops: int, parts: list[Pool], complete: bool) -> Pool:
    none = Paths(np.zeros((0, hops + 1), dtype=np.int64), np.zeros((0, hops), dtype=np.int64))
    paths = Paths(
        np.concatenate([none.entities, *(part.paths.entities for part in parts)]),
        np.concatenate([none.edges, *(part.paths.edges for part in parts)]),
    )
    size = np.concatenate([np.zeros(0, dtype=np.int64), *(part.size for part in parts)])
    walks = np.concatenate([np.zeros(0), *(part.walks for part in parts)])
    # Different edges between the same entities are different chains, so edges identify a path.
    first = np.unique(chain_ids(paths.edges), return_index=True)[1]
    paths = paths.take(first)
    question = chain_ids(np.column_stack([paths.entities[:, 0], graph.edge_relation[paths.edges]]))
    return Pool(paths, size[first], walks[first], question, complete)


def _room(
    graph: KnowledgeGraph, paths: Paths, question: IndexArray, answers: ChainAnswers
) -> IndexArray:
    """Count the entities of the answer's type outside the answer set and the path; shape (n,)."""
    kinds = max(1, len(graph.types))
    kind = graph.entity_type
    wanted = kind[paths.entities[:, -1]]
    groups, counts = np.unique(answers.question * kinds + kind[answers.entity], return_counts=True)
    place = np.minimum(np.searchsorted(groups, question * kinds + wanted), max(0, len(groups) - 1))
    room = np.bincount(kind, minlength=kinds)[wanted] - (counts[place] if len(groups) else 0)
    for column in range(paths.edges.shape[1]):
        entity = paths.entities[:, column]
        room -= (kind[entity] == wanted) & ~rows_of(graph, answers, question, entity)[1]
    return room
