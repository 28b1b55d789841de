"""What keeps a store a function of its documents when some of them go or come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Final

from graphtutor.retrieval.bm25 import document_terms, mean_length
from graphtutor.retrieval.catalogue import Catalogue, Entry, reconcile
from graphtutor.retrieval.store import Filter, VectorStore

__all__ = ["drop", "remove", "settle"]

_AT_ONCE: Final = 1000
"""Chunks that are weighed at once; bounds memory."""


def remove(store: VectorStore, catalogue: Catalogue, ids: Iterable[str]) -> None:
    """Remove documents by id, and leave the store as if they had never been in it."""
    reconcile(catalogue, store)
    for id in ids:
        drop(store, catalogue, id)
    settle(store, catalogue)


def drop(store: VectorStore, catalogue: Catalogue, id: str) -> None:
    """Remove one document; :func:`settle` is to follow."""
    known = catalogue.get(id) or Entry(id)
    catalogue.put(replace(known, sha256="", content=""))
    store.delete([chunk.id for chunk in store.chunks(Filter(docs=(id,)))])
    catalogue.drop(id)


def settle(store: VectorStore, catalogue: Catalogue) -> None:
    """Bring all BM25 weights to the mean length of what the store holds now.

    That this is under way is noted first: killed in between, it is all done again.
    """
    chunks, terms = catalogue.totals()
    average = mean_length(terms, chunks)
    if average == store.info.average_length and not catalogue.unsettled:
        return
    catalogue.unsettled = True
    store.set_average_length(average)
    weights = (
        (chunk.id, document_terms(chunk.indexed, average))
        for entry in catalogue.entries()
        for chunk in store.chunks(Filter(docs=(entry.id,)))
    )
    while some := list(islice(weights, _AT_ONCE)):
        store.weigh(some)
    catalogue.unsettled = False
