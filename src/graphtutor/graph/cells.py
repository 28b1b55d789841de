"""Every (start, chain of relations, answer) of one length: exact, in blocks, within a budget.

Listing walks one by one fails where hubs meet: a graph of 278 entities and 2,742 edges has 840
million walks of five hops. But they belong to only 18,000 chains, and the walks of one chain that
meet at an entity can be merged and counted. So a frontier holds one row for each (start, chain so
far, entity), and each row remembers one way it was reached; where the count is 1, it is the only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.graph.chains import ChainAnswers, out_edges
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.graph.paths import Paths, walk_counts

__all__ = ["ROW_BUDGET", "Cells", "TooManyCells", "iter_cells"]

ROW_BUDGET: Final = 6_000_000
"""Rows expanded before a listing is given up: about a second and 400 MB."""
_BLOCK_ROWS: Final = 500_000
_FIRST_BLOCK: Final = 8
_TRIAL_STARTS: Final = 64
_TRIAL_MARGIN: Final = 4


class TooManyCells(Exception):
    """The graph has more cells of this length than the budget allows: sample instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of some starts.

    ``answers`` has a question for each (start, chain); ``rows`` picks those of its rows that are
    cells of interest, and ``paths`` has a simple path for each of them.
    """

    answers: ChainAnswers
    rows: IndexArray
    paths: Paths


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """A frontier: entity, row of the level before that it was reached from, and by which edge."""

    entity: IndexArray
    parent: IndexArray
    edge: IndexArray


def iter_cells(
    graph: KnowledgeGraph, hops: int, unique: bool, budget: int = ROW_BUDGET
) -> Iterator[Cells]:
    """Yield all cells of ``hops`` hops that a simple path reaches, some starts at a time.

    ``unique`` keeps only answers with a single walk along their chain; without it, an answer with
    several walks has one of their paths, or none if that one is not simple. Raises TooManyCells as
    soon as more than ``budget`` rows are needed, or certain to be.
    """
    counts = walk_counts(graph, hops, np.ones(len(graph)))
    starts = np.flatnonzero(counts[hops] > 0).astype(np.int64)
    # A scattered order makes the first blocks tell how much work the others will be.
    starts = starts[np.argsort((starts * 2_654_435_761) % 4_294_967_291, kind="stable")]
    done = spent = 0
    size = _FIRST_BLOCK
    while done < len(starts):
        cells, rows = _block(graph, starts[done : done + size], counts, unique, budget - spent)
        yield cells
        done, spent = min(done + size, len(starts)), spent + rows
        if done >= _TRIAL_STARTS and spent / done * len(starts) > _TRIAL_MARGIN * budget:
            raise TooManyCells
        size = max(1, min(4 * size, int(_BLOCK_ROWS * done / max(1, spent))))


def _block(
    graph: KnowledgeGraph,
    starts: IndexArray,
    counts: NDArray[np.float64],
    unique: bool,
    budget: int,
) -> tuple[Cells, int]:
    """List the cells of ``starts`` and return them with the rows it took."""
    hops, width = len(counts) - 1, len(graph.entities)
    question = np.arange(len(starts), dtype=np.int64)
    walks = np.ones(len(starts))
    levels = [Level(starts, question, question)]
    spent = 0
    for hop in range(hops):
        entity = levels[-1].entity
        spent += int(graph.out_degree[entity].sum())
        if spent > budget:
            raise TooManyCells
        parent, edge = out_edges(graph, entity)
        alive = counts[hops - hop - 1][graph.edge_target[edge]] > 0
        parent, edge = parent[alive], edge[alive]
        chain = question[parent] * max(1, len(graph.relations)) + graph.edge_relation[edge]
        chain = np.unique(chain, return_inverse=True)[1]
        merged, first, inverse = np.unique(
            chain * width + graph.edge_target[edge], return_index=True, return_inverse=True
        )
        question = merged // width
        walks = np.bincount(inverse, weights=walks[parent], minlength=len(merged))
        levels.append(Level(merged % width, parent[first], edge[first]))
    answers = ChainAnswers(question, levels[-1].entity, walks.astype(np.float64))
    kept = np.flatnonzero(walks == 1) if unique else np.arange(len(walks))
    rows, paths = _paths(levels, kept.astype(np.int64))
    return Cells(answers, rows, paths), spent


def _paths(levels: list[Level], rows: IndexArray) -> tuple[IndexArray, Paths]:
    """Trace ``rows`` of the last level back to their starts; keep those that are simple."""
    hops = len(levels) - 1
    entities = np.empty((len(rows), hops + 1), dtype=np.int64)
    edges = np.empty((len(rows), hops), dtype=np.int64)
    here = rows
    for hop in range(hops, 0, -1):
        entities[:, hop] = levels[hop].entity[here]
        edges[:, hop - 1] = levels[hop].edge[here]
        here = levels[hop].parent[here]
    entities[:, 0] = levels[0].entity[here]
    ordered = np.sort(entities, axis=1)
    simple = (ordered[:, 1:] != ordered[:, :-1]).all(axis=1)
    return rows[simple], Paths(entities[simple], edges[simple])
