"""Chunks in a collection of a Qdrant server, by its URL; laid out as the store in a folder is.

The key, where the server asks for one, is read from the environment: QDRANT_API_KEY. What the
collection was made with stands in its metadata.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.ranked_store import RankedStore, Ranking, check_version, chunk_of
from graphtutor.retrieval.store import Filter, Point, Sparse, StoreInfo

__all__ = ["QdrantStore", "create_qdrant", "open_qdrant", "qdrant_exists"]

_KEY: Final = "graphtutor"
_PAGE: Final = 1_000
_BATCH: Final = 500  # A point with 1,536 numbers is 30 kB of JSON; a server takes 32 MB at once.
_TIMEOUT: Final = 60  # Seconds for a request.


def qdrant_exists(url: str, collection: str) -> bool:
    """Say whether the server has the collection; RetrievalError where it does not answer."""
    client = _connect(url)
    try:
        return bool(_guarded(url, lambda: client.collection_exists(collection)))
    finally:
        client.close()


def create_qdrant(url: str, collection: str, info: StoreInfo) -> QdrantStore:
    """Make an empty collection; RetrievalError where there is one already."""
    models, client = _models(), _connect(url)
    name = _name(url, collection)
    if _guarded(name, lambda: client.collection_exists(collection)):
        client.close()
        raise RetrievalError(name, wanted="no such collection", got="one with this name")
    dense = models.VectorParams(size=info.dimensions or 1, distance=models.Distance.COSINE)
    sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
    store = QdrantStore(url, collection, info, client)
    store.run(
        lambda: client.create_collection(
            collection,
            vectors_config={"dense": dense} if info.dimensions else {},
            sparse_vectors_config={"bm25": sparse},
            metadata={_KEY: asdict(info)},
        )
    )
    kinds = models.PayloadSchemaType
    for field, kind in (
        ("doc", kinds.KEYWORD),
        ("section", kinds.KEYWORD),
        ("kind", kinds.KEYWORD),
        ("date", kinds.DATETIME),
    ):
        store.run(
            lambda field=field, kind=kind: client.create_payload_index(
                collection, field, field_schema=kind, wait=True
            )
        )
    return store


def open_qdrant(url: str, collection: str) -> QdrantStore:
    """Open a collection; RetrievalError where there is none, or one of another program."""
    client, name = _connect(url), _name(url, collection)
    if not _guarded(name, lambda: client.collection_exists(collection)):
        client.close()
        raise RetrievalError(
            name,
            wanted="a collection of documents",
            got="no such collection",
            remedy=f"make it with 'graphtutor rag add FILE --url {url} --collection {collection}'",
        )
    found = _guarded(name, lambda: client.get_collection(collection))
    try:
        info = StoreInfo(**found.config.metadata[_KEY])
    except (AttributeError, KeyError, TypeError) as error:
        client.close()
        raise RetrievalError(
            name,
            wanted="a collection that graphtutor made",
            got="one without its metadata",
            remedy="name another one with --collection",
        ) from error
    check_version(info, name)
    return QdrantStore(url, collection, info, client)


class QdrantStore(RankedStore):
    """A store on a collection of a Qdrant server."""

    def __init__(self, url: str, collection: str, info: StoreInfo, client: Any) -> None:
        """Take a connected client; use :func:`open_qdrant` or :func:`create_qdrant`."""
        super().__init__(_name(url, collection), info)
        self._collection = collection
        self._client = client

    def run(self, call: Callable[[], Any]) -> Any:
        """Call the server; RetrievalError for what it refuses and where it does not answer."""
        return _guarded(self._name, call)

    def set_average_length(self, average_length: float) -> None:
        """Keep a new mean length."""
        self._info = replace(self._info, average_length=average_length)
        metadata = {_KEY: asdict(self._info)}
        self.run(lambda: self._client.update_collection(self._collection, metadata=metadata))

    def weigh(self, weights: Sequence[tuple[str, Sparse]]) -> None:
        """Replace the ``bm25`` vectors of chunks, by id; unknown ids are passed over."""
        models = _models()
        for start in range(0, len(weights), _BATCH):
            batch = dict(weights[start : start + _BATCH])
            # The server refuses the whole update for one id that it does not know.
            found = self.run(
                lambda ids=list(batch): self._client.retrieve(
                    self._collection, ids, with_payload=False
                )
            )
            vectors = [
                models.PointVectors(
                    id=record.id, vector={"bm25": _sparse(models, batch[str(record.id)])}
                )
                for record in found
            ]
            if vectors:
                self.run(
                    lambda vectors=vectors: self._client.update_vectors(
                        self._collection, vectors, wait=True
                    )
                )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove chunks by id; unknown ids are passed over."""
        if ids:
            selector = _models().PointIdsList(points=list(ids))
            self.run(lambda: self._client.delete(self._collection, selector, wait=True))

    def optimize(self) -> None:
        """Do nothing: a server does this by itself."""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _put(self, points: Sequence[Point]) -> None:
        models = _models()
        for start in range(0, len(points), _BATCH):
            batch = [_point(models, point) for point in points[start : start + _BATCH]]
            self.run(lambda batch=batch: self._client.upsert(self._collection, batch, wait=True))

    def _fetch(self, ids: Sequence[str]) -> dict[str, Chunk]:
        found = self.run(lambda: self._client.retrieve(self._collection, list(ids)))
        return {str(record.id): chunk_of(self._name, record.payload) for record in found}

    def _scan(self, where: Filter) -> Iterator[Chunk]:
        wanted, offset = _filter(_models(), where), None
        while True:
            page, offset = self.run(
                lambda offset=offset: self._client.scroll(
                    self._collection, scroll_filter=wanted, limit=_PAGE, offset=offset
                )
            )
            yield from (chunk_of(self._name, record.payload) for record in page)
            if offset is None:
                return

    def _count(self, where: Filter) -> int:
        wanted = _filter(_models(), where)
        return self.run(lambda: self._client.count(self._collection, wanted, exact=True)).count

    def _rank_dense(self, vector: NDArray[np.float32], limit: int, where: Filter) -> Ranking:
        return self._query("dense", vector.tolist(), limit, where)

    def _rank_bm25(self, terms: Sparse, limit: int, where: Filter) -> Ranking:
        return self._query("bm25", _sparse(_models(), terms), limit, where)

    def _query(self, using: str, vector: Any, limit: int, where: Filter) -> Ranking:
        models = _models()
        # An empty filter as the corpus: idf over the chunks that are there, see store_edge.py.
        live = models.SearchParams(idf=models.IdfCorpusParams(corpus=models.Filter()))
        found = self.run(
            lambda: self._client.query_points(
                self._collection,
                query=vector,
                using=using,
                limit=limit,
                query_filter=_filter(models, where),
                search_params=live if using == "bm25" else None,
                with_payload=False,
            )
        )
        return [(str(point.id), float(point.score)) for point in found.points]


def _models() -> Any:
    try:
        from qdrant_client import models
    except ImportError as error:
        raise RetrievalError(
            "Qdrant server",
            wanted="the package qdrant-client",
            got="none installed",
            remedy="pip install 'graphtutor[qdrant]'",
        ) from error
    return models


def _connect(url: str) -> Any:
    _models()
    from qdrant_client import QdrantClient

    if not re.match(r"https?://[^/]", url):
        raise RetrievalError(
            "Qdrant server", wanted="a URL like http://localhost:6333", got=repr(url)
        )
    key = os.environ.get("QDRANT_API_KEY") or None
    # Without the check of versions: it asks at once, and only warns where nobody answers.
    return QdrantClient(url=url, api_key=key, timeout=_TIMEOUT, check_compatibility=False)


def _name(url: str, collection: str) -> str:
    return f"{url} collection {collection}"


def _guarded(name: str, call: Callable[[], Any]) -> Any:
    from qdrant_client.common.client_exceptions import QdrantException
    from qdrant_client.http.exceptions import ApiException

    try:
        return call()
    except (ApiException, QdrantException, ValueError) as error:
        raise RetrievalError(
            name,
            wanted="an answer of a Qdrant server",
            got=re.sub(r"\s+", " ", str(error) or type(error).__name__)[:300],
            remedy="check --url, that the server runs, and QDRANT_API_KEY",
        ) from error


def _point(models: Any, point: Point) -> Any:
    vectors: dict[str, Any] = {"bm25": _sparse(models, point.sparse)}
    if point.dense is not None:
        vectors["dense"] = point.dense.tolist()
    return models.PointStruct(id=point.chunk.id, vector=vectors, payload=point.chunk.payload())


def _sparse(models: Any, sparse: Sparse) -> Any:
    return models.SparseVector(indices=list(sparse.indices), values=list(sparse.values))


def _filter(models: Any, where: Filter) -> Any:
    must: list[Any] = []
    for field, values in (("doc", where.docs), ("kind", where.kinds)):
        if values:
            match = models.MatchAny(any=list(values))
            must.append(models.FieldCondition(key=field, match=match))
    if where.section:
        match = models.MatchValue(value=where.section)
        must.append(models.FieldCondition(key="section", match=match))
    if where.since or where.until:
        days = models.DatetimeRange(gte=where.since or None, lte=where.until or None)
        must.append(models.FieldCondition(key="date", range=days))
    return models.Filter(must=must) if must else None
