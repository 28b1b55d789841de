"""What (start, chain of relations) reaches, for many questions at once.

A question is a row; a frontier is a set of (row, entity) pairs that one hop at a time is expanded
along the relation that each row asks for, and merged where walks meet. All rows move together in
numpy, so ten thousand answer sets take milliseconds; a frontier that would grow too large is
halved by rows, which changes nothing but memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph

__all__ = ["ChainAnswers", "chain_answers", "chain_ids", "follow", "out_edges", "ranges"]

_ROW_LIMIT = 2_000_000
"""Frontier rows held at a time; bounds memory at roughly 200 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class ChainAnswers:
    """Answer sets of many questions, as rows sorted by (question, entity); all shape (rows,).

    ``walks`` counts the walks from the start to ``entity`` along the chain; 1 means the chain to
    that answer is unique. It is a float because dense graphs exceed 64-bit integers.
    """

    question: IndexArray
    entity: IndexArray
    walks: NDArray[np.float64]


def ranges(low: IndexArray, high: IndexArray) -> tuple[IndexArray, IndexArray]:
    """List every position of the half-open ranges, with the number of the range it is from.

    >>> parent, position = ranges(np.array([4, 7, 0]), np.array([6, 7, 1]))
    >>> parent.tolist(), position.tolist()
    ([0, 0, 2], [4, 5, 0])
    """
    sizes = high - low
    parent = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    before = np.cumsum(sizes) - sizes
    position = np.arange(len(parent), dtype=np.int64) + np.repeat(low - before, sizes)
    return parent, position


def out_edges(graph: KnowledgeGraph, entity: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Return (row, edge number) for every edge that leaves ``entity[row]``."""
    return ranges(graph.out_start[entity], graph.out_start[entity + 1])


def follow(
    graph: KnowledgeGraph, entity: IndexArray, relation: IndexArray
) -> tuple[IndexArray, IndexArray]:
    """Return (row, target) for every target of ``entity[row]`` under ``relation[row]``."""
    parent, position = ranges(*_slices(graph, entity, relation))
    return parent, graph.edge_target[position]


def chain_answers(
    graph: KnowledgeGraph, starts: IndexArray, chains: IndexArray, row_limit: int = _ROW_LIMIT
) -> ChainAnswers:
    """Return the answer sets of questions with ``starts`` (n,) and ``chains`` (n, hops).

    Entity and relation are index numbers; a question without answers has no rows.
    """
    questions = np.arange(len(starts), dtype=np.int64)
    todo: list[tuple[int, IndexArray, IndexArray, NDArray[np.float64]]] = [
        (0, questions, starts.astype(np.int64), np.ones(len(starts)))
    ]
    parts: list[ChainAnswers] = []
    while todo:
        hop, question, entity, walks = todo.pop()
        if hop == chains.shape[1]:
            parts.append(ChainAnswers(question, entity, walks))
            continue
        low, high = _slices(graph, entity, chains[question, hop])
        if int((high - low).sum()) > row_limit and question[0] != question[-1]:
            middle = question[[len(question) // 2]]
            cut = int(np.searchsorted(question, middle)[0])
            cut = cut or int(np.searchsorted(question, middle, side="right")[0])
            # The half that comes first is popped first, so the rows stay in order.
            todo.append((hop, question[cut:], entity[cut:], walks[cut:]))
            todo.append((hop, question[:cut], entity[:cut], walks[:cut]))
            continue
        parent, position = ranges(low, high)
        code = question[parent] * len(graph.entities) + graph.edge_target[position]
        merged, inverse = np.unique(code, return_inverse=True)
        question, entity = merged // len(graph.entities), merged % len(graph.entities)
        walks = np.bincount(inverse, weights=walks[parent], minlength=len(merged))
        todo.append((hop + 1, question, entity, walks.astype(np.float64)))
    return ChainAnswers(
        np.concatenate([part.question for part in parts]),
        np.concatenate([part.entity for part in parts]),
        np.concatenate([part.walks for part in parts]),
    )


def chain_ids(columns: IndexArray) -> IndexArray:
    """Number the distinct rows of ``columns`` (n, m) from 0 in lexical order; shape (n,).

    >>> chain_ids(np.array([[5, 1], [2, 9], [5, 1], [5, 0]])).tolist()
    [2, 0, 2, 1]
    """
    number = np.zeros(len(columns), dtype=np.int64)
    for column in columns.T:
        width = int(column.max(initial=0)) + 1
        number = np.unique(number * width + column, return_inverse=True)[1].astype(np.int64)
    return number


def _slices(
    graph: KnowledgeGraph, entity: IndexArray, relation: IndexArray
) -> tuple[IndexArray, IndexArray]:
    key = entity * max(1, len(graph.relations)) + relation
    low = np.searchsorted(graph.edge_key, key, side="left").astype(np.int64)
    return low, np.searchsorted(graph.edge_key, key, side="right").astype(np.int64)
