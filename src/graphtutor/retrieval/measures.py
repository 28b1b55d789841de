"""How good a ranking is: nDCG, recall and reciprocal rank, and whether one is better than another.

Relevance is binary: a document is among those wanted for a question, or not.

>>> ranking, wanted = ["b", "a", "c"], {"a", "d"}
>>> round(ndcg(ranking, wanted, 10), 3), recall(ranking, wanted, 10), mrr(ranking, wanted, 10)
(0.387, 0.5, 0.5)
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from graphtutor.io.seed import random_stream

__all__ = ["Difference", "mean_interval", "mrr", "ndcg", "paired_difference", "recall"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean over questions with its 95 % interval."""

    mean: float
    low: float
    high: float


def ndcg(ranking: Sequence[str], wanted: Collection[str], depth: int) -> float:
    """Return the normalised discounted cumulative gain of the first ``depth``.

    A wanted document at rank r gains 1 / log2(r + 1); the sum is divided by that of the best
    possible ranking (Jaervelin and Kekaelaeinen, ACM TOIS 2002; as trec_eval's ndcg_cut). 0.0 where
    nothing is wanted.
    """
    gained = sum(
        1 / math.log2(rank + 1)
        for rank, found in enumerate(ranking[:depth], start=1)
        if found in wanted
    )
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(wanted), depth) + 1))
    return gained / best if best else 0.0


def recall(ranking: Sequence[str], wanted: Collection[str], depth: int) -> float:
    """Return the share of what is wanted that stands in the first ``depth``; 0.0 for none wanted.

    As trec_eval's recall.
    """
    return len(set(ranking[:depth]) & set(wanted)) / len(wanted) if wanted else 0.0


def mrr(ranking: Sequence[str], wanted: Collection[str], depth: int) -> float:
    """Return 1 / rank of the first wanted document, 0.0 where none stands in the first ``depth``.

    Its mean over questions is the mean reciprocal rank (Voorhees, TREC-8 1999).
    """
    ranks = (rank for rank, found in enumerate(ranking[:depth], start=1) if found in wanted)
    return 1 / next(ranks, math.inf)


def mean_interval(values: Sequence[float], seed: int = 0, draws: int = 10_000) -> Difference:
    """Return the mean with its 95 % bootstrap interval.

    Percentiles 2.5 and 97.5 of the means of ``draws`` resamples of the questions with replacement
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993). ValueError for no values.
    """
    if not values:
        raise ValueError("no values")
    array = np.asarray(values, dtype=np.float64)
    stream = random_stream("bootstrap", seed, len(array))
    means = [array[stream.integers(len(array), size=len(array))].mean() for _ in range(draws)]
    low, high = np.percentile(means, (2.5, 97.5))
    return Difference(float(array.mean()), float(low), float(high))


def paired_difference(
    one: Sequence[float], other: Sequence[float], seed: int = 0, draws: int = 10_000
) -> Difference:
    """Return how much better ``one`` is than ``other``, question by question, with its interval.

    The bootstrap draws questions, so that what is hard for both cancels out (Sakai, "Evaluating
    Evaluation Metrics Based on the Bootstrap", SIGIR 2006). An interval above 0 says: better.
    ValueError for lengths that differ.
    """
    pairs = zip(one, other, strict=True)
    return mean_interval([first - second for first, second in pairs], seed, draws)
