"""``graphtutor rag add``: documents into the store."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphtutor.cli.rag_store import (
    COLLECTION,
    INSTALL,
    STORE,
    Collection,
    EmbedderName,
    Store,
    Url,
    place_of,
)
from graphtutor.errors import RetrievalError

if TYPE_CHECKING:
    from graphtutor.retrieval.embedder import Embedder
    from graphtutor.retrieval.ingest import Ingested
    from graphtutor.retrieval.loading import Skipped
    from graphtutor.retrieval.sources import Source
    from graphtutor.retrieval.stores import Place

__all__ = ["run"]

_LISTED = 20
"""Files of other kinds that are named one by one."""


def run(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Files, folders, or arxiv:ID with a network."),
    ] = None,
    graphs: Annotated[
        list[str] | None,
        typer.Option("--graph", metavar="GRAPH", help="A graph, as statements; repeatable."),
    ] = None,
    store: Store = STORE,
    url: Url = "",
    collection: Collection = COLLECTION,
    embedder: EmbedderName = "",
) -> None:
    """Add documents and graphs; what is there unchanged is passed over, what changed is replaced.

    What has vanished from a folder that is added again is removed. Killed in the middle, the same
    command goes on. Exit code: 0 where everything was read, 1 where something could not be, 2 for
    what stops the whole.
    """
    from graphtutor.cli.progress import RichWatch
    from graphtutor.retrieval.catalogue import Catalogue, catalogue_file
    from graphtutor.retrieval.ingest import ingest, open_for_adding

    place = place_of(store, url, collection)
    sources, skipped = _sources(paths or [], graphs or [], place)
    model = _embedder(place, embedder)
    watch, began = RichWatch(), time.monotonic()
    folders = [Path(path) for path in paths or []]
    with Catalogue(catalogue_file(place)) as catalogue:
        with (
            closing(open_for_adding(place, catalogue, model)) as opened,
            watch.bar("documents", len(sources)) as advance,
        ):
            done = ingest(opened, catalogue, model, sources, folders, advance)
        chunks, _ = catalogue.totals()
    # A file of another kind is worth a word; one that was named is worth an error.
    named = [entry for entry in skipped if entry.path in folders]
    failed = [*done.failed, *((str(entry.path), entry.reason) for entry in named)]
    _show(done, failed, [entry for entry in skipped if entry not in named])
    seconds = time.monotonic() - began
    rate = f", {done.written / seconds:.1f} a second" if done.written else ""
    typer.echo(f"{place}: {chunks} chunks, {done.written} written in {seconds:.1f} s{rate}")
    if failed:
        raise typer.Exit(1)


def _sources(
    paths: list[str], graphs: list[str], place: Place
) -> tuple[list[Source], list[Skipped]]:
    from graphtutor.retrieval.arxiv import arxiv_id
    from graphtutor.retrieval.sources import find_sources, graph_source, paper_source

    if not paths and not graphs:
        raise RetrievalError("rag add", wanted="files, folders, arxiv:ID or --graph", got="none")
    sources, skipped = find_sources([Path(path) for path in paths if not arxiv_id(path)])
    papers = place.folder / "papers"
    sources += [paper_source(path, papers) for path in paths if arxiv_id(path)]
    return [*sources, *map(graph_source, graphs)], skipped


def _embedder(place: Place, name: str) -> Embedder | None:
    """Load the store's own model, or for a new store the one that is wanted."""
    from graphtutor.retrieval.embeddings import (
        NONE,
        default_embedder,
        embedder_of,
        load_embedder,
    )
    from graphtutor.retrieval.stores import store_exists

    if store_exists(place):
        from graphtutor.retrieval.assemble import info_of

        return embedder_of(info_of(place), str(place), name)
    chosen = name or default_embedder()
    if not name and chosen == NONE:
        typer.echo(f"The store is for search by words (BM25) alone: {INSTALL}", err=True)
    return load_embedder(chosen)


def _show(done: Ingested, failed: list[tuple[str, str]], passed: list[Skipped]) -> None:
    from graphtutor.blueprint.diagram import visible

    for id in done.removed:
        typer.echo(f"removed: {visible(id)}")
    for id, note in done.notes:
        typer.echo(f"note: {visible(id)}: {visible(note)}")
    for entry in passed[:_LISTED]:
        typer.echo(f"passed over: {visible(str(entry.path))}: {visible(entry.reason)}")
    if len(passed) > _LISTED:
        typer.echo(f"passed over: {len(passed) - _LISTED} more")
    for id, reason in failed:
        typer.echo(f"not read: {visible(id)}: {visible(reason)}", err=True)
    typer.echo(
        f"{len(done.added)} added, {len(done.replaced)} replaced, {len(done.unchanged)} unchanged, "
        f"{len(done.removed)} removed, {len(failed)} not read"
    )
