"""Which candidates have rivals: wrong options that fit the question's end as well as the answer.

A rival has the answer's type, is led to by the last relation, and is no farther from the start than
the answer, but farther than any training path of :data:`TAUGHT_HOPS` hops reaches, so that training
tells as little of it as of the answer. Where a sparse graph offers no such options, the answer is
the nearest that fits, whatever distractors are drawn; the task is then given up.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.graph.chains import chain_answers, ranges
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.graph.paths import Paths
from graphtutor.io.seed import random_stream
from graphtutor.tasks.candidates import Pool, rows_of

__all__ = ["RIVALS", "TAUGHT_HOPS", "rivals", "with_rivals"]

TAUGHT_HOPS: Final = 3
"""Hops of the longest path in train.jsonl; a pair of at most so many may be taught."""
RIVALS: Final = 2
"""Rivals that a task needs: each one more halves the lead of guessing the nearest option."""
_LOOKED_AT: Final = 64
"""Entities that fit looked at per path; more are thinned at random."""
_BLOCK: Final = 8192


def with_rivals(graph: KnowledgeGraph, pool: Pool) -> Pool:
    """Return the candidates of ``pool`` that have :data:`RIVALS` rivals or more; tier 3, one.

    Search questions have many answers, none of which is a rival.
    """
    task, _ = rivals(graph, pool.paths)
    least = np.where(pool.tier == 3, 1, RIVALS)
    return pool.take(np.bincount(task, minlength=len(pool.paths)) >= least)


def rivals(graph: KnowledgeGraph, paths: Paths) -> tuple[IndexArray, IndexArray]:
    """Return rows (path number, entity), sorted, of all rivals; of some where very many fit."""
    first, fitting = _fitting(graph)
    found = [np.zeros((2, 0), dtype=np.int64)]
    for low in range(0, len(paths), _BLOCK):
        block = paths.take(np.arange(low, min(low + _BLOCK, len(paths))))
        task, entity = _rivals(graph, block, first, fitting)
        found.append(np.stack([low + task, entity]))
    task, entity = np.concatenate(found, axis=1)
    return task, entity


def _fitting(graph: KnowledgeGraph) -> tuple[IndexArray, IndexArray]:
    """List the entities that each relation leads to, by type.

    ``fitting[first[g]:first[g + 1]]`` are those of group g = relation * types + type.
    """
    width, kinds = max(1, len(graph.entities)), max(1, len(graph.types))
    group = graph.edge_relation * kinds + graph.entity_type[graph.edge_target]
    codes = np.unique(group * width + graph.edge_target)
    groups = np.arange(len(graph.relations) * kinds + 1)
    return np.searchsorted(codes, groups * width).astype(np.int64), codes % width


def _rivals(
    graph: KnowledgeGraph, paths: Paths, first: IndexArray, fitting: IndexArray
) -> tuple[IndexArray, IndexArray]:
    start, answer = paths.entities[:, 0], paths.entities[:, -1]
    hops = paths.edges.shape[1]
    group = graph.edge_relation[paths.edges[:, -1]] * max(1, len(graph.types))
    group = group + graph.entity_type[answer]
    task, place = _looked_at(graph, first[group], first[group + 1])
    entity = fitting[place]
    answers = chain_answers(graph, start, graph.edge_relation[paths.edges])
    valid: NDArray[np.bool_] = ~rows_of(graph, answers, task, entity)[1]
    valid &= ~(paths.entities[task] == entity[:, None]).any(axis=1)
    task, entity = task[valid], entity[valid]
    near = pair_distances(graph, start[task], entity, hops) > TAUGHT_HOPS
    return task[near], entity[near]


def _looked_at(
    graph: KnowledgeGraph, low: IndexArray, high: IndexArray
) -> tuple[IndexArray, IndexArray]:
    """Return (row, place) for all places low-high of a row, or ``_LOOKED_AT`` drawn of them."""
    many = high - low > _LOOKED_AT
    row, place = ranges(low, np.where(many, low, high))
    stream = random_stream(graph.digest, "rivals", len(low))
    drawn = stream.integers(low[many, None], high[many, None], size=(int(many.sum()), _LOOKED_AT))
    rows = np.concatenate([row, np.repeat(np.flatnonzero(many), _LOOKED_AT)])
    width = int(high.max(initial=0)) + 1
    codes = np.unique(rows * width + np.concatenate([place, drawn.ravel()]))
    return codes // width, codes % width
