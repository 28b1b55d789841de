"""Four chunks with vectors, and how tests make more."""

from dataclasses import replace
from typing import Any

import numpy as np

from graphtutor.retrieval import bm25
from graphtutor.retrieval.chunk import Chunk, chunk_id
from graphtutor.retrieval.store import Filter, Hit, Point, StoreInfo

INFO = StoreInfo("model", 4, 5.0)
ALL = Filter()


def chunk(doc: str, start: int, text: str, **more: Any) -> Chunk:
    end = start + len(text)
    made = Chunk(
        id=chunk_id(doc, start, end, text),
        doc=doc,
        title="T",
        section=(),
        page=None,
        start=start,
        end=end,
        text=text,
        sha256="",
    )
    return replace(made, **more)


def point(of: Chunk, *dense: float, mean: float = 5.0) -> Point:
    vector = np.array(dense, dtype=np.float32) if dense else None
    return Point(of, vector, bm25.document_terms(of.text, mean))


PUMP = chunk("a.md", 0, "the pump leaks", section=("Faults", "Pump"), date="2026-01-31", page=3)
VALVE = chunk("a.md", 20, "valve sticks, pump stops", section=("Faults", "Valve"))
MOTOR = chunk("b.md", 0, "the motor", date="2026-02-01")
FACT = chunk(
    "g", 0, "pump drives motor", kind="statement", entities=("p", "m"), edge=("p", "drives", "m")
)
POINTS = [
    point(PUMP, 1, 0, 0, 0),
    point(VALVE, 1, 1, 0, 0),
    point(MOTOR, 0, 0, 1, 0),
    point(FACT, 0, 0, 1, 1),
]


def vector(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float32)


def texts(hits: list[Hit]) -> list[str]:
    return [hit.chunk.text for hit in hits]
