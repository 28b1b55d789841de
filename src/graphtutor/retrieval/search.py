"""Search a store by a question: by meaning, by words, or by both."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.bm25 import query_terms
from graphtutor.retrieval.embedder import Embedder
from graphtutor.retrieval.store import Filter, Hit, VectorStore
from graphtutor.retrieval.stores import require_embedder

__all__ = ["CANDIDATES", "Mode", "Searcher", "embed_question"]

Mode = Literal["dense", "bm25", "hybrid"]

CANDIDATES = 100
"""How many of each half are fused, at least; what stands lower adds 1 / 160 at the most."""


class Searcher:
    """Searches one store in one way.

    ``mode`` is hybrid unless given, or bm25 where the store holds no vectors. ``bm25`` needs no
    ``embedder``. Raises RetrievalError for vectors that are not there, for an embedder that is
    missing or is not the one the store was made with.
    """

    def __init__(
        self, store: VectorStore, embedder: Embedder | None = None, mode: Mode | None = None
    ) -> None:
        """Settle the mode and check that the store and the embedder fit."""
        info = store.info
        self.mode: Mode = mode or ("hybrid" if info.embedder else "bm25")
        self.store = store
        self._embedder = embedder
        if self.mode == "bm25":
            return
        if not info.embedder:
            raise RetrievalError(
                f"search by {self.mode}",
                wanted="a store with vectors",
                got="one made for search by words (bm25) alone",
                remedy="search with mode bm25, or make a store with an embedding model",
            )
        require_embedder(info, embedder.name if embedder else "", f"search by {self.mode}")

    def search(self, question: str, limit: int = 10, where: Filter | None = None) -> list[Hit]:
        """Return the best chunks, best first; none for a question without words.

        ``bm25`` finds only chunks that share a term with the question.
        """
        where = where or Filter()
        if limit < 1 or not question.strip():
            return []
        terms = query_terms(question)
        if self.mode == "bm25" or self._embedder is None:
            return self.store.bm25(terms, limit, where)
        vector = embed_question(question, self._embedder)
        if self.mode == "dense":
            return self.store.dense(vector, limit, where)
        return self.store.hybrid(vector, terms, limit, where, max(CANDIDATES, limit))


def embed_question(question: str, embedder: Embedder) -> NDArray[np.float32]:
    """Return the unit vector of a question, shape (dimensions,).

    One that is longer than the embedder's window, such as a log that somebody pastes, is embedded
    in pieces, and the mean of their vectors taken: nothing of it is cut off.
    """
    ends = [end for _, end in embedder.spans(question)]
    if len(ends) <= embedder.window:
        return embedder.embed_query(question)
    # A piece that begins inside a word may take a few tokens more than that part of the whole.
    step = max(1, embedder.window * 3 // 4)
    borders = [0, *ends[step - 1 : -1 : step], len(question)]
    pieces = [question[start:end] for start, end in pairwise(borders)]
    mean = np.mean([embedder.embed_query(piece) for piece in pieces if piece.strip()], axis=0)
    return (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
