"""Guessers that look at the question's start, last relation or letters, but follow no chain."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.audit.shortcuts_guess import Floats, Guess, both_ends, unknown
from graphtutor.audit.shortcuts_known import Known, NumberedFile, answers_of
from graphtutor.audit.shortcuts_options import neighbour_codes
from graphtutor.audit.table import OptionTable
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.io.seed import random_stream

__all__ = ["overlap_guesses", "relation_guesses", "start_guesses", "undirected"]

_DIRECTED: Final = 6
"""Hops that are searched along the edges; what is farther counts as equally far."""
_UNDIRECTED: Final = 4
_LARGE: Final = 100_000
"""Edges above which distances are looked up for a sample of the tasks only."""
_SAMPLE: Final = 2_000
_GRAM: Final = 3
_START: Final = (
    ("start-nearest", "the option nearest to the start, along the edges"),
    ("start-farthest", "the option farthest from the start, along the edges"),
    ("start-nearest-undirected", "the option nearest to the start, in any direction"),
    ("start-farthest-undirected", "the option farthest from the start, in any direction"),
    ("start-neighbour", "an option that an edge joins to the start"),
)
_RELATION: Final = (
    ("relation-edges-most", "the option with most edges of the last relation leading to it"),
    ("relation-edges-least", "the option with fewest edges of the last relation leading to it"),
)
_RELATION_TRAIN: Final = (
    "relation-answer-train",
    "the most frequent answer in training for the last relation",
)


def start_guesses(table: OptionTable, graph: KnowledgeGraph | None) -> list[Guess]:
    """Guess by the distance from the start.

    One-hop tasks are left out, as their answer is a neighbour of the start by definition.
    """
    if graph is None:
        return unknown(_START, "no graph")
    rows = np.flatnonzero(
        (table.options >= 0).all(axis=1) & (table.start >= 0) & (table.answer_hops != 1)
    )
    if not len(rows):
        return unknown(_START, "no task of two hops or more with a known start")
    notes = [f"{len(table) - len(rows)} tasks of one hop or with unknown entities left out"]
    notes = notes if len(rows) < len(table) else []
    if len(graph) > _LARGE and len(rows) > _SAMPLE:
        stream = random_stream("audit", "distances", len(rows))
        rows = np.sort(stream.choice(rows, _SAMPLE, replace=False))
        notes.append(f"a sample of {_SAMPLE} tasks")
    note = "; ".join(notes)
    along = _distances(graph, table, rows, _DIRECTED)
    either = _distances(undirected(graph), table, rows, _UNDIRECTED)
    names, titles = zip(*_START, strict=True)
    return [
        *both_ends((names[1], names[0]), (titles[1], titles[0]), along, note),
        *both_ends((names[3], names[2]), (titles[3], titles[2]), either, note),
        Guess(names[4], titles[4], np.where(np.isnan(either), np.nan, either == 1), note),
    ]


def relation_guesses(file: NumberedFile, graph: KnowledgeGraph | None, known: Known) -> list[Guess]:
    """Guess by the last relation that the question names."""
    table = file.table
    if graph is None or not (table.last_relation >= 0).any():
        guesses = unknown(_RELATION, "no graph" if graph is None else "no chain in the file")
    else:
        edges = _edges_under(graph, table)
        (most, least) = _RELATION
        guesses = both_ends((most[0], least[0]), (most[1], least[1]), edges)
    return [*guesses, *_answers_under(file, known)]


def overlap_guesses(table: OptionTable) -> list[Guess]:
    """Guess by the share of an option's letter triples that the question holds as well."""
    grams: dict[str, frozenset[str]] = {}
    scores = np.zeros((len(table), 4))
    for row, (question, names) in enumerate(zip(table.questions, table.names, strict=True)):
        asked = _grams(question)
        for column, name in enumerate(names):
            if name not in grams:
                grams[name] = _grams(name)
            scores[row, column] = len(grams[name] & asked) / max(1, len(grams[name]))
    return both_ends(
        ("overlap-most", "overlap-least"),
        ("the option most like the question, by letter triples",
         "the option least like the question, by letter triples"),
        scores,
    )  # fmt: skip


def undirected(graph: KnowledgeGraph) -> KnowledgeGraph:
    """Return ``graph`` with every edge in both directions, under one relation."""
    width = max(1, len(graph.entities))
    codes = neighbour_codes(graph)
    return replace(
        graph,
        edge_source=codes // width,
        edge_relation=np.zeros(len(codes), dtype=np.int64),
        edge_target=codes % width,
    )


def _distances(graph: KnowledgeGraph, table: OptionTable, rows: IndexArray, limit: int) -> Floats:
    """Return the distance start to option, (n, 4); ``limit`` + 1 beyond, NaN outside ``rows``."""
    found = pair_distances(
        graph, np.repeat(table.start[rows], 4), table.options[rows].ravel(), limit
    )
    scores = np.full((len(table), 4), np.nan)
    scores[rows] = np.where(found < 0, limit + 1, found).reshape(-1, 4)
    return scores


def _edges_under(graph: KnowledgeGraph, table: OptionTable) -> Floats:
    """Count the edges of the last relation into each option, (n, 4); NaN where unknown."""
    wide = max(1, len(graph.relations))
    keys, counts = np.unique(graph.edge_target * wide + graph.edge_relation, return_counts=True)
    found = _looked_up(keys, counts, table.options * wide + table.last_relation[:, None])
    strange = (table.options < 0).any(axis=1) | (table.last_relation < 0)
    return np.where(strange[:, None], np.nan, found)


def _answers_under(file: NumberedFile, known: Known) -> list[Guess]:
    """Count how often each option answers a training task with the same last relation."""
    name, title = _RELATION_TRAIN
    train, table = known.train, file.table
    taught = train.last_relation >= 0
    if not taught.any() or not (table.last_relation >= 0).any():
        return unknown([(name, title)], "no chain in training or in the file")
    texts = max(1, len(known.number))
    answer = answers_of(train, known.options)
    keys, counts = np.unique((train.last_relation * texts + answer)[taught], return_counts=True)
    found = _looked_up(keys, counts, table.last_relation[:, None] * texts + file.options)
    return [Guess(name, title, np.where(table.last_relation[:, None] < 0, np.nan, found))]


def _looked_up(keys: IndexArray, counts: NDArray[np.intp], wanted: IndexArray) -> Floats:
    """Return the count at each wanted key, 0 where it is not among the sorted ``keys``."""
    if not len(keys):
        return np.zeros(wanted.shape)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, counts[place], 0).astype(np.float64)


def _grams(text: str) -> frozenset[str]:
    plain = f" {text.lower()} "
    return frozenset(plain[place : place + _GRAM] for place in range(len(plain) - _GRAM + 1))
