"""What all engines share: the order of hits, the fusion of two rankings, and what is refused.

An engine gives rankings of ids with scores and the chunks of ids; the rest is done here, so that
hits come in the same order whatever the engine, and whatever the order in which chunks came in:
chunks with equal scores stand in the order of their ids.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.filtering import check_filter
from graphtutor.retrieval.store import RRF_K, Filter, Hit, Point, Sparse, StoreInfo

__all__ = ["DIGITS", "RankedStore", "Ranking", "check_version", "chunk_of", "fuse"]

Ranking = list[tuple[str, float]]
"""Ids with their scores, best first."""

DIGITS = 5
"""Scores that agree to so many decimals are equal: engines add up in different orders."""

_VERSION = 1

# So many more are asked for than wanted, so that of those with the last score the same ones come
# whatever the engine; more than that with one score are cut as the engine likes.
_MARGIN = 50


class RankedStore(ABC):
    """A store for which an engine supplies rankings; see ``VectorStore`` for what is public."""

    def __init__(self, name: str, info: StoreInfo) -> None:
        """``name`` stands in messages: the folder or the address."""
        self._name = name
        self._info = info

    @property
    def info(self) -> StoreInfo:
        """What the collection was made with."""
        return self._info

    @abstractmethod
    def _rank_dense(self, vector: NDArray[np.float32], limit: int, where: Filter) -> Ranking: ...

    @abstractmethod
    def _rank_bm25(self, terms: Sparse, limit: int, where: Filter) -> Ranking: ...

    @abstractmethod
    def _fetch(self, ids: Sequence[str]) -> dict[str, Chunk]: ...

    @abstractmethod
    def _put(self, points: Sequence[Point]) -> None: ...

    @abstractmethod
    def _scan(self, where: Filter) -> Iterator[Chunk]: ...

    @abstractmethod
    def _count(self, where: Filter) -> int: ...

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, or replace those with the same chunk id. It lasts once this returns."""
        for point in points:
            self._check(point.dense, point.chunk.id)
        if points:
            self._put(points)

    def dense(self, vector: NDArray[np.float32], limit: int, where: Filter) -> list[Hit]:
        """Return the nearest chunks by cosine."""
        return self._hits(self._nearest(vector, limit, where))

    def bm25(self, terms: Sparse, limit: int, where: Filter) -> list[Hit]:
        """Return the best chunks by BM25; chunks without any of the terms are no hits."""
        return self._hits(self._best(terms, limit, where))

    def hybrid(
        self,
        vector: NDArray[np.float32],
        terms: Sparse,
        limit: int,
        where: Filter,
        candidates: int = 100,
    ) -> list[Hit]:
        """Fuse the first ``candidates`` of both by reciprocal rank, sum of 1 / (60 + rank)."""
        rankings = (
            self._nearest(vector, candidates, where),
            self._best(terms, candidates, where),
        )
        return self._hits(fuse(rankings)[:limit])

    def chunks(self, where: Filter) -> Iterator[Chunk]:
        """Yield all chunks that pass, in the order of document and place."""
        check_filter(where)
        yield from sorted(
            self._scan(where), key=lambda chunk: (chunk.doc, chunk.start, chunk.end, chunk.id)
        )

    def count(self, where: Filter) -> int:
        """Count the chunks that pass."""
        check_filter(where)
        return self._count(where)

    def _nearest(self, vector: NDArray[np.float32], limit: int, where: Filter) -> Ranking:
        check_filter(where)
        self._check(vector, "the question")
        return _ordered(self._rank_dense(vector, limit + _MARGIN, where))[:limit]

    def _best(self, terms: Sparse, limit: int, where: Filter) -> Ranking:
        check_filter(where)
        if not terms.indices:
            return []
        return _ordered(self._rank_bm25(terms, limit + _MARGIN, where))[:limit]

    def _hits(self, ranking: Ranking) -> list[Hit]:
        chunks = self._fetch([place for place, _ in ranking]) if ranking else {}
        return [Hit(chunks[place], score) for place, score in ranking if place in chunks]

    def _check(self, vector: NDArray[np.float32] | None, of: str) -> None:
        wanted = self._info.dimensions
        shape = () if vector is None else vector.shape
        if shape != ((wanted,) if wanted else ()):
            raise RetrievalError(
                f"{self._name}, vector of {of}",
                wanted=f"{wanted} numbers ({self._info.embedder})" if wanted else "none: BM25 only",
                got=f"shape {shape}" if shape else "none",
                remedy="use the embedding model that the store was made with",
            )
        if vector is not None and not np.isfinite(vector).all():
            raise RetrievalError(
                f"{self._name}, vector of {of}", wanted="finite numbers", got="NaN or infinity"
            )


def fuse(rankings: Sequence[Ranking]) -> Ranking:
    """Fuse rankings by reciprocal rank: the sum of 1 / (60 + rank), ranks counted from 1.

    After Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion Outperforms Condorcet and
    Individual Rank Learning Methods", SIGIR 2009. (Qdrant's own fusion counts ranks from 0 and
    takes 2 for 60 unless told otherwise.)

    >>> fuse([[("a", 9.0), ("b", 8.0)], [("b", 0.5)]]) == [("b", 1 / 62 + 1 / 61), ("a", 1 / 61)]
    True
    """
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, (place, _) in enumerate(ranking, start=1):
            scores[place] = scores.get(place, 0.0) + 1 / (RRF_K + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def check_version(info: StoreInfo, name: str) -> None:
    """Raise RetrievalError for a store that another version of the program laid out."""
    if info.version != _VERSION:
        raise RetrievalError(
            name,
            wanted=f"a store of version {_VERSION}",
            got=f"version {info.version}",
            remedy="make another store from its documents",
        )


def chunk_of(name: str, payload: Any) -> Chunk:
    """Return the chunk that an engine kept; RetrievalError where it is something else."""
    try:
        return Chunk.from_payload(payload)
    except (KeyError, TypeError) as error:
        raise RetrievalError(
            name,
            wanted="chunks of this program",
            got=f"a point with other fields ({error})",
            remedy="name another folder or collection, or make this one anew",
        ) from error


def _ordered(ranking: Ranking) -> Ranking:
    return sorted(ranking, key=lambda item: (-round(item[1], DIGITS), item[0]))
