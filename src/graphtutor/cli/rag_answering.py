"""What ``rag ask``, ``chat`` and ``eval`` have in common: their options, and how they answer.

The models of this command group are loaded here and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphtutor.errors import ConfigError

if TYPE_CHECKING:
    from graphtutor.retrieval.answer import Answerer
    from graphtutor.retrieval.answerable import Gate
    from graphtutor.retrieval.asking import Asker
    from graphtutor.retrieval.linking import Linker
    from graphtutor.retrieval.rerank import Reranker
    from graphtutor.retrieval.search import Searcher
    from graphtutor.retrieval.store import Filter

__all__ = [
    "Adapter",
    "Answering",
    "Backend",
    "GraphName",
    "Limit",
    "Model",
    "Rerank",
    "Server",
    "Tokens",
    "Window",
    "asker_over",
]

Model = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Let this model write the answer. Default: the sources' own sentences.",
    ),
]
Adapter = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Adapter for --model, as a training saved it.")
]
Backend = Annotated[
    str, typer.Option(help="Engine for --model: torch, mlx, unsloth or, with --server, openai.")
]
Server = Annotated[
    str | None,
    typer.Option(metavar="URL", help="OpenAI-compatible server that has --model, .../v1."),
]
Window = Annotated[
    int, typer.Option(min=256, help="Tokens that the model of --server reads and writes together.")
]
Tokens = Annotated[
    int, typer.Option("--max-new-tokens", min=8, help="Tokens of an answer that a model writes.")
]
Rerank = Annotated[
    str,
    typer.Option(
        metavar="HOW",
        help="none, words, graph, or the folder of a cross-encoder. "
        "Default: graph with --graph, else words.",
    ),
]
GraphName = Annotated[
    str | None,
    typer.Option(
        "--graph",
        metavar="GRAPH",
        help="A graph to answer from as well: bundled name, file or folder.",
    ),
]
Limit = Annotated[int, typer.Option(min=1, max=100, help="Chunks that an answer may rest on.")]

_BYTES_PER_TOKEN = 3
"""Few tokenizers make more of English prose; most have four bytes a token."""


@dataclass(frozen=True)
class Answering:
    """The options of one command, as they were given."""

    rerank: str
    graph: str | None
    limit: int
    model: str | None
    adapter: Path | None
    backend: str
    server: str | None
    window: int
    tokens: int

    def described(self) -> dict[str, str]:
        """Return the settings that an answer depends on, for a report."""
        return {
            "answers": self.model or "extractive",
            "adapter": str(self.adapter or "none"),
            "rerank": self.rerank or ("graph" if self.graph else "words"),
            "graph": self.graph or "none",
            "chunks an answer may rest on": str(self.limit),
        }


def asker_over(searcher: Searcher, where: Filter, options: Answering) -> Asker:
    """Return what answers from the store of ``searcher`` as ``options`` say.

    Raises ConfigError for options that contradict each other; errors of graph, model and server
    are theirs.
    """
    _refuse_contradictions(options)
    from graphtutor.retrieval.asking import GraphSource
    from graphtutor.retrieval.assemble import make_asker
    from graphtutor.retrieval.linking import Linker

    graph: GraphSource | None = None
    if options.graph:
        from graphtutor.graph.load import load_graph

        graph = GraphSource(Linker(load_graph(options.graph)), options.graph)
    return make_asker(
        searcher,
        where,
        graph,
        options.limit,
        reranker=_reranker(options.rerank, graph.linker if graph else None),
        answerer=lambda gate: _answerer(options, gate),
    )


def _refuse_contradictions(options: Answering) -> None:
    if options.rerank == "graph" and not options.graph:
        raise ConfigError(
            "--rerank graph", wanted="a graph", got="none", remedy="name one with --graph"
        )
    for name, given in (("--adapter", options.adapter), ("--server", options.server)):
        if given and not options.model:
            raise ConfigError(
                name, wanted="--model as well", got="none", remedy="name the model with --model"
            )


def _reranker(how: str, linker: Linker | None) -> Reranker:
    from graphtutor.retrieval.rerank import GraphReranker, NoReranker, WordReranker

    if how == "none":
        return NoReranker()
    if how in ("", "graph") and linker:
        return GraphReranker(linker)
    if how in ("", "words"):
        return WordReranker(linker)
    if os.sep not in how and not Path(how).exists():
        raise ConfigError(
            "--rerank", wanted="none, words, graph, or the folder of a cross-encoder", got=how
        )
    from graphtutor.retrieval.cross_encoder import CrossEncoderReranker

    return CrossEncoderReranker(Path(how))


def _answerer(options: Answering, gate: Gate) -> Answerer:
    if not options.model:
        from graphtutor.retrieval.extractive import ExtractiveAnswerer

        return ExtractiveAnswerer(gate)
    from graphtutor.backends.registry import get_backend
    from graphtutor.completion.completion import Sampling
    from graphtutor.config import ModelConfig
    from graphtutor.config.model import ServerConfig
    from graphtutor.retrieval.generative import GenerativeAnswerer

    backend = get_backend("openai" if options.server else options.backend)
    server = ServerConfig(urls=(options.server,) if options.server else (), window=options.window)
    settings = ModelConfig.model_validate(
        {"name": options.model, "backend": backend.name, "server": server}
    )
    model = backend.load(settings, options.adapter)

    def tokens_of(prompt: str) -> int:
        return len(model.encode(prompt, "").tokens)

    count: Callable[[str], int] = _estimated if options.server else tokens_of
    sampling = Sampling(max_new_tokens=options.tokens)
    return GenerativeAnswerer(model, count, model.window(), gate, sampling, gate.linker)


def _estimated(prompt: str) -> int:
    # A server does not tell how it counts; it refuses what is too long, with a clear message.
    return -(-len(prompt.encode()) // _BYTES_PER_TOKEN)
