"""``graphtutor rag list``: what a store holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from graphtutor.cli.rag_store import (
    COLLECTION,
    STORE,
    Collection,
    Store,
    Url,
    place_of,
)

if TYPE_CHECKING:
    from graphtutor.retrieval.catalogue import Entry

__all__ = ["run"]


def run(
    store: Store = STORE,
    url: Url = "",
    collection: Collection = COLLECTION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the documents with their kind, chunks, pages, date, and what could not be read."""
    from graphtutor.retrieval.assemble import entries_of, info_of

    place = place_of(store, url, collection)
    info = info_of(place)
    entries = entries_of(place)
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in entries], indent=2))
        return
    _show(entries)
    typer.echo(
        f"{place}: {len(entries)} documents, {sum(entry.chunks for entry in entries)} chunks, "
        f"embedding model {info.embedder or 'none (BM25 alone)'}"
    )


def _show(entries: list[Entry]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from graphtutor.blueprint.diagram import visible

    table = Table(box=box.SIMPLE)
    table.add_column("document", overflow="fold")
    for name in ("kind", "chunks", "pages", "date"):
        table.add_column(name, justify="right", no_wrap=True)
    for entry in entries:
        cell = Text(visible(entry.id))
        for line in (entry.title, *entry.notes):
            if line:
                cell.append(f"\n  {visible(line)}", style="dim")
        row = [entry.kind or "?", str(entry.chunks), str(entry.pages or ""), visible(entry.date)]
        table.add_row(cell, *(Text(part) for part in row))
    Console(highlight=False).print(table)
