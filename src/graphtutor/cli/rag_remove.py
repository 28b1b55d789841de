"""``graphtutor rag remove``: documents out of the store."""

from __future__ import annotations

from contextlib import closing
from fnmatch import fnmatchcase
from typing import Annotated

import typer

from graphtutor.cli.rag_store import (
    COLLECTION,
    STORE,
    Collection,
    Store,
    Url,
    place_of,
)
from graphtutor.errors import RetrievalError

__all__ = ["run"]


def run(
    patterns: Annotated[
        list[str],
        typer.Argument(metavar="ID_OR_GLOB", help="As 'graphtutor rag list' shows it: 'notes/*'."),
    ],
    store: Store = STORE,
    url: Url = "",
    collection: Collection = COLLECTION,
) -> None:
    """Remove documents by id or pattern, and say which went.

    The files stay. Adding the folder that holds them again brings them back.
    """
    from graphtutor.blueprint.diagram import visible
    from graphtutor.retrieval.catalogue import Catalogue, catalogue_file, reconcile
    from graphtutor.retrieval.settling import remove
    from graphtutor.retrieval.stores import open_store

    place = place_of(store, url, collection)
    from graphtutor.retrieval.assemble import info_of

    info_of(place)  # so that no catalogue is made where there is no store
    with Catalogue(catalogue_file(place)) as catalogue, closing(open_store(place)) as opened:
        reconcile(catalogue, opened)
        there = {entry.id: entry for entry in catalogue.entries()}
        matched = {pattern: _matching(pattern, list(there)) for pattern in patterns}
        for pattern, ids in matched.items():
            if not ids:
                raise RetrievalError(
                    str(place),
                    wanted="the id of a document, or a pattern that fits some",
                    got=repr(pattern),
                    remedy="see 'graphtutor rag list'; nothing was removed",
                )
        going = sorted({id for ids in matched.values() for id in ids})
        remove(opened, catalogue, going)
        chunks, _ = catalogue.totals()
    for id in going:
        typer.echo(f"removed: {visible(id)}, {there[id].chunks} chunks")
    typer.echo(f"{place}: {len(there) - len(going)} documents, {chunks} chunks")


def _matching(pattern: str, ids: list[str]) -> list[str]:
    """Return the id itself, for a file's name may hold the signs of a pattern, or what fits."""
    return [pattern] if pattern in ids else [id for id in ids if fnmatchcase(id, pattern)]
