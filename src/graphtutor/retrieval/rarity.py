"""How rare a term is in a store, asked of the store itself with one search a term.

The best chunk for one term alone scores its inverse document frequency times the term's weight in
that chunk; that weight can be computed, so the frequency follows. It costs a search and no pass
over the chunks, on every engine.
"""

from __future__ import annotations

from graphtutor.retrieval.bm25 import document_terms, idf
from graphtutor.retrieval.store import Filter, Sparse, VectorStore
from graphtutor.retrieval.terms import term_id

__all__ = ["Rarity"]


class Rarity:
    """The inverse document frequencies of one store's terms, as of when each is first asked."""

    def __init__(self, store: VectorStore) -> None:
        """Ask ``store``."""
        self._store = store
        self._known: dict[str, float] = {}

    def __call__(self, term: str) -> float:
        """Return ln(1 + (N - n + 0.5) / (n + 0.5)) for a term that n of N chunks hold.

        A term that no chunk holds counts as if one did: the rarest that can be found.
        """
        if term not in self._known:
            self._known[term] = self._look_up(term)
        return self._known[term]

    def _look_up(self, term: str) -> float:
        alone = Sparse((term_id(term),), (1.0,))
        hits = self._store.bm25(alone, 1, Filter())
        if not hits:
            return idf(self._store.count(Filter()), 1)
        found = document_terms(hits[0].chunk.indexed, self._store.info.average_length)
        weight = dict(zip(found.indices, found.values, strict=True))[term_id(term)]
        return hits[0].score / weight
