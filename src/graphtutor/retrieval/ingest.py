"""Ingest: documents into a store, each as often as it changes.

The store that results depends on the documents alone: not on the order in which they came, nor on
what was there before, nor on where a run was killed. For that, everything is compared with what the
store holds: chunks that are there as they should be stay, others are embedded and written, the rest
goes. A kill loses at most the batch under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from graphtutor.errors import GraphtutorError, RetrievalError
from graphtutor.io.digest import digest_of
from graphtutor.retrieval.bm25 import document_terms, length, mean_length
from graphtutor.retrieval.catalogue import Catalogue, Entry, chunks_digest, reconcile
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.chunking import word_spans
from graphtutor.retrieval.document import Document
from graphtutor.retrieval.embedder import Embedder
from graphtutor.retrieval.settling import drop, settle
from graphtutor.retrieval.sources import Cut, Source
from graphtutor.retrieval.store import Filter, Point, StoreInfo, VectorStore
from graphtutor.retrieval.stores import (
    Place,
    create_store,
    open_store,
    require_embedder,
    store_exists,
)

__all__ = ["Ingested", "ingest", "open_for_adding"]

Advance = Callable[[int, str], None]
"""Told how many documents are done since the last call, and a note."""

_MOST: Final = 240
"""Tokens of a chunk with its heading: what most models read well, and a person reads at once."""
_OVERLAP: Final = 40
_READING: Final = 1
"""To be raised when loaders or chunker give something else for the same file."""
_BATCH: Final = 128
"""Chunks that are embedded and written at once; bounds memory and what a kill costs."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of the documents, by id; ``failed`` with the reason, ``notes`` with the document.

    ``written`` counts the chunks that were embedded.
    """

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    written: int


def open_for_adding(place: Place, catalogue: Catalogue, embedder: Embedder | None) -> VectorStore:
    """Open a store, or make it. Raises RetrievalError where another embedder made it."""
    with catalogue.alone():  # of two processes that both find none, one makes it
        name, dimensions = (embedder.name, embedder.dimensions) if embedder else ("", 0)
        if not store_exists(place):
            return create_store(place, StoreInfo(name, dimensions, mean_length(0, 0)))
    store = open_store(place)
    try:
        require_embedder(store.info, name, str(place))
    except RetrievalError:
        store.close()
        raise
    return store


def ingest(
    store: VectorStore,
    catalogue: Catalogue,
    embedder: Embedder | None,
    sources: Sequence[Source],
    folders: Sequence[Path] = (),
    advance: Advance = lambda count, note: None,
) -> Ingested:
    """Make the store hold ``sources`` as they are now, whatever it held of them.

    What it holds of files at or below ``folders`` that are no longer there is removed. A document
    that cannot be read is named and the rest goes on; what the store held of it goes too, unless
    the file could not even be opened. Raises RetrievalError where the store fails, or the embedding
    model; the same call then goes on from there.
    """
    reconcile(catalogue, store)
    run = _Run(store, catalogue, embedder, advance)
    for source in sources:
        run.take(source)
    run.finish()
    gone = _gone(catalogue.entries(), sources, [folder.resolve() for folder in folders])
    for id in gone:
        drop(store, catalogue, id)
    settle(store, catalogue)
    store.optimize()
    return run.result(gone)


class _Run:
    """One ingest under way: documents are read one by one, their chunks written in batches."""

    def __init__(
        self,
        store: VectorStore,
        catalogue: Catalogue,
        embedder: Embedder | None,
        advance: Advance,
    ) -> None:
        self._store, self._catalogue = store, catalogue
        self._embedder, self._advance = embedder, advance
        self._cut = _cut_for(embedder)
        self._settings = digest_of(
            [_READING, self._cut.most, self._cut.overlap, embedder.name if embedder else "words"]
        )
        self._waiting: list[Chunk] = []
        self._open: list[tuple[int, Entry, list[str]]] = []
        self._taken = self._written = 0
        self._began_empty = store.count(Filter()) == 0
        self._outcome: dict[str, list[str]] = {"added": [], "replaced": [], "unchanged": []}
        self._failed: list[tuple[str, str]] = []
        self._notes: list[tuple[str, str]] = []

    def take(self, source: Source) -> None:
        """Compare a document with the store and queue what has to be written."""
        known = self._catalogue.get(source.id)
        try:
            digest = source.digest()
        except (OSError, GraphtutorError) as problem:
            return self._fail(source, problem)
        held = {chunk.id: chunk for chunk in self._store.chunks(Filter(docs=(source.id,)))}
        if known and self._same(known, digest, held.values()):
            if known.path != source.path:
                self._catalogue.put(replace(known, path=source.path))
            self._outcome["unchanged"].append(source.id)
            return self._advance(1, "")
        try:
            document, chunks = source.read(self._cut)
            self._check_window(chunks)
        except Exception as problem:  # a document can break any parser; the others go on
            if known:
                drop(self._store, self._catalogue, source.id)
            return self._fail(source, problem)
        entry = _entry(source, digest, self._settings, document, chunks)
        self._catalogue.put(replace(entry, sha256="", content=""))
        self._outcome["replaced" if known and known.content else "added"].append(source.id)
        self._notes += [(source.id, note) for note in document.notes]
        fresh = [chunk for chunk in chunks if held.get(chunk.id) != chunk]
        stale = sorted(held.keys() - {chunk.id for chunk in chunks})
        self._waiting += fresh
        self._taken += len(fresh)
        self._open.append((self._taken, entry, stale))
        while len(self._waiting) >= _BATCH:
            self._write()
        return None

    def finish(self) -> None:
        """Write what is queued."""
        while self._waiting or self._open:
            self._write()

    def result(self, removed: Sequence[str]) -> Ingested:
        """Return what became of the documents."""
        lists = {name: tuple(ids) for name, ids in self._outcome.items()}
        return Ingested(
            **lists,
            removed=tuple(removed),
            failed=tuple(self._failed),
            notes=tuple(self._notes),
            written=self._written,
        )

    def _same(self, known: Entry, digest: str, held: Iterable[Chunk]) -> bool:
        read = (known.sha256, known.settings) == (digest, self._settings)
        return read and known.content == chunks_digest(held)

    def _fail(self, source: Source, problem: Exception) -> None:
        said = " ".join(str(problem).split()) or type(problem).__name__
        said = said.removeprefix(f"{source.id}: ")
        if not isinstance(problem, GraphtutorError | OSError):
            said = f"cannot be read ({type(problem).__name__}: {said})"
        self._failed.append((source.id, said))
        self._advance(1, "")

    def _check_window(self, chunks: Sequence[Chunk]) -> None:
        """Refuse a document with a chunk that the model would not read to its end."""
        if self._embedder is None:
            return
        longest = max((len(self._cut.spans(chunk.indexed)) for chunk in chunks), default=0)
        if longest > self._embedder.window:
            raise RetrievalError(
                "its text",
                wanted=f"pieces of at most {self._embedder.window} tokens with their headings",
                got=f"one of {longest}",
                remedy="shorten the heading or the statement",
            )

    def _write(self) -> None:
        """Embed and write one batch, then close the documents that are whole with it."""
        batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
        if batch:
            if self._began_empty:
                # A good guess spares weighing everything anew at the end.
                lengths = sum(length(chunk.indexed) for chunk in batch)
                self._store.set_average_length(mean_length(lengths, len(batch)))
                self._began_empty = False
            self._store.upsert(self._points(batch))
            self._written += len(batch)
        while self._open and self._open[0][0] <= self._written:
            _, entry, stale = self._open.pop(0)
            self._store.delete(stale)
            self._catalogue.put(entry)
            self._advance(1, f"{self._written} chunks")

    def _points(self, batch: Sequence[Chunk]) -> list[Point]:
        average = self._store.info.average_length
        texts = [chunk.indexed for chunk in batch]
        sparse = [document_terms(text, average) for text in texts]
        if self._embedder is None:
            return [Point(c, None, s) for c, s in zip(batch, sparse, strict=True)]
        embedded = 0

        def on_done(count: int) -> None:
            nonlocal embedded
            embedded += count
            self._advance(0, f"{self._written + embedded} chunks")

        vectors = self._embedder.embed(texts, on_done)
        return [Point(c, v, s) for c, v, s in zip(batch, vectors, sparse, strict=True)]


def _cut_for(embedder: Embedder | None) -> Cut:
    if embedder is None:
        return Cut(word_spans, _MOST, _OVERLAP)
    most = min(_MOST, embedder.window)
    if most < 32:
        raise RetrievalError(
            f"embedding model {embedder.name}",
            wanted="a window of 32 tokens at least",
            got=str(embedder.window),
        )
    return Cut(embedder.spans, most, min(_OVERLAP, most // 4))


def _entry(
    source: Source, digest: str, settings: str, document: Document, chunks: Sequence[Chunk]
) -> Entry:
    return Entry(
        id=source.id,
        path=source.path,
        sha256=digest,
        settings=settings,
        title=document.title,
        kind=document.kind,
        date=document.date,
        pages=len(document.pages),
        chunks=len(chunks),
        terms=sum(length(chunk.indexed) for chunk in chunks),
        content=chunks_digest(chunks),
        notes=document.notes,
    )


def _gone(entries: Sequence[Entry], sources: Sequence[Source], roots: Sequence[Path]) -> list[str]:
    """Return the ids of what was added from below ``roots`` and is no longer there.

    A file that is now added under another id, through another spelling of its path, is not kept
    twice. One that cannot be looked at is kept: nobody knows what became of it.
    """
    present, files = {source.id for source in sources}, {source.path for source in sources}
    return [
        entry.id
        for entry in entries
        if entry.path and entry.id not in present
        if any(Path(entry.path).is_relative_to(root) for root in roots)
        if entry.path in files or _missing(Path(entry.path))
    ]


def _missing(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
