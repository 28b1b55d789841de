"""Chunks in a folder, searched by Qdrant Edge: Qdrant's engine in this process, without a server.

    DIR/edge/        the engine's files
    DIR/store.json   what the store was made with; written last, so that it says: complete

One process at a time can hold a store. Opening takes tenths of a second, so hold it only while it
is needed; who comes second waits a little, then is told so.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.errors import RetrievalError
from graphtutor.io.atomic import write_text
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.ranked_store import RankedStore, Ranking, check_version, chunk_of
from graphtutor.retrieval.store import Filter, Point, Sparse, StoreHeldError, StoreInfo

__all__ = ["INDEX_ABOVE_KB", "EdgeStore", "create_edge", "edge_exists", "open_edge", "read_info"]

INDEX_ABOVE_KB = 750_000
"""So many kB of vectors are worth an index (HNSW), which ``optimize`` then builds.

Reading all vectors is exact and takes a core about 4 ms for 100,000 kB (65,000 chunks of 384
numbers); building the index takes minutes at that size, and finds nearly the same.
"""

_PAGE: Final = 1_000


def edge_exists(folder: Path) -> bool:
    """Say whether ``folder`` holds a store that was made to the end."""
    return (folder / "store.json").is_file()


def create_edge(folder: Path, info: StoreInfo) -> EdgeStore:
    """Make an empty store; one whose making was broken off is begun again.

    Raises RetrievalError where there is a store already, or files that are none of a store.
    """
    edge, shard = _engine(), folder / "edge"
    if edge_exists(folder):
        raise RetrievalError(str(folder), wanted="a folder without a store", got="a store in it")
    if shard.exists() and any(shard.iterdir()) and not (shard / "edge_config.json").exists():
        raise RetrievalError(str(shard), wanted="no such folder", got="one with other files in it")
    shutil.rmtree(shard, ignore_errors=True)
    shard.parent.mkdir(parents=True, exist_ok=True)
    dense = edge.EdgeVectorParams(size=info.dimensions or 1, distance=edge.Distance.Cosine)
    config = edge.EdgeConfig(
        vectors={"dense": dense} if info.dimensions else None,
        sparse_vectors={"bm25": edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=INDEX_ABOVE_KB),
    )
    made = _guarded(folder, lambda: edge.EdgeShard.create(str(shard), config))
    kinds = edge.PayloadSchemaType
    for field in ("doc", "section", "kind"):
        made.update(edge.UpdateOperation.create_field_index(field, kinds.Keyword))
    made.update(edge.UpdateOperation.create_field_index("date", kinds.Datetime))
    _write_info(folder, info)
    return EdgeStore(folder, info, made)


def open_edge(folder: Path, wait: float) -> EdgeStore:
    """Open a store; where another process holds it, try for ``wait`` seconds.

    Raises RetrievalError where there is none, where it is held, and where its files are damaged.
    """
    edge, info = _engine(), read_info(folder)
    path, until = str(folder / "edge"), time.monotonic() + wait
    while True:
        try:
            return EdgeStore(folder, info, _guarded(folder, lambda: edge.EdgeShard.load(path)))
        except StoreHeldError:
            if time.monotonic() >= until:
                raise
        time.sleep(0.05)


def read_info(folder: Path) -> StoreInfo:
    """Return what a store was made with, without opening it; RetrievalError where there is none."""
    path = folder / "store.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        info = StoreInfo(**data)
        dimensions = int(info.dimensions)
    except FileNotFoundError as error:
        raise RetrievalError(
            str(folder),
            wanted="a store of documents",
            got="no store.json in it",
            remedy=f"make one with 'graphtutor rag add FILE --store {folder}'",
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(folder, f"store.json: {error}") from error
    if dimensions < 0:
        raise _damaged(folder, f"store.json: dimensions {dimensions}")
    check_version(info, str(path))
    return info


class EdgeStore(RankedStore):
    """A store on a shard of Qdrant Edge."""

    def __init__(self, folder: Path, info: StoreInfo, shard: Any) -> None:
        """Take an open shard; use :func:`open_edge` or :func:`create_edge`."""
        super().__init__(str(folder), info)
        self._folder = folder
        self._shard = shard

    def set_average_length(self, average_length: float) -> None:
        """Keep a new mean length."""
        self._info = replace(self._info, average_length=average_length)
        _write_info(self._folder, self._info)

    def weigh(self, weights: Sequence[tuple[str, Sparse]]) -> None:
        """Replace the ``bm25`` vectors of chunks, by id; unknown ids are passed over."""
        edge = _engine()
        ids = [place for place, _ in weights]
        # The engine refuses the whole update for one id that it does not know.
        found = self._run(lambda: self._shard.retrieve(ids, False, False)) if ids else ()
        known = {str(record.id) for record in found}
        vectors = [
            edge.PointVectors(place, {"bm25": _sparse(edge, sparse)})
            for place, sparse in weights
            if place in known
        ]
        if vectors:
            self._update(edge.UpdateOperation.update_vectors(vectors))

    def delete(self, ids: Sequence[str]) -> None:
        """Remove chunks by id; unknown ids are passed over."""
        if ids:
            self._update(_engine().UpdateOperation.delete_points(list(ids)))

    def optimize(self) -> None:
        """Drop what was deleted, where that is much, and index vectors, see INDEX_ABOVE_KB."""
        self._run(self._shard.optimize)

    def close(self) -> None:
        """Write what is pending and let go of the files."""
        self._run(self._shard.flush)
        self._run(self._shard.close)

    def _put(self, points: Sequence[Point]) -> None:
        edge = _engine()
        self._update(edge.UpdateOperation.upsert_points([_point(edge, item) for item in points]))

    def _update(self, operation: Any) -> None:
        # The engine's log survives a killed process. To survive a lost machine it would have to be
        # flushed here, 0.2 s each time on a slow disk; close does it once.
        self._run(lambda: self._shard.update(operation))

    def _fetch(self, ids: Sequence[str]) -> dict[str, Chunk]:
        found = self._run(lambda: self._shard.retrieve(list(ids), True, False))
        return {str(record.id): chunk_of(self._name, record.payload) for record in found}

    def _scan(self, where: Filter) -> Iterator[Chunk]:
        edge, offset = _engine(), None
        while True:
            request = edge.ScrollRequest(
                offset=offset, limit=_PAGE, filter=_filter(edge, where), with_payload=True
            )
            page, offset = self._run(lambda request=request: self._shard.scroll(request))
            yield from (chunk_of(self._name, record.payload) for record in page)
            if offset is None:
                return

    def _count(self, where: Filter) -> int:
        edge = _engine()
        request = edge.CountRequest(exact=True, filter=_filter(edge, where))
        return int(self._run(lambda: self._shard.count(request)))

    def _rank_dense(self, vector: NDArray[np.float32], limit: int, where: Filter) -> Ranking:
        return self._query("dense", vector.tolist(), limit, where)

    def _rank_bm25(self, terms: Sparse, limit: int, where: Filter) -> Ranking:
        return self._query("bm25", _sparse(_engine(), terms), limit, where)

    def _query(self, using: str, vector: Any, limit: int, where: Filter) -> Ranking:
        edge = _engine()
        # An empty filter as the corpus: idf is reckoned over the chunks that are there. Without it
        # deleted and replaced ones count until the engine next tidies up.
        live = edge.SearchParams(idf=edge.IdfParams(corpus=edge.Filter()))
        request = edge.QueryRequest(
            limit=limit,
            query=edge.Query.Nearest(vector, using=using),
            filter=_filter(edge, where),
            params=live if using == "bm25" else None,
        )
        found = self._run(lambda: self._shard.query(request))
        return [(str(point.id), float(point.score)) for point in found]

    def _run(self, call: Callable[[], Any]) -> Any:
        return _guarded(self._folder, call)


def _engine() -> Any:
    try:
        import qdrant_edge
    except ImportError as error:
        raise RetrievalError(
            "store in a folder",
            wanted="the package qdrant-edge-py",
            got="none installed",
            remedy="pip install 'graphtutor[rag]'",
        ) from error
    return qdrant_edge


def _guarded(folder: Path, call: Callable[[], Any]) -> Any:
    """Call the engine; it raises plain Exception, or lets a panic through as BaseException."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        if "WouldBlock" in str(error):
            raise StoreHeldError(
                str(folder),
                wanted="the store to be free",
                got="another process that holds it",
                remedy="wait for it or end it; for several at once use a Qdrant server (--url)",
            ) from error
        raise _damaged(folder, str(error)) from error


def _damaged(folder: Path, reason: str) -> RetrievalError:
    return RetrievalError(
        str(folder),
        wanted="a store that can be read and written",
        got=re.sub(r"\s+", " ", reason)[:300],
        remedy="if the disk is not full, make the store anew from its documents",
    )


def _write_info(folder: Path, info: StoreInfo) -> None:
    write_text(folder / "store.json", json.dumps(asdict(info), indent=2) + "\n")


def _point(edge: Any, point: Point) -> Any:
    vectors: dict[str, Any] = {"bm25": _sparse(edge, point.sparse)}
    if point.dense is not None:
        vectors["dense"] = point.dense.tolist()
    return edge.Point(point.chunk.id, vectors, point.chunk.payload())


def _sparse(edge: Any, sparse: Sparse) -> Any:
    return edge.SparseVector(list(sparse.indices), list(sparse.values))


def _filter(edge: Any, where: Filter) -> Any:
    must: list[Any] = []
    for field, values in (("doc", where.docs), ("kind", where.kinds)):
        if values:
            must.append(edge.FieldCondition(field, match=edge.MatchAny(list(values))))
    if where.section:
        must.append(edge.FieldCondition("section", match=edge.MatchValue(where.section)))
    if where.since or where.until:
        days = edge.RangeDateTime(gte=where.since or None, lte=where.until or None)
        must.append(edge.FieldCondition("date", range=days))
    return edge.Filter(must=must) if must else None
