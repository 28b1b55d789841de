"""What turns text into vectors, as the rest of retrieval sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embedder", "Spans"]

Spans = Callable[[str], list[tuple[int, int]]]
"""Gives the character span of each token of a text, in order."""


class Embedder(Protocol):
    """An embedding model.

    ``name`` identifies it for good, weights included: a store made with one refuses another.
    ``window`` is how many tokens of a text it reads, special tokens not counted.
    """

    name: str
    dimensions: int
    window: int

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the character span of each token, special tokens not counted."""
        ...

    def embed(
        self, texts: Sequence[str], on_done: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return unit vectors, shape (texts, dimensions).

        ``on_done`` is told how many texts have been embedded since it was last called. Raises
        RetrievalError for a text longer than the window: nothing is ever cut silently.
        """
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, shape (dimensions,).

        Many models are trained with another prompt for questions than for passages. Raises
        RetrievalError for a question longer than the window.
        """
        ...
