"""Vectors that have been paid for, kept in an SQLite file: the same text is never asked for twice.

A vector is stored as soon as it has come, so a kill loses at most the request under way. Several
processes may use one file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graphtutor.errors import RetrievalError
from graphtutor.io.digest import digest_of

__all__ = ["VectorCache", "vector_key"]

_WAIT = 60.0
"""Seconds to wait for another process that is writing."""
_AT_ONCE = 500
"""Keys of one query; SQLite bounds them."""


def vector_key(model: str, text: str) -> str:
    """Return the key of a text's vector; ``model`` identifies the model and who serves it."""
    return digest_of([model, text])


class VectorCache:
    """The vectors in one file, by :func:`vector_key`. The file is open only while it is used."""

    def __init__(self, path: Path) -> None:
        """Keep vectors at ``path``; it is made when the first one comes."""
        self.path = path

    def find(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return those vectors that are known."""
        if not self.path.exists():
            return {}
        found: dict[str, NDArray[np.float32]] = {}
        with self._open() as database:
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"
                for key, data in database.execute(query, some):
                    found[key] = np.frombuffer(data, dtype="<f4").astype(np.float32)
        return found

    def keep(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Add vectors; they are on the disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]
        with self._open() as database:
            database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        """Open the file, commit at the end; raises RetrievalError where that cannot be."""
        try:
            database = sqlite3.connect(self.path, timeout=_WAIT)
            try:
                with database:
                    database.execute(
                        "CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB)"
                    )
                    yield database
            finally:
                database.close()
        except sqlite3.Error as problem:
            raise RetrievalError(
                str(self.path),
                wanted="a file of embeddings that can be read and written",
                got=str(problem),
                remedy="remove it, or name another one in EMBEDDING_CACHE",
            ) from None
