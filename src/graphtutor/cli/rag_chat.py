"""``graphtutor rag chat``: questions one after another, each answered with its sources."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from graphtutor.cli.rag_answering import (
    Adapter,
    Answering,
    Backend,
    GraphName,
    Limit,
    Model,
    Rerank,
    Server,
    Tokens,
    Window,
    asker_over,
)
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
    from graphtutor.retrieval.asking import Asker

__all__ = ["run"]


def run(
    store: Store = STORE,
    url: Url = "",
    collection: Collection = COLLECTION,
    embedder: EmbedderName = "",
    mode: SearchMode = None,
    docs: Docs = None,
    section: Section = "",
    since: Since = "",
    until: Until = "",
    rerank: Rerank = "",
    graph: GraphName = None,
    limit: Limit = 8,
    model: Model = None,
    adapter: Adapter = None,
    backend: Backend = "torch",
    server: Server = None,
    window: Window = 8192,
    tokens: Tokens = 256,
) -> None:
    """Answer questions until /quit or the end of the input; /sources shows all that was found.

    A follow-up ("How is it fixed?") takes what it leaves out from the question before; then the
    question is shown as it was asked. Questions may be piped in, one a line.
    """
    options = Answering(rerank, graph, limit, model, adapter, backend, server, window, tokens)
    where = filter_of(docs, section, since, until)
    with open_searcher(store, url, collection, embedder, mode) as searcher:
        asker = asker_over(searcher, where, options)
        for line in _conversation(asker, _typed()):
            typer.echo(line)


def _typed() -> Iterator[str]:
    while True:
        if sys.stdin.isatty():
            typer.echo("> ", nl=False)
        line = sys.stdin.readline()
        if not line:
            return
        yield line.strip()


def _conversation(asker: Asker, lines: Iterator[str]) -> Iterator[str]:
    """Yield what is said to each of ``lines``."""
    from graphtutor.blueprint.diagram import visible
    from graphtutor.cli.rag_show import answer_lines, source_lines
    from graphtutor.retrieval.follow_up import with_context

    answer = None
    for line in lines:
        if line == "/quit":
            return
        if line == "/sources":
            sources = answer.sources if answer else ()
            yield from source_lines(sources) if sources else ["No sources yet."]
        elif line.startswith("/"):
            yield "Commands: /sources, /quit"
        elif line:
            previous = answer.question if answer else ""
            linker = asker.graph.linker if asker.graph else None
            question = with_context(line, previous, linker)
            if question != line:
                yield f"(asked: {visible(question)})"
            answer = asker.ask(question)
            yield from answer_lines(answer)
            yield ""
