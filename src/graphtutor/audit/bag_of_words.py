"""A small linear classifier over words: what can be guessed without following any chain.

An option's features are its words, its whole name, and each of them paired with each word of the
question, hashed into a fixed number of weights. Its score is their sum over the root of their
number; the four scores of a task go through a softmax, and the log-likelihood of the right option
is maximised by stochastic gradient descent. Everything is deterministic: hashes are plain
arithmetic, and the order of the tasks comes from a derived stream.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.audit.table import OptionTable
from graphtutor.graph.chains import ranges
from graphtutor.graph.knowledge_graph import IndexArray
from graphtutor.io.seed import random_stream
from graphtutor.tasks.name_words import words_of

__all__ = ["Features", "features_of", "fit", "scores_of", "words_of"]

_BITS: Final = 18
"""The weights are 2**_BITS."""
_MIX: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03))
"""Odd multipliers of 64-bit multiplicative hashing (Knuth, TAOCP 3, 6.4; Steele & Vigna 2021)."""
_EPOCHS: Final = 5
_BATCH: Final = 64
_RATE: Final = 10.0
"""Falls to 0. Not AdaGrad or the like: large steps for rare words drown what is frequent."""
_LONGEST: Final = 40
"""Distinct words of a question that count; the rest of a very long question is not looked at."""


Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Hashed features of the four options of ``n`` tasks.

    Option k of task i has ``feature[first[4 * i + k]:first[4 * i + k + 1]]``; ``first`` is
    (4 * n + 1,), and no option is without features.
    """

    feature: NDArray[np.int32]
    first: IndexArray

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.first) // 4


def features_of(table: OptionTable, rows: IndexArray | None = None) -> Features:
    """Return the features of the tasks ``rows`` of ``table`` (all of them by default).

    They do not depend on what else the table holds, so weights fit on one table serve another.
    """
    chosen: list[int] = list(range(len(table))) if rows is None else rows.tolist()
    asked = _Ragged([[0, *_codes(table.questions[row])[:_LONGEST]] for row in chosen])
    option: dict[str, int] = {}
    of_slot = [option.setdefault(name, len(option)) for row in chosen for name in table.names[row]]
    offered = _Ragged([[_code(f"={name}"), *_codes(name)] for name in option])
    slot = np.array(of_slot, dtype=np.int64)
    # One row for each word of each option, then one for each word of its question.
    row, place = ranges(offered.first[slot], offered.first[slot + 1])
    parent, spot = ranges(asked.first[row // 4], asked.first[row // 4 + 1])
    mixed = asked.code[spot] * _MIX[0] + offered.code[place][parent]
    feature = ((mixed ^ (mixed >> np.uint64(29))) * _MIX[1]) >> np.uint64(64 - _BITS)
    counts = np.diff(offered.first)[slot] * np.repeat(np.diff(asked.first), 4)
    return Features(feature.astype(np.int32), np.append(0, np.cumsum(counts)).astype(np.int64))


def fit(features: Features, right: IndexArray, epochs: int = _EPOCHS) -> Floats:
    """Return the weights, (2**18,), that make the options ``right`` (n,) likely.

    The same features and answers give the same weights.
    """
    weights = np.zeros(1 << _BITS)
    stream = random_stream("audit", "bag of words", len(features))
    order = np.arange(len(features))
    batches = -(-len(features) // _BATCH)
    for step in range(epochs * batches):
        if step % batches == 0:
            order = stream.permutation(len(features))
        tasks = order[step % batches * _BATCH :][:_BATCH]
        slots = (4 * tasks[:, None] + np.arange(4)).ravel()
        row, place = ranges(features.first[slots], features.first[slots + 1])
        used = features.feature[place]
        scale = np.sqrt(np.diff(features.first)[slots])
        scores = (np.bincount(row, weights[used], len(slots)) / scale).reshape(-1, 4)
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        likely[np.arange(len(tasks)), right[tasks]] -= 1
        pull = likely.ravel() / scale / len(tasks)
        rate = _RATE * (1 - step / (epochs * batches))
        weights -= rate * np.bincount(used, pull[row], len(weights))
    return weights


def scores_of(weights: Floats, features: Features) -> Floats:
    """Return the score of each option; shape (n, 4)."""
    row = np.repeat(np.arange(4 * len(features)), np.diff(features.first))
    total = np.bincount(row, weights[features.feature], 4 * len(features))
    return (total / np.sqrt(np.diff(features.first))).reshape(-1, 4)


class _Ragged:
    """Lists of codes of different lengths in one array."""

    def __init__(self, lists: Sequence[Sequence[int]]) -> None:
        self.code = np.array([code for codes in lists for code in codes], dtype=np.uint64)
        lengths = [len(codes) for codes in lists]
        self.first = np.append(0, np.cumsum(lengths, dtype=np.int64)).astype(np.int64)


def _codes(text: str) -> list[int]:
    return [_code(word) for word in words_of(text)]


def _code(word: str) -> int:
    """Number a word by its letters, the same on any machine."""
    return zlib.crc32(word.encode())
