"""Exact search in memory with numpy: what the engines are held to, and enough for small tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from graphtutor.retrieval.bm25 import idf
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.filtering import passes
from graphtutor.retrieval.ranked_store import RankedStore, Ranking
from graphtutor.retrieval.store import Filter, Point, Sparse, StoreInfo

__all__ = ["ExactStore"]


class ExactStore(RankedStore):
    """A store that keeps nothing on disk; each search reads all points."""

    def __init__(self, info: StoreInfo) -> None:
        """Make an empty store."""
        super().__init__("store in memory", info)
        self._points: dict[str, Point] = {}

    def set_average_length(self, average_length: float) -> None:
        """Keep a new mean length."""
        self._info = replace(self._info, average_length=average_length)

    def weigh(self, weights: Sequence[tuple[str, Sparse]]) -> None:
        """Replace the ``bm25`` vectors of chunks, by id; unknown ids are passed over."""
        for place, sparse in weights:
            if place in self._points:
                self._points[place] = replace(self._points[place], sparse=sparse)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove chunks by id; unknown ids are passed over."""
        for place in ids:
            self._points.pop(place, None)

    def optimize(self) -> None:
        """Do nothing: there is nothing to build."""

    def close(self) -> None:
        """Do nothing: there are no files."""

    def _put(self, points: Sequence[Point]) -> None:
        self._points.update((point.chunk.id, point) for point in points)

    def _fetch(self, ids: Sequence[str]) -> dict[str, Chunk]:
        return {place: self._points[place].chunk for place in ids}

    def _scan(self, where: Filter) -> Iterator[Chunk]:
        return (point.chunk for point in self._points.values() if passes(point.chunk, where))

    def _count(self, where: Filter) -> int:
        return sum(1 for _ in self._scan(where))

    def _rank_dense(self, vector: NDArray[np.float32], limit: int, where: Filter) -> Ranking:
        unit = _unit(vector)
        scores = {
            place: float(_unit(point.dense) @ unit)
            for place, point in self._points.items()
            if point.dense is not None and passes(point.chunk, where)
        }
        return _first(scores, limit)

    def _rank_bm25(self, terms: Sparse, limit: int, where: Filter) -> Ranking:
        wanted = {
            term: weight * idf(len(self._points), self._holding(term))
            for term, weight in zip(terms.indices, terms.values, strict=True)
        }
        scores = {
            place: sum(
                wanted[term] * weight
                for term, weight in zip(point.sparse.indices, point.sparse.values, strict=True)
                if term in wanted
            )
            for place, point in self._points.items()
            if wanted.keys() & set(point.sparse.indices) and passes(point.chunk, where)
        }
        return _first(scores, limit)

    def _holding(self, term: int) -> int:
        return sum(1 for point in self._points.values() if term in point.sparse.indices)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    norm = float(np.linalg.norm(vector))
    return vector / np.float32(norm) if norm else vector


def _first(scores: dict[str, float], limit: int) -> Ranking:
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]
