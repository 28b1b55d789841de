"""The catalogue: which file became which document of a store, so that ingest need not read it anew.

It is a memo beside the store, in SQLite. What is true is what the store holds: where the two
differ, :func:`reconcile` lets the store win, so that a lost catalogue costs time and nothing else.
Each change is on the disk when the call returns.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from graphtutor.errors import RetrievalError
from graphtutor.io.digest import digest_of
from graphtutor.retrieval.bm25 import length
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.store import Filter, VectorStore
from graphtutor.retrieval.stores import Place

__all__ = ["Catalogue", "Entry", "catalogue_file", "chunks_digest", "reconcile"]

_WAIT: Final = 10.0
"""Seconds to wait for another process."""
_UNSETTLED: Final = "unsettled"


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a store.

    ``path`` is the file, absolute, or empty where it is not known. ``sha256`` is of its bytes and
    ``settings`` of how it was read and cut, both empty where that is not known. ``content`` is
    :func:`chunks_digest` of its chunks, empty while they are being written. ``terms`` is the sum of
    their lengths for BM25.
    """

    id: str
    path: str = ""
    sha256: str = ""
    settings: str = ""
    title: str = ""
    kind: str = ""
    date: str = ""
    pages: int = 0
    chunks: int = 0
    terms: int = 0
    content: str = ""
    notes: tuple[str, ...] = ()


def chunks_digest(chunks: Iterable[Chunk]) -> str:
    """Return one digest of which chunks there are, whatever their order."""
    return digest_of(sorted(chunk.id for chunk in chunks))


def catalogue_file(place: Place) -> Path:
    """Return where the catalogue of a store lies: in its folder, also for a server's store."""
    if not place.url:
        return place.folder / "catalogue.sqlite"
    return place.folder / f"catalogue-{digest_of([place.url, place.collection])[:12]}.sqlite"


class Catalogue:
    """The entries in one file; use it as a context manager. Raises RetrievalError."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._guarded():
            self._database = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
        try:
            with self._guarded():
                # A kill loses nothing so; a loss of power the last lines, which are then redone.
                self._database.execute("PRAGMA journal_mode=WAL")
                self._database.execute("PRAGMA synchronous=NORMAL")
                columns = ", ".join(field.name for field in fields(Entry))
                self._database.execute(
                    f"CREATE TABLE IF NOT EXISTS documents ({columns}, PRIMARY KEY (id))"
                )
                self._database.execute("CREATE TABLE IF NOT EXISTS state (name PRIMARY KEY)")
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> Catalogue:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._database.close()

    def entries(self) -> list[Entry]:
        """Return all entries in the order of their ids."""
        with self._guarded():
            rows = self._database.execute("SELECT * FROM documents ORDER BY id").fetchall()
            return [_entry(row) for row in rows]

    def get(self, id: str) -> Entry | None:
        """Return the entry of a document, None where there is none."""
        with self._guarded():
            query = "SELECT * FROM documents WHERE id = ?"
            row = self._database.execute(query, (id,)).fetchone()
            return _entry(row) if row else None

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace that of the same document."""
        row = [*astuple(entry)[:-1], json.dumps(entry.notes)]
        marks = ", ".join("?" * len(row))
        with self._guarded():
            self._database.execute(f"INSERT OR REPLACE INTO documents VALUES ({marks})", row)

    def drop(self, id: str) -> None:
        """Remove an entry; an unknown one is passed over."""
        with self._guarded():
            self._database.execute("DELETE FROM documents WHERE id = ?", (id,))

    def totals(self) -> tuple[int, int]:
        """Return how many chunks there are, and the sum of their lengths in terms."""
        with self._guarded():
            query = "SELECT COALESCE(SUM(chunks), 0), COALESCE(SUM(terms), 0) FROM documents"
            chunks, terms = self._database.execute(query).fetchone()
            return int(chunks), int(terms)

    @property
    def unsettled(self) -> bool:
        """Whether the store's BM25 weights may be of more than one average length."""
        with self._guarded():
            query = "SELECT COUNT(*) FROM state WHERE name = ?"
            return bool(self._database.execute(query, (_UNSETTLED,)).fetchone()[0])

    @unsettled.setter
    def unsettled(self, value: bool) -> None:
        change = "INSERT OR IGNORE INTO state VALUES (?)"
        with self._guarded():
            self._database.execute(
                change if value else "DELETE FROM state WHERE name = ?", (_UNSETTLED,)
            )

    @contextmanager
    def alone(self) -> Generator[None]:
        """Keep other processes from writing here while the context is open; they wait."""
        with self._guarded():
            self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            with self._guarded():
                self._database.execute("COMMIT")

    @contextmanager
    def _guarded(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError) as problem:
            raise RetrievalError(
                str(self.path),
                wanted="the catalogue of a store",
                got=str(problem),
                remedy="end what else is adding there; or remove this file, and it is made anew",
            ) from None


def reconcile(catalogue: Catalogue, store: VectorStore) -> None:
    """Make the catalogue name the documents that the store holds.

    A document that differs keeps its path and loses the rest: it will be read anew. Nothing is done
    where the counts agree and no document was under way.
    """
    entries = {entry.id: entry for entry in catalogue.entries()}
    whole = all(entry.content for entry in entries.values())
    if whole and catalogue.totals()[0] == store.count(Filter()):
        return
    if not entries:
        catalogue.unsettled = True  # what its weights are, nobody remembers
    for id, group in groupby(store.chunks(Filter()), key=lambda chunk: chunk.doc):
        chunks = list(group)
        known, content = entries.pop(id, Entry(id)), chunks_digest(chunks)
        if known.content != content:
            catalogue.put(_from_store(known, chunks, content))
    for entry in entries.values():
        if entry.chunks or not entry.content:
            catalogue.drop(entry.id)


def _from_store(known: Entry, chunks: list[Chunk], content: str) -> Entry:
    return Entry(
        known.id,
        known.path,
        title=chunks[0].title,
        kind="graph" if chunks[0].kind == "statement" else known.kind,
        date=chunks[0].date,
        chunks=len(chunks),
        terms=sum(length(chunk.indexed) for chunk in chunks),
        content=content,
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(*row[:-1], notes=tuple(json.loads(row[-1])))
