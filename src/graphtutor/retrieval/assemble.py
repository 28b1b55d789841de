"""Puts together what answers over a store: for the commands and for the web app alike."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from graphtutor.retrieval.answer import Answerer
from graphtutor.retrieval.answerable import Gate
from graphtutor.retrieval.asking import Asker, GraphSource
from graphtutor.retrieval.catalogue import Catalogue, Entry, catalogue_file, reconcile
from graphtutor.retrieval.extractive import ExtractiveAnswerer
from graphtutor.retrieval.rarity import Rarity
from graphtutor.retrieval.rerank import GraphReranker, Reranker, WordReranker
from graphtutor.retrieval.search import Searcher
from graphtutor.retrieval.store import Filter, StoreInfo
from graphtutor.retrieval.stores import Place, open_store

__all__ = ["entries_of", "info_of", "make_asker"]


def make_asker(
    searcher: Searcher,
    where: Filter,
    graph: GraphSource | None = None,
    limit: int = 8,
    *,
    reranker: Reranker | None = None,
    answerer: Callable[[Gate], Answerer] = ExtractiveAnswerer,
) -> Asker:
    """Return what answers from the store of ``searcher``, and from ``graph`` if there is one.

    Without a ``reranker`` hits are reranked by words, with a graph also by what lies between the
    question's entities; without an ``answerer`` the sources' own sentences are quoted.
    """
    linker = graph.linker if graph else None
    return Asker(
        search=lambda question, most: searcher.search(question, most, where),
        reranker=reranker or (GraphReranker(linker) if linker else WordReranker()),
        answerer=answerer(Gate(Rarity(searcher.store), linker)),
        graph=graph,
        limit=limit,
    )


def info_of(place: Place) -> StoreInfo:
    """Return what a store was made with, without holding it. Raises RetrievalError."""
    if not place.url:
        from graphtutor.retrieval.store_edge import read_info

        return read_info(place.folder)
    with closing(open_store(place)) as store:
        return store.info


def entries_of(place: Place, wait: float = 10.0) -> list[Entry]:
    """Return the documents of a store in the order of their ids, from its catalogue.

    The store itself is asked, for at most ``wait`` seconds where another process holds it, if the
    catalogue is lost, and if another machine may have written to it. Raises RetrievalError.
    """
    with Catalogue(catalogue_file(place)) as catalogue:
        entries = catalogue.entries()
        if entries and not place.url:
            return entries
        with closing(open_store(place, wait)) as opened:
            reconcile(catalogue, opened)
        return catalogue.entries()
