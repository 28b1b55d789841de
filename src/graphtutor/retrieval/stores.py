"""Open and make stores, wherever they are: in a folder, or on a Qdrant server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.store import StoreInfo, VectorStore

__all__ = ["Place", "create_store", "open_store", "require_embedder", "store_exists"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is: in ``folder``, or with a ``url`` in a collection of that server."""

    folder: Path
    url: str = ""
    collection: str = "graphtutor"

    def __str__(self) -> str:
        """Return what messages call it."""
        return f"{self.url} collection {self.collection}" if self.url else str(self.folder)


def store_exists(place: Place) -> bool:
    """Say whether there is a store."""
    if place.url:
        from graphtutor.retrieval.store_qdrant import qdrant_exists

        return qdrant_exists(place.url, place.collection)
    from graphtutor.retrieval.store_edge import edge_exists

    return edge_exists(place.folder)


def create_store(place: Place, info: StoreInfo) -> VectorStore:
    """Make an empty store; RetrievalError where there is one. Close it after use."""
    if place.url:
        from graphtutor.retrieval.store_qdrant import create_qdrant

        return create_qdrant(place.url, place.collection, info)
    from graphtutor.retrieval.store_edge import create_edge

    return create_edge(place.folder, info)


def open_store(place: Place, wait: float = 10.0) -> VectorStore:
    """Open a store; close it after use, for one process at a time can hold a folder.

    Where another process holds it, it is tried again for ``wait`` seconds. Raises RetrievalError
    where there is no store, where it stays held, and where it cannot be read.
    """
    if place.url:
        from graphtutor.retrieval.store_qdrant import open_qdrant

        return open_qdrant(place.url, place.collection)
    from graphtutor.retrieval.store_edge import open_edge

    return open_edge(place.folder, wait)


def require_embedder(info: StoreInfo, name: str, where: str) -> None:
    """Raise RetrievalError unless the store was made with the embedding model ``name``.

    Vectors of two models cannot be compared; a search would return what is near by accident.
    ``name`` is empty for BM25 alone.
    """
    if info.embedder != name:
        raise RetrievalError(
            where,
            wanted=f"the embedding model that it was made with, {info.embedder or 'none (BM25)'}",
            got=name or "none (BM25)",
            remedy="use that model, or make another store from the same documents",
        )
