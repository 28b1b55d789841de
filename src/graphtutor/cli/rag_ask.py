"""``graphtutor rag ask``: one question, one answer with its sources."""

from __future__ import annotations

import json
from typing import Annotated

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

__all__ = ["run"]


def run(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In quotation marks.")],
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
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Answer a question from the store, each sentence with its sources, or say that it cannot.

    Without --model the answer is made of the sources' own sentences. What a model writes is checked
    against what it cites; a sentence without support is marked.
    """
    from graphtutor.cli.rag_show import answer_lines

    options = Answering(rerank, graph, limit, model, adapter, backend, server, window, tokens)
    where = filter_of(docs, section, since, until)
    with open_searcher(store, url, collection, embedder, mode) as searcher:
        asker = asker_over(searcher, where, options)
        answer = asker.ask(question)
    if as_json:
        # Escaped, so that no character of a document reaches the terminal as a command.
        typer.echo(json.dumps(answer.to_json(), indent=1, ensure_ascii=True))
    else:
        typer.echo("\n".join(answer_lines(answer)))
