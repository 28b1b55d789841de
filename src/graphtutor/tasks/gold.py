"""Gold paths of one split and length, with what the graph says of each question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphtutor.graph.chains import ChainAnswers, chain_answers
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.graph.paths import Paths
from graphtutor.tasks.candidates import rows_of

__all__ = ["GoldSet", "gold_set"]


@dataclass(frozen=True, slots=True, eq=False)
class GoldSet:
    """``n`` gold paths that become the tasks of ``split`` with this hop length.

    ``answers`` has one question a path; ``size``, ``walks`` and ``distance`` are per path: entities
    in the answer set, walks to the answer along the chain, shortest directed distance in hops.
    """

    split: str
    paths: Paths
    answers: ChainAnswers
    size: IndexArray
    walks: NDArray[np.float64]
    distance: IndexArray

    @property
    def hops(self) -> int:
        """Edges of each path."""
        return self.paths.edges.shape[1]

    @property
    def start(self) -> IndexArray:
        """Start entity per path."""
        return self.paths.entities[:, 0]

    @property
    def answer(self) -> IndexArray:
        """Answer entity per path."""
        return self.paths.entities[:, -1]


def gold_set(graph: KnowledgeGraph, split: str, paths: Paths) -> GoldSet:
    """Look up the answer set, the walks and the distance of every path."""
    start, answer = paths.entities[:, 0], paths.entities[:, -1]
    answers = chain_answers(graph, start, graph.edge_relation[paths.edges])
    question = np.arange(len(paths), dtype=np.int64)
    return GoldSet(
        split=split,
        paths=paths,
        answers=answers,
        size=np.bincount(answers.question, minlength=len(paths)).astype(np.int64),
        walks=answers.walks[rows_of(graph, answers, question, answer)[0]],
        distance=pair_distances(graph, start, answer, paths.edges.shape[1]),
    )
