"""What can be added to a store: files, papers of arXiv, and a user's own graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from graphtutor.graph.load import load_graph
from graphtutor.io.digest import digest_file
from graphtutor.retrieval.arxiv import arxiv_id, fetch_arxiv, load_arxiv
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.chunking import chunk_document
from graphtutor.retrieval.document import Document
from graphtutor.retrieval.embedder import Spans
from graphtutor.retrieval.graph_source import graph_document, statement_chunks
from graphtutor.retrieval.loading import Found, Skipped, find_documents, load_document

__all__ = ["Cut", "Source", "find_sources", "graph_source", "paper_source"]


@dataclass(frozen=True, slots=True)
class Cut:
    """How documents become chunks: of at most ``most`` tokens, ``overlap`` of them repeated."""

    spans: Spans
    most: int
    overlap: int


@dataclass(frozen=True, slots=True)
class Source:
    """A document that can be read.

    ``path`` is its file, absolute, or empty. ``digest`` is cheap and tells whether ``read`` would
    give the same again; both raise OSError or GraphtutorError.
    """

    id: str
    path: str
    digest: Callable[[], str]
    read: Callable[[Cut], tuple[Document, list[Chunk]]]


def find_sources(paths: Sequence[Path]) -> tuple[list[Source], list[Skipped]]:
    """Return the documents at and below ``paths``, each file once, and what is none."""
    sources: dict[str, Source] = {}
    skipped: list[Skipped] = []
    for found in find_documents(paths):
        if isinstance(found, Found):
            path = str(found.path.resolve())
            read = partial(_read_file, found.path, found.id)
            sources.setdefault(path, Source(found.id, path, partial(digest_file, found.path), read))
        else:
            skipped.append(found)
    return list(sources.values()), skipped


def graph_source(name: str) -> Source:
    """Return a graph, by its path or as a bundled one, as a document of statements.

    Raises GraphError where it cannot be read.
    """
    graph = load_graph(name)
    document = graph_document(graph, name)
    path = str(Path(name).resolve()) if Path(name).exists() else ""
    return Source(
        document.id,
        path,
        lambda: document.sha256,
        lambda _: (document, statement_chunks(graph, document)),
    )


def paper_source(name: str, folder: Path) -> Source:
    """Return a paper of arXiv, ``arxiv:ID``, that is loaded into ``folder`` when it is looked at.

    That needs a network the first time.
    """
    return Source(
        f"arxiv:{arxiv_id(name)}",
        "",
        lambda: digest_file(fetch_arxiv(name, folder).path),
        lambda cut: _chunked(load_arxiv(fetch_arxiv(name, folder)), cut),
    )


def _read_file(path: Path, id: str, cut: Cut) -> tuple[Document, list[Chunk]]:
    return _chunked(load_document(path, id), cut)


def _chunked(document: Document, cut: Cut) -> tuple[Document, list[Chunk]]:
    return document, chunk_document(document, cut.spans, cut.most, cut.overlap)
