r"""BM25 as sparse vectors, so that an engine for vectors searches by words.

The score of a chunk is the sum over the terms of the question of count * idf * weight, with

    weight = tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average length))
    idf    = ln(1 + (N - n + 0.5) / (n + 0.5))

after Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); the
1 in the logarithm, which keeps idf above zero, is Lucene's. A store keeps the weights and reckons
idf when asked: N is how many chunks it holds, n how many of them hold the term.

>>> document_terms("pump pump valve", average_length=3.0).values
(1.0, 1.375)
>>> query_terms("which pump, the pump?") == Sparse(tuple(term_ids("pump")), (2.0,))
True
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

from graphtutor.retrieval.store import Sparse
from graphtutor.retrieval.terms import term_ids

__all__ = ["document_terms", "idf", "length", "mean_length", "query_terms"]

K1: Final = 1.2
"""How soon a term that is repeated counts no more; the default of Lucene and Elasticsearch."""

B: Final = 0.75
"""How far long chunks are marked down; the default of Lucene and Elasticsearch."""


def length(text: str) -> int:
    """Count the terms of a text."""
    return len(term_ids(text))


def mean_length(total: int, chunks: int) -> float:
    """Return the mean of ``total`` terms over ``chunks``, to two significant digits.

    The grid keeps the mean, and with it every weight, from changing with each document. It is 1.0
    where there is nothing.
    """
    mean = total / chunks if chunks else 0.0
    return float(f"{mean:.2g}") if mean >= 1 else 1.0


def document_terms(text: str, average_length: float) -> Sparse:
    """Return the weights of a text's terms; empty for a text without any."""
    numbers = term_ids(text)
    norm = K1 * (1 - B + B * len(numbers) / average_length)
    counts = sorted(Counter(numbers).items())
    return Sparse(
        tuple(number for number, _ in counts),
        tuple(count * (K1 + 1) / (count + norm) for _, count in counts),
    )


def query_terms(text: str) -> Sparse:
    """Return how often each term stands in a question: what is said twice counts twice."""
    counts = sorted(Counter(term_ids(text)).items())
    return Sparse(tuple(n for n, _ in counts), tuple(float(count) for _, count in counts))


def idf(chunks: int, holding: int) -> float:
    """Return the inverse document frequency of a term that ``holding`` of ``chunks`` hold."""
    return math.log1p((chunks - holding + 0.5) / (holding + 0.5))
