"""Chunks and questions that are made up, the same ones each time; for retrieval_100k.py."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import numpy as np

from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.store import Point, Sparse

WORDS, CENTRES, SIZE, A_DOCUMENT, BATCH = 50_000, 500, 384, 20, 500
Question = tuple[str, np.ndarray, str]


def corpus(count: int) -> Iterator[list[Point]]:
    """Yield the points in batches; the same ones each time."""
    draw = np.random.default_rng(7)
    words = vocabulary(draw)
    chance = 1 / np.arange(10, WORDS + 10) ** 1.05
    chance /= chance.sum()
    centres = draw.normal(size=(CENTRES, SIZE))
    for start in range(0, count, BATCH):
        lengths = np.clip(draw.lognormal(4.9, 0.4, BATCH), 20, 400).astype(int)
        near = centres[draw.integers(CENTRES, size=BATCH)] + draw.normal(size=(BATCH, SIZE))
        vectors = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
        picked = np.split(draw.choice(WORDS, size=lengths.sum(), p=chance), lengths.cumsum()[:-1])
        yield [
            point(start + i, " ".join(words[word] for word in row.tolist()), vectors[i])
            for i, row in enumerate(picked)
        ]


def vocabulary(draw: np.random.Generator) -> list[str]:
    """Make up words of two to four syllables."""
    syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
    made: dict[str, None] = {}
    while len(made) < WORDS:
        picked = draw.integers(len(syllables), size=draw.integers(2, 5))
        made["".join(syllables[i] for i in picked)] = None
    return list(made)


def point(place: int, text: str, vector: np.ndarray) -> Point:
    """Make a chunk at ``place``; its terms are weighed later, under the clock."""
    chunk = Chunk(
        id=str(uuid.UUID(int=place + 1)),
        doc=f"doc{place // A_DOCUMENT}.md",
        title=f"Document {place // A_DOCUMENT}",
        section=("Part", f"Section {place % 7}"),
        page=None,
        start=place,
        end=place + len(text),
        text=text,
        sha256="0" * 64,
        date=f"2026-{1 + place % 12:02}-01",
    )
    return Point(chunk, vector, Sparse((), ()))


def question(of: Point) -> Question:
    """Return words of a chunk, a vector near its own, and its document."""
    place = uuid.UUID(of.chunk.id).int
    draw = np.random.default_rng(place)
    words = draw.choice(of.chunk.text.split(), size=6).tolist()
    vector = np.zeros(SIZE) if of.dense is None else of.dense
    near = vector + draw.normal(size=SIZE) / SIZE**0.5
    return " ".join(words), near.astype(np.float32), of.chunk.doc
