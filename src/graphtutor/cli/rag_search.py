"""``graphtutor rag search``: the passages that fit a question, without an answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated

import typer

from graphtutor.cli.rag_store import (
    COLLECTION,
    STORE,
    Collection,
    Docs,
    EmbedderName,
    SearchMode,
    Section,
    Since,
    Store,
    Until,
    Url,
    filter_of,
    open_searcher,
)

if TYPE_CHECKING:
    from rich.text import Text

    from graphtutor.retrieval.store import Hit

__all__ = ["run"]

_SNIPPET = 300
"""Characters that are shown of a passage."""


def run(
    question: Annotated[str, typer.Argument(help="A question, words, or an identifier.")],
    store: Store = STORE,
    url: Url = "",
    collection: Collection = COLLECTION,
    embedder: EmbedderName = "",
    mode: SearchMode = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Passages to show.")] = 10,
    docs: Docs = None,
    section: Section = "",
    since: Since = "",
    until: Until = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole passages.")] = False,
) -> None:
    """Show the passages that fit a question best, with their scores, headings and pages."""
    where = filter_of(docs, section, since, until)
    with open_searcher(store, url, collection, embedder, mode) as searcher:
        hits = searcher.search(question, limit, where)
    if as_json:
        rows = [
            {"rank": rank, "score": hit.score, **hit.chunk.payload()}
            for rank, hit in enumerate(hits, start=1)
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    if not hits:
        typer.echo("Nothing found.")
    _show(question, hits)


def _show(question: str, hits: list[Hit]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from graphtutor.blueprint.diagram import visible
    from graphtutor.retrieval.terms import term_ids

    wanted = {*term_ids(question)}
    console = Console(highlight=False)
    for rank, hit in enumerate(hits, start=1):
        chunk = hit.chunk
        page = f", page {chunk.page}" if chunk.page else ""
        place = f"{chunk.doc}{page}, characters {chunk.start}-{chunk.end}"
        head = Text(f"{rank}. {hit.score:.4f}  ")
        console.print(head.append(visible(chunk.heading or chunk.doc), style="bold"))
        for line in (Text(visible(place), style="dim"), snippet(visible(chunk.text), wanted)):
            console.print(Padding(line, (0, 0, 0, 3), expand=False))


def snippet(text: str, wanted: set[int]) -> Text:
    """Return the part of ``text`` with most of the ``wanted`` terms, and mark those in it."""
    from rich.text import Text

    from graphtutor.retrieval.terms import term_ids

    words = [(word.start(), word.end()) for word in re.finditer(r"[^\s]+", text)]
    marked = [(a, b) for a, b in words if wanted & {*term_ids(text[a:b])}]
    start = max(
        (a for a, _ in marked),
        key=lambda at: sum(at <= a < at + _SNIPPET for a, _ in marked),
        default=0,
    )
    # Whole words, with some before the first that is marked.
    start = next((a for a, _ in words if a >= start - _SNIPPET // 5), 0)
    end = max((b for _, b in words if b <= start + _SNIPPET), default=start + _SNIPPET)
    shown = Text("... " if start else "")
    at = start
    for a, b in marked:
        if start <= a and b <= end:
            shown.append(text[at:a]).append(text[a:b], style="bold yellow")
            at = b
    return shown.append(text[at:end]).append(" ..." if end < len(text) else "")
