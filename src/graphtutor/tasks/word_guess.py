"""What words alone would guess: a linear model of questions and names, taught by training.

Its features are the name of an option and the words of that name, each paired with each word of
the question. The generator learns it from the training tasks and
then draws the other files so that the answer is its first choice no more often than by chance, in
the manner of adversarial filtering (Le Bras et al. 2020, arXiv:2002.04108), but among distractors
instead of tasks. A softmax over the four options, log-likelihood, stochastic gradient descent.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.config import TasksConfig
from graphtutor.graph.chains import ranges
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.io.seed import random_stream
from graphtutor.tasks.gold import GoldSet
from graphtutor.tasks.layout import layout_of
from graphtutor.tasks.name_words import words_of
from graphtutor.tasks.wording import noun_of, phrase_of, question

__all__ = ["WordGuess", "WordTable"]

_BITS: Final = 18
_MIX: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03))
"""Odd multipliers of 64-bit multiplicative hashing (Knuth, TAOCP 3, 6.4)."""
_MOST: Final = 10_000
"""Training tasks that are learnt from at most."""
_EPOCHS: Final = 4
_BATCH: Final = 64
_RATE: Final = 10.0
_ROWS: Final = 8192
"""Options scored at a time; bounds memory."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class WordTable:
    """The words of a graph's entities and relations, as numbers; made once a graph."""

    graph: KnowledgeGraph
    config: TasksConfig

    @cached_property
    def names(self) -> tuple[IndexArray, NDArray[np.uint64]]:
        """Bounds, (entities + 1,), and codes: the words of each entity, its whole name first."""
        words = [[f"={entity.id}", *words_of(entity.id)] for entity in self.graph.entities]
        first = np.append(0, np.cumsum([len(some) for some in words])).astype(np.int64)
        return first, _codes(word for some in words for word in some)

    def asked(self, gold: GoldSet) -> tuple[IndexArray, NDArray[np.uint64]]:
        """Bounds, (n + 1,), and codes: the words of each question of ``gold``."""
        graph = self.graph
        words: list[list[str]] = []
        templates = layout_of(graph, gold, self.config).templates
        for number, edges in enumerate(gold.paths.edges):
            entities: list[int] = gold.paths.entities[number].tolist()
            relations: list[int] = graph.edge_relation[edges].tolist()
            phrases = [self.phrases[relation] for relation in relations]
            nouns = [noun_of(graph.entities[entity].type) for entity in entities[1:]]
            text = question(graph.entities[entities[0]].id, phrases, nouns, templates[number])
            words.append(["", *words_of(text)])
        first = np.append(0, np.cumsum([len(some) for some in words])).astype(np.int64)
        return first, _codes(word for some in words for word in some)

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Phrase per relation number."""
        return tuple(phrase_of(relation) for relation in self.graph.relations)

    def features(
        self,
        asked: tuple[IndexArray, NDArray[np.uint64]],
        task: IndexArray,
        entity: IndexArray,
    ) -> tuple[IndexArray, NDArray[np.int32]]:
        """Return (row, feature) of each option ``entity`` of ``task``, both (rows,), row by row."""
        (first, code), (start, word) = self.names, asked
        row, place = ranges(start[task], start[task + 1])
        parent, spot = ranges(first[entity[row]], first[entity[row] + 1])
        mixed = word[place][parent] * _MIX[0] + code[spot]
        mixed = ((mixed ^ (mixed >> np.uint64(29))) * _MIX[1]) >> np.uint64(64 - _BITS)
        return row[parent], mixed.astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class WordGuess:
    """A model that is learnt; ``weights`` has shape (2**18,)."""

    table: WordTable
    weights: Floats

    @classmethod
    def learnt(
        cls, table: WordTable, golds: Sequence[GoldSet], distractors: Sequence[IndexArray]
    ) -> WordGuess:
        """Learn from training tasks: ``distractors`` (n, 3) are those of each gold set."""
        parts = [_sampled(table, g, d, golds) for g, d in zip(golds, distractors, strict=True)]
        features = [part for some in parts for part in some]
        weights = np.zeros(1 << _BITS)
        digest = table.graph.digest
        order = np.arange(len(features))
        for epoch in range(_EPOCHS if features else 0):
            order = random_stream(digest, "words", epoch).permutation(len(features))
            for low in range(0, len(order), _BATCH):
                done = (epoch + low / len(order)) / _EPOCHS
                chosen: list[int] = order[low : low + _BATCH].tolist()
                batch = [features[i] for i in chosen]
                _step(weights, batch, _RATE * (1 - done))
        return cls(table, weights)

    def scores(self, gold: GoldSet, task: IndexArray, entity: IndexArray) -> Floats:
        """Return the score of each option ``entity`` of ``task``; all shape (rows,)."""
        found = [np.zeros(0)]
        asked = self.table.asked(gold)
        for low in range(0, len(task), _ROWS):
            some = slice(low, min(low + _ROWS, len(task)))
            row, feature = self.table.features(asked, task[some], entity[some])
            size = some.stop - low
            total = np.bincount(row, self.weights[feature], size)
            found.append(total / np.sqrt(np.maximum(np.bincount(row, minlength=size), 1)))
        return np.concatenate(found)


def _sampled(
    table: WordTable, gold: GoldSet, distractors: IndexArray, golds: Sequence[GoldSet]
) -> list[tuple[IndexArray, NDArray[np.int32]]]:
    """Return (slot 0-3, feature) of a gold set's tasks, or of its share of ``_MOST``."""
    total = sum(len(one.paths) for one in golds)
    count = min(len(gold.paths), -(-len(gold.paths) * _MOST // total))
    stream = random_stream(table.graph.digest, "words", gold.split, gold.hops)
    chosen = np.sort(stream.choice(len(gold.paths), count, replace=False)).astype(np.int64)
    options = np.column_stack([gold.answer, distractors])[chosen]
    row, feature = table.features(table.asked(gold), np.repeat(chosen, 4), options.ravel())
    cuts = np.searchsorted(row, np.arange(4, 4 * count, 4))
    slots = np.split(row % 4, cuts)
    return list(zip(slots, np.split(feature, cuts), strict=True))


def _step(
    weights: Floats, batch: Sequence[tuple[IndexArray, NDArray[np.int32]]], rate: float
) -> None:
    """Move ``weights`` towards the answers of a batch, which are slot 0 of each task."""
    slot = np.concatenate([4 * i + row for i, (row, _) in enumerate(batch)])
    feature = np.concatenate([feature for _, feature in batch])
    scale = np.sqrt(np.bincount(slot, minlength=4 * len(batch)))
    scores = (np.bincount(slot, weights[feature], 4 * len(batch)) / scale).reshape(-1, 4)
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    likely /= likely.sum(axis=1, keepdims=True)
    likely[:, 0] -= 1
    pull = likely.ravel() / scale / len(batch)
    weights -= rate * np.bincount(feature, pull[slot], len(weights))


def _codes(words: Iterable[str]) -> NDArray[np.uint64]:
    return np.array([zlib.crc32(word.encode()) for word in words], dtype=np.uint64)
