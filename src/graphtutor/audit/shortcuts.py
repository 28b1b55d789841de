"""How far a dataset's questions can be answered without reasoning: guessers against chance.

A guesser sees the letters, the options, the question's start or last relation, or the words, but
follows no chain. Where the 95 % interval of its accuracy lies above a quarter, the dataset gives
its answers away, and a model that scores as well may have learnt no more than that. Training files
are told as well, but are no gate. Many gates are looked at, each of which fails by chance in about
one of forty files; a failure by a fraction of a point is one of these until it shows again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from graphtutor.audit.bag_of_words import Floats, features_of, fit, scores_of
from graphtutor.audit.shortcuts_guess import Guess, judge, unknown
from graphtutor.audit.shortcuts_known import Known, NumberedFile, known_of, numbered, taken
from graphtutor.audit.shortcuts_options import (
    file_guesses,
    graph_guesses,
    letter_guesses,
    name_guesses,
    train_guesses,
)
from graphtutor.audit.shortcuts_pairs import pair_guesses
from graphtutor.audit.shortcuts_question import overlap_guesses, relation_guesses, start_guesses
from graphtutor.audit.table import OptionTable
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.io.seed import random_stream
from graphtutor.runs.audit import Shortcut

__all__ = ["Learnt", "every_guess", "learnt", "shortcuts"]

_LEARNT_FROM: Final = 10_000
"""Tasks that the bag of words is trained on at most."""
_CROSSED: Final = 5_000
"""Tasks of each half of a file in the crossed bag of words, at most."""
_TOLD: Final = 10_000
"""Tasks of a training file that are looked at, at most."""
_SCORED: Final = 2_000
"""Tasks whose features are held at a time."""
_TRAINED: Final = ("words-train", "a bag of words trained on the training files")
_HALVES: Final = ("words-here", "a bag of words trained on the other half of the file")


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What guessers know of the training files: counts, and a bag of words' weights.

    ``weights`` (features,) is None without training files; ``tasks`` is how many trained it.
    """

    known: Known
    weights: Floats | None
    tasks: int


def learnt(
    train: Mapping[str, OptionTable], evaluated: Mapping[str, OptionTable], *, words: bool = True
) -> Learnt:
    """Let the guessers look at the training files; without ``words`` no bag of words is trained."""
    known = known_of(train, evaluated)
    if not (words and len(known.train)):
        return Learnt(known, None, 0)
    rows = _sample(np.arange(len(known.train), dtype=np.int64), _LEARNT_FROM)
    return Learnt(known, fit(features_of(known.train, rows), known.train.right[rows]), len(rows))


def every_guess(file: NumberedFile, graph: KnowledgeGraph | None, known: Learnt) -> Iterator[Guess]:
    """Let every guesser guess the tasks of one evaluated file."""
    yield from _guesses(file, graph, known.known)
    yield _trained(file.table, known)
    yield _halves(file)


def shortcuts(
    train: Mapping[str, OptionTable],
    evaluated: Mapping[str, OptionTable],
    graph: KnowledgeGraph | None,
    on_progress: Callable[[str], None] | None = None,
) -> list[Shortcut]:
    """Return how well each guesser does on each file, in the order of the files.

    ``train`` and ``evaluated`` map file names to tasks; ``on_progress`` is told what is looked at.
    A guesser without what it needs (a graph, training files, chains) has ``passed`` None and a
    note, as has every guesser on a training file.
    """
    tell = on_progress or _silent
    found: list[Shortcut] = []
    if evaluated:
        tell("bag of words: training files")
    known = learnt(train, evaluated, words=bool(evaluated))
    for name, table in evaluated.items():
        if not len(table):
            continue
        tell(f"{name}: shortcuts")
        file = numbered(name, table, known.known)
        for guess in every_guess(file, graph, known):
            found.append(judge(guess, table, file.cluster, name))
    for name, table in train.items():
        if not len(table):
            continue
        tell(f"{name}: shortcuts")
        some = taken(table, _sample(np.arange(len(table), dtype=np.int64), _TOLD))
        file = numbered(name, some, known.known)
        for guess in _cheap(file, graph, known.known):
            found.append(judge(guess, some, file.cluster, name, gated=False))
    return found


def _silent(_: str) -> None:
    """Tell nobody."""


def _guesses(file: NumberedFile, graph: KnowledgeGraph | None, known: Known) -> Iterator[Guess]:
    yield from letter_guesses(file.table, known)
    yield from name_guesses(file, known)
    yield from file_guesses(file, known)
    yield from train_guesses(file, known)
    yield from graph_guesses(file.table, graph, known)
    yield from start_guesses(file.table, graph)
    yield from pair_guesses(file.table, known)
    yield from relation_guesses(file, graph, known)
    yield from overlap_guesses(file.table)


def _cheap(file: NumberedFile, graph: KnowledgeGraph | None, known: Known) -> Iterator[Guess]:
    """What is told of a training file: nothing that is learnt from it, nothing that is slow."""
    yield from letter_guesses(file.table, known)
    yield from name_guesses(file, known)
    yield from file_guesses(file, known, crossed=False)
    yield from graph_guesses(file.table, graph, known)


def _trained(table: OptionTable, known: Learnt) -> Guess:
    if known.weights is None:
        return unknown([_TRAINED], "no training file")[0]
    every = np.arange(len(table), dtype=np.int64)
    note = f"trained on {known.tasks} tasks"
    return Guess(*_TRAINED, _scores(table, every, known.weights), note)


def _halves(file: NumberedFile) -> Guess:
    """Train on one half of the starts, score the other, both ways."""
    sides = [np.flatnonzero(file.half == side).astype(np.int64) for side in (False, True)]
    if min(len(side) for side in sides) == 0:
        return unknown([_HALVES], "all tasks have the same start")[0]
    scores = np.empty((len(file.table), 4))
    for learn, test in (sides, sides[::-1]):
        rows = _sample(learn, _CROSSED)
        weights = fit(features_of(file.table, rows), file.table.right[rows])
        scores[test] = _scores(file.table, test, weights)
    return Guess(*_HALVES, scores, "no start is on both sides")


def _scores(table: OptionTable, rows: IndexArray, weights: Floats) -> Floats:
    blocks = np.split(rows, np.arange(_SCORED, len(rows), _SCORED))
    return np.concatenate([scores_of(weights, features_of(table, block)) for block in blocks])


def _sample(rows: IndexArray, most: int) -> IndexArray:
    if len(rows) <= most:
        return rows
    return np.sort(random_stream("audit", "sample", len(rows)).choice(rows, most, replace=False))
