"""Guessers that see the options alone: their letters, names, counts, and places in the graph."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.audit.shortcuts_guess import Floats, Guess, both_ends, unknown
from graphtutor.audit.shortcuts_known import Known, NumberedFile, answers_of
from graphtutor.audit.table import OptionTable
from graphtutor.graph.chains import ranges
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph

__all__ = [
    "file_guesses",
    "graph_guesses",
    "letter_guesses",
    "links_among",
    "name_guesses",
    "neighbour_codes",
    "train_guesses",
]

_LETTERS: Final = "ABCD"
_NO_GRAPH: Final = "no graph"
_NO_TRAIN: Final = "no training file"
_ROWS: Final = 4_000_000
"""Neighbours looked up at a time; bounds memory at roughly 200 MB."""
_PAIRS: Final = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
_CENTRAL: Final = (
    ("central-most", "the option linked to most others within two hops"),
    ("central-least", "the option linked to fewest others within two hops"),
)
_DEGREES: Final = (
    ("in-degree", "edges that lead to it"),
    ("out-degree", "edges that leave it"),
    ("degree", "edges in either direction"),
)
_TYPE_RAREST: Final = ("type-rarest", "the option whose type the fewest others have")
_TYPE_TRAIN: Final = ("type-train", "the option whose type is most often the answer in training")
_TRAIN: Final = (
    ("answer-train-most", "the option that is most often the answer in training"),
    ("answer-train-least", "the option that is least often the answer in training"),
    ("share-train", "the option that is most often right where offered, in training"),
)


def letter_guesses(table: OptionTable, known: Known) -> list[Guess]:
    """Guess the most frequent letter (of training where there is any), and each letter always."""
    trained = len(known.train) > 0
    counts = np.bincount(known.train.right if trained else table.right, minlength=4)
    everyone = np.ones((len(table), 1))
    note = "" if trained else "chosen on the file itself: told, each letter is a gate of its own"
    majority = Guess(
        "letter-majority", "the most frequent letter", everyone * counts, note, told=not trained
    )
    letters = [
        Guess(f"letter-{letter.lower()}", f"always {letter}", everyone * np.eye(4)[place])
        for place, letter in enumerate(_LETTERS)
    ]
    return [majority, *letters]


def name_guesses(file: NumberedFile, known: Known) -> list[Guess]:
    """Guess by the length and the alphabetical place of the names."""
    texts = list(known.number)
    length = np.array([len(text) for text in texts], dtype=np.float64)
    place = np.empty(len(texts))
    place[sorted(range(len(texts)), key=lambda i: (texts[i].casefold(), texts[i]))] = np.arange(
        len(texts)
    )
    return [
        *both_ends(
            ("name-longest", "name-shortest"), ("the longest name", "the shortest name"),
            length[file.options],
        ),
        *both_ends(
            ("name-last", "name-first"),
            ("the last name by alphabet", "the first name by alphabet"),
            place[file.options],
        ),
    ]  # fmt: skip


def file_guesses(file: NumberedFile, known: Known, crossed: bool = True) -> list[Guess]:
    """Guess by how often each option is offered and right in the other tasks of the file.

    ``crossed`` adds the share that is right where offered, learnt on one half for the other.
    """
    texts = len(known.number)
    answer = answers_of(file.table, file.options)
    offered = np.bincount(file.options.ravel(), minlength=texts).astype(np.float64)
    answered = np.bincount(answer, minlength=texts).astype(np.float64)
    others = answered[file.options] - (file.options == answer[:, None])
    guesses = both_ends(
        ("offered-most", "offered-least"),
        ("the option that the file offers most often", "the option that the file offers least"),
        offered[file.options],
    )
    guesses += [
        Guess("answer-here-most", "the most frequent answer of the file's other tasks", others),
        Guess(
            "answer-here-least",
            "the least frequent answer of the file's other tasks",
            -others,
            "told, not judged: leaving the task out makes its own answer look rarer",
            told=True,
        ),
    ]
    if crossed:
        scores = np.empty(file.options.shape)
        for side in (False, True):
            learn = file.half != side
            share = _share(file.options[learn], answer[learn], texts)
            scores[~learn] = share[file.options[~learn]]
        guesses.append(
            Guess("share-here", "the option most often right where the other half offers it",
                  scores, "learnt on one half of the starts for the other")
        )  # fmt: skip
    return guesses


def train_guesses(file: NumberedFile, known: Known) -> list[Guess]:
    """Guess by how often each option is right in training."""
    if not len(known.train):
        return unknown(_TRAIN, _NO_TRAIN)
    counts = known.answered[file.options].astype(np.float64)
    answer = answers_of(known.train, known.options)
    share = _share(known.options, answer, len(known.number))
    (most, least), (name, title) = _TRAIN[:2], _TRAIN[2]
    return [
        *both_ends((most[0], least[0]), (most[1], least[1]), counts),
        Guess(name, title, share[file.options]),
    ]


def graph_guesses(table: OptionTable, graph: KnowledgeGraph | None, known: Known) -> list[Guess]:
    """Guess by the options' places in the graph; tasks with unknown entities are left out."""
    if graph is None:
        named = [
            (f"{name}-{end}", f"the option with the {end}est number of {what}")
            for name, what in _DEGREES
            for end in ("high", "low")
        ]
        return unknown([*_CENTRAL, *named, _TYPE_RAREST, _TYPE_TRAIN], _NO_GRAPH)
    strange: NDArray[np.bool_] = np.any(table.options < 0, axis=1)
    note = f"{int(strange.sum())} tasks with entities outside the graph left out"
    note = note if strange.any() else ""
    options = np.maximum(table.options, 0)

    def seen(scores: NDArray[np.generic]) -> Floats:
        return np.where(strange[:, None], np.nan, scores.astype(np.float64))

    central = seen(links_among(graph, options))
    (most, least) = _CENTRAL
    guesses = both_ends((most[0], least[0]), (most[1], least[1]), central, note)
    degrees = (graph.in_degree, graph.out_degree, graph.in_degree + graph.out_degree)
    for (name, what), degree in zip(_DEGREES, degrees, strict=True):
        guesses += both_ends(
            (f"{name}-high", f"{name}-low"),
            (f"the option with the highest number of {what}",
             f"the option with the lowest number of {what}"),
            seen(degree[options]), note,
        )  # fmt: skip
    kind = graph.entity_type[options]
    alike = (kind[:, :, None] == kind[:, None, :]).sum(axis=2)
    guesses.append(Guess(*_TYPE_RAREST, seen(-alike), note))
    if not len(known.train):
        return [*guesses, *unknown([_TYPE_TRAIN], _NO_TRAIN)]
    answer = answers_of(known.train, known.train.options)
    counts = np.bincount(graph.entity_type[answer[answer >= 0]], minlength=len(graph.types))
    return [*guesses, Guess(*_TYPE_TRAIN, seen(counts[kind]), note)]


def links_among(graph: KnowledgeGraph, options: IndexArray) -> IndexArray:
    """Count for each of ``options`` (n, 4) the others within two undirected hops; shape (n, 4).

    Two entities are that close where one is a neighbour of the other or of one of its neighbours:
    the neighbours of the one with fewer are looked up among those of the other.
    """
    width = max(1, len(graph.entities))
    low = np.concatenate([options[:, i] for i, _ in _PAIRS])
    high = np.concatenate([options[:, j] for _, j in _PAIRS])
    pairs, inverse = np.unique(
        np.minimum(low, high) * width + np.maximum(low, high), return_inverse=True
    )
    linked = _within_two(graph, pairs // width, pairs % width)[inverse].reshape(6, -1)
    links = np.zeros(options.shape, dtype=np.int64)
    for row, (i, j) in enumerate(_PAIRS):
        links[:, i] += linked[row]
        links[:, j] += linked[row]
    return links


def neighbour_codes(graph: KnowledgeGraph) -> IndexArray:
    """Return the sorted codes entity * entities + neighbour of all edges, in both directions."""
    width = max(1, len(graph.entities))
    forward = graph.edge_source * width + graph.edge_target
    codes = np.sort(np.concatenate([forward, graph.edge_target * width + graph.edge_source]))
    # np.unique hashes and then sorts, which takes ten times as long for millions of edges.
    return codes[np.append(True, codes[1:] != codes[:-1])[: len(codes)]]


def _within_two(graph: KnowledgeGraph, one: IndexArray, other: IndexArray) -> NDArray[np.bool_]:
    """Tell which pairs (n,) of distinct entities are at most two undirected hops apart."""
    width = max(1, len(graph.entities))
    codes = neighbour_codes(graph)
    first = np.searchsorted(codes, np.arange(len(graph.entities) + 1) * width).astype(np.int64)
    degree = np.diff(first)
    swap = degree[one] > degree[other]
    one, other = np.where(swap, other, one), np.where(swap, one, other)
    linked = _among(codes, one * width + other) & (one != other)
    cuts = np.searchsorted(np.cumsum(degree[one]), np.arange(_ROWS, int(degree[one].sum()), _ROWS))
    for block in np.split(np.arange(len(one)), cuts):
        row, place = ranges(first[one[block]], first[one[block] + 1])
        middle = codes[place] % width
        met = _among(codes, middle * width + other[block][row]) & (one != other)[block][row]
        linked[block[row[met]]] = True
    return linked


def _among(codes: IndexArray, wanted: IndexArray) -> NDArray[np.bool_]:
    if not len(codes):
        return np.zeros(len(wanted), dtype=np.bool_)
    place = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return codes[place] == wanted


def _share(options: IndexArray, answer: IndexArray, texts: int) -> Floats:
    """Return how often each text is right where offered, drawn towards a quarter; (texts,)."""
    offered = np.bincount(options.ravel(), minlength=texts)
    answered = np.bincount(answer, minlength=texts)
    return (answered + 1.0) / (offered + 4.0)
