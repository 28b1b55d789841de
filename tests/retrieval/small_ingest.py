"""An ingest small enough to be killed at every step; run as a program it kills itself.

    python small_ingest.py FOLDER STORE STEP

adds FOLDER to STORE and sends itself SIGKILL before its STEP-th change to store or catalogue.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from graphtutor.retrieval import ingest as ingest_module
from graphtutor.retrieval.catalogue import Catalogue, catalogue_file
from graphtutor.retrieval.chunking import word_spans
from graphtutor.retrieval.ingest import Ingested, ingest, open_for_adding
from graphtutor.retrieval.sources import find_sources
from graphtutor.retrieval.store import VectorStore
from graphtutor.retrieval.stores import Place

CHANGES = ("upsert", "delete", "weigh", "set_average_length", "put", "drop")


class HashEmbedder:
    """Vectors drawn from digests: as different as real ones, and made at once."""

    name, dimensions, window = "hash@1", 8, 60

    def __init__(self) -> None:
        self.texts: list[str] = []

    def spans(self, text: str) -> list[tuple[int, int]]:
        return word_spans(text)

    def embed_query(self, text: str) -> Any:
        return self.embed([text])[0]

    def embed(self, texts: Sequence[str], on_done: Callable[[int], None] | None = None) -> Any:
        assert all(len(word_spans(text)) <= self.window for text in texts)
        self.texts += texts
        rows = []
        for text in texts:
            seed = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
            row = np.random.default_rng(seed).normal(size=8).astype(np.float32)
            rows.append(row / np.linalg.norm(row))
        if on_done:
            on_done(len(texts))
        return np.stack(rows) if rows else np.empty((0, 8), np.float32)


@contextmanager
def opened(store: Path, embedder: Any) -> Iterator[tuple[VectorStore, Catalogue]]:
    """Open store and catalogue for adding."""
    place = Place(store)
    with (
        Catalogue(catalogue_file(place)) as catalogue,
        closing(open_for_adding(place, catalogue, embedder)) as held,
    ):
        yield held, catalogue


def add(folder: Path, store: Path, embedder: Any = None) -> Ingested:
    """Add a folder, four chunks at a time."""
    ingest_module._BATCH = 4
    model = embedder or HashEmbedder()
    sources, _ = find_sources([folder])
    with opened(store, model) as (held, catalogue):
        return ingest(held, catalogue, model, sources, [folder])


def kill_before(step: int) -> None:
    """Arrange for SIGKILL before the ``step``-th change."""
    from graphtutor.retrieval.store_edge import EdgeStore

    done = 0

    def counted(change: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any) -> Any:
            nonlocal done
            done += 1
            if done == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments)

        return wrapper

    for owner in (EdgeStore, Catalogue):
        for name in CHANGES:
            if hasattr(owner, name):
                setattr(owner, name, counted(getattr(owner, name)))


if __name__ == "__main__":
    os.chdir(Path(sys.argv[1]).parent)
    kill_before(int(sys.argv[3]))
    add(Path(Path(sys.argv[1]).name), Path(sys.argv[2]))
