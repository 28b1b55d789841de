"""What keeps chunks with their vectors, as the rest of retrieval sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.chunk import Chunk

__all__ = [
    "RRF_K",
    "Filter",
    "Hit",
    "Point",
    "Sparse",
    "StoreHeldError",
    "StoreInfo",
    "VectorStore",
]

RRF_K = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke, Buettcher, SIGIR 2009)."""


class StoreHeldError(RetrievalError):
    """Another process holds the store."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """A sparse vector: ``indices[i]`` (a term, ascending) weighs ``values[i]``."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a collection was made with, kept in it.

    ``embedder`` and ``dimensions`` are empty and 0 where there is BM25 alone. ``average_length`` is
    the mean number of terms of a chunk, by which BM25 weighs.
    """

    embedder: str
    dimensions: int
    average_length: float
    version: int = 1


@dataclass(frozen=True, slots=True)
class Point:
    """A chunk as a store takes it; ``dense`` (dimensions,) is None where there is BM25 alone."""

    chunk: Chunk
    dense: NDArray[np.float32] | None
    sparse: Sparse


@dataclass(frozen=True, slots=True)
class Filter:
    """Which chunks count; empty fields let all pass. Dates are ISO, both ends included.

    ``section`` holds for a chunk with that heading anywhere above it.
    """

    docs: tuple[str, ...] = ()
    section: str = ""
    since: str = ""
    until: str = ""
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found, with its score; higher is better."""

    chunk: Chunk
    score: float


class VectorStore(Protocol):
    """A collection of chunks with named vectors ``dense`` and ``bm25``.

    Engines are Qdrant Edge in this process, a Qdrant server, and exact search in numpy; given the
    same points they return the same hits, scores equal to five digits, ties in the order of ids.
    """

    @property
    def info(self) -> StoreInfo:
        """What the collection was made with."""
        ...

    def set_average_length(self, average_length: float) -> None:
        """Keep a new mean length; the caller weighs the sparse vectors anew."""
        ...

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, or replace those with the same chunk id. It lasts once this returns."""
        ...

    def weigh(self, weights: Sequence[tuple[str, Sparse]]) -> None:
        """Replace the ``bm25`` vectors of chunks, by id; unknown ids are passed over.

        It lasts once this returns.
        """
        ...

    def delete(self, ids: Sequence[str]) -> None:
        """Remove chunks by id; unknown ids are passed over."""
        ...

    def dense(self, vector: NDArray[np.float32], limit: int, where: Filter) -> list[Hit]:
        """Return the nearest chunks by cosine."""
        ...

    def bm25(self, terms: Sparse, limit: int, where: Filter) -> list[Hit]:
        """Return the best chunks by BM25; chunks without any of the terms are no hits."""
        ...

    def hybrid(
        self,
        vector: NDArray[np.float32],
        terms: Sparse,
        limit: int,
        where: Filter,
        candidates: int = 100,
    ) -> list[Hit]:
        """Fuse the first ``candidates`` of both by reciprocal rank, sum of 1 / (60 + rank)."""
        ...

    def chunks(self, where: Filter) -> Iterator[Chunk]:
        """Yield all chunks that pass, in the order of document and place."""
        ...

    def count(self, where: Filter) -> int:
        """Count the chunks that pass."""
        ...

    def optimize(self) -> None:
        """Build what makes search in a large collection fast; nothing found changes much."""
        ...

    def close(self) -> None:
        """Let go of the files or the connection."""
        ...
