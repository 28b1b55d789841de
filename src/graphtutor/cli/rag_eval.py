"""``graphtutor rag eval``: how good the answers are, on questions with gold passages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    EmbedderName,
    SearchMode,
    Store,
    Url,
    open_searcher,
)

if TYPE_CHECKING:
    from rich.table import Table

    from graphtutor.retrieval.evaluate import AnswerReport

__all__ = ["run"]


def run(
    questions: Annotated[
        Path, typer.Argument(metavar="QUESTIONS", help="JSONL file of questions with gold.")
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where answers.json and answers.md are written.")
    ] = Path("data/rag-eval"),
    store: Store = STORE,
    url: Url = "",
    collection: Collection = COLLECTION,
    embedder: EmbedderName = "",
    mode: SearchMode = None,
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
    """Measure retrieval, citations, right answers and abstention, with n and 95 % intervals.

    Questions that have an answer are asked again with their gold passages taken away.
    """
    from graphtutor.errors import RetrievalError
    from graphtutor.io.atomic import write_text
    from graphtutor.io.digest import digest_file
    from graphtutor.io.jsonl import read_jsonl
    from graphtutor.retrieval.evaluate import evaluate_answers
    from graphtutor.retrieval.evaluation_page import markdown
    from graphtutor.retrieval.gold import GoldQuestion
    from graphtutor.retrieval.store import Filter

    rows = read_jsonl(questions, GoldQuestion, RetrievalError)
    options = Answering(rerank, graph, limit, model, adapter, backend, server, window, tokens)
    with open_searcher(store, url, collection, embedder, mode) as searcher:
        asker = asker_over(searcher, Filter(), options)
        chunks = [*searcher.store.chunks(Filter())]
        settings = {
            "questions": f"{questions.name}, sha256 {digest_file(questions)[:16]}",
            "chunks in the store": str(len(chunks)),
            "search": searcher.mode,
            "embedding model": searcher.store.info.embedder or "none",
            **options.described(),
        }
        report = evaluate_answers(asker, rows, chunks, settings)
    write_text(out / "answers.json", report.model_dump_json(indent=1) + "\n")
    write_text(out / "answers.md", markdown(report))
    from rich.console import Console

    Console().print(_table(report))
    typer.echo(f"report {out / 'answers.md'}")


def _table(report: AnswerReport) -> Table:
    from rich import box
    from rich.table import Table

    from graphtutor.retrieval.evaluation_page import percent

    table = Table(title=f"{report.questions} questions", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("measure")
    table.add_column("% (95 % interval)", justify="right")
    for name, rate in report.rates.items():
        table.add_row(name.replace("_", " "), percent(rate))
    for name, mean in report.means.items():
        table.add_row(name, f"{mean.mean:.3f} ({mean.low:.3f}-{mean.high:.3f}), n = {mean.n}")
    return table
