"""The way from a question to an answer: search, rerank, the graph's chains, answer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from graphtutor.retrieval.answer import Answer, Answerer
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.found import Found
from graphtutor.retrieval.graph_source import Statements, graph_document
from graphtutor.retrieval.linking import Linker
from graphtutor.retrieval.rerank import Reranker
from graphtutor.retrieval.store import Hit

__all__ = ["CANDIDATES", "Asker", "GraphSource"]

CANDIDATES = 50
"""Hits that are reranked; what stands lower was found by neither words nor meaning."""


class GraphSource:
    """A graph that questions are answered from: its linker and its statements."""

    def __init__(self, linker: Linker, source: str) -> None:
        """Take the graph of ``linker``; ``source`` is the name or path that it was loaded by."""
        self.linker = linker
        self._statements = Statements(linker.graph, graph_document(linker.graph, source))

    def chains(self, question: str, without: Collection[str] = ()) -> tuple[tuple[Chunk, ...], ...]:
        """Return the chains that answer ``question``, as statements.

        A chain with a chunk of ``without`` is no chain any more.
        """
        found = (
            tuple(self._statements.chunk(edge) for edge in chain)
            for chain in self.linker.link(question).chains
        )
        return tuple(chain for chain in found if not any(chunk.id in without for chunk in chain))


@dataclass(frozen=True)
class Asker:
    """Everything that answers questions over one store.

    ``search`` takes a question and how many hits it may return. ``limit`` is how many of them,
    after ``reranker``, an answer may rest on.
    """

    search: Callable[[str, int], list[Hit]]
    reranker: Reranker
    answerer: Answerer
    graph: GraphSource | None = None
    limit: int = 8

    def ask(self, question: str) -> Answer:
        """Answer ``question``, or abstain."""
        return self.answerer.answer(self.find(question))

    def find(self, question: str, without: Collection[str] = ()) -> Found:
        """Retrieve for ``question``; chunks whose ids are in ``without`` are taken for missing."""
        wide = max(CANDIDATES, self.limit)
        hits = self.search(question, wide + len(without))
        hits = [hit for hit in hits if hit.chunk.id not in without][:wide]
        return Found(
            question,
            tuple(self.reranker.rerank(question, hits)[: self.limit]),
            self.graph.chains(question, without) if self.graph else (),
            self._notes(question),
        )

    def _notes(self, question: str) -> tuple[str, ...]:
        if not self.graph:
            return ()
        links = self.graph.linker.link(question)
        notes = [f'"{name}" is the name of several entities' for name in links.ambiguous]
        if links.more:
            notes.append(f"the graph has more such chains than the {len(links.chains)} told")
        return tuple(notes)
