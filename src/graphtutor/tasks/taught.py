"""What training tells of an entity: how often it is an answer, and which starts it comes after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.tasks.gold import GoldSet

__all__ = ["Taught", "taught_by"]


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What the training files tell without any reasoning.

    ``answers`` counts how often each entity is the answer, shape (entities,). ``pairs`` are sorted
    codes start * entities + answer. ``offered`` and ``times`` are sorted codes start * entities +
    option and how often training offers that option after that start.
    """

    answers: IndexArray
    pairs: IndexArray
    offered: IndexArray
    times: IndexArray

    def pairs_with(self, start: IndexArray, entity: IndexArray) -> NDArray[np.bool_]:
        """Tell which (start, entity) pairs, both (n,), are taught; shape (n,)."""
        return np.isin(start * len(self.answers) + entity, self.pairs)

    def offered_with(self, start: int, entities: IndexArray) -> IndexArray:
        """Return how often training offers each of ``entities`` (n,) after ``start``; (n,)."""
        if not len(self.offered):
            return np.zeros(len(entities), dtype=np.int64)
        codes = start * len(self.answers) + entities
        place = np.minimum(np.searchsorted(self.offered, codes), len(self.offered) - 1)
        return np.where(self.offered[place] == codes, self.times[place], 0)

    @property
    def without_pairs(self) -> Taught:
        """The same for a file that tells its own pairs, and need hide none: a training file."""
        return replace(self, pairs=self.pairs[:0])


def taught_by(
    graph: KnowledgeGraph, golds: Iterable[GoldSet], distractors: Iterable[IndexArray] = ()
) -> Taught:
    """Return what training on ``golds`` would tell.

    ``distractors`` are those drawn for each of them, (n, 3); without them nothing is offered.
    """
    width = len(graph.entities)
    sets = [gold.paths.entities for gold in golds]
    ends = np.concatenate([np.zeros((0, 2), dtype=np.int64), *(e[:, [0, -1]] for e in sets)])
    pairs = ends @ np.array([width, 1])
    wrong = [e[:, :1] * width + d for e, d in zip(sets, distractors, strict=False)]
    shown = [np.concatenate([part.ravel() for part in (pairs, *wrong)])] if wrong else [pairs[:0]]
    offered, times = np.unique(shown[0], return_counts=True)
    answers = np.bincount(ends[:, 1], minlength=width).astype(np.int64)
    return Taught(answers, np.unique(pairs), offered, times.astype(np.int64))
