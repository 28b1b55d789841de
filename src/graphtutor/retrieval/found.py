"""What was retrieved for a question: the hits, and the graph's chains as statements."""

from __future__ import annotations

from dataclasses import dataclass

from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.store import Hit

__all__ = ["Found"]


@dataclass(frozen=True, slots=True)
class Found:
    """``hits`` best first; each of ``chains`` statements in order of travel along the graph.

    ``notes`` says what the user should know of how the question was understood.
    """

    question: str
    hits: tuple[Hit, ...]
    chains: tuple[tuple[Chunk, ...], ...] = ()
    notes: tuple[str, ...] = ()
