"""The facts that a question is asked with, and what they say by themselves, without a model.

- *closed*: none;
- *words*: the statements of the graph that BM25 finds by the words of the question;
- *graph*: those of the chains that the graph's linker reads out of the question, then those that
  BM25 finds, in the order of the graph reranker: what ``graphtutor rag ask --graph`` finds;
- *gold*: the facts of the gold chain, and no others.

Retrieval sees the question, neither its options nor its answer. The facts of every source stand in
the prompt in the layout and shuffled order of :func:`graphtutor.tasks.variants.with_facts`, so that
nothing differs but which facts they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, GraphFile
from graphtutor.retrieval.asking import CANDIDATES, GraphSource
from graphtutor.retrieval.bm25 import document_terms, length, mean_length
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.graph_source import graph_document, statement_chunks
from graphtutor.retrieval.linking import Linker
from graphtutor.retrieval.rerank import GraphReranker
from graphtutor.retrieval.search import Searcher
from graphtutor.retrieval.store import Point, StoreInfo
from graphtutor.retrieval.store_exact import ExactStore
from graphtutor.tasks.prompt import completion_text
from graphtutor.tasks.task import LETTERS, PathEdge, Task
from graphtutor.tasks.variants import with_facts
from graphtutor.tasks.wording import phrase_of, trace

__all__ = ["SOURCES", "STATEMENTS", "asked_with", "choice", "facts_found"]

SOURCES: Final = ("closed", "words", "graph", "gold")

STATEMENTS: Final = 8
"""Statements retrieved: what ``graphtutor rag ask`` rests an answer on unless told otherwise."""

Facts = tuple[PathEdge, ...]


def facts_found(graph: KnowledgeGraph, tasks: Sequence[Task]) -> dict[str, list[Facts]]:
    """Return the facts of each of :data:`SOURCES` for each task, best first."""
    searcher, linker = _searcher(graph), Linker(graph)
    reranker, chains = GraphReranker(linker), GraphSource(linker, graph.domain)

    def by_words(question: str) -> list[Chunk]:
        return [hit.chunk for hit in searcher.search(question, STATEMENTS)]

    def by_graph(question: str) -> list[Chunk]:
        told = [chunk for chain in chains.chains(question) for chunk in chain]
        hits = reranker.rerank(question, searcher.search(question, CANDIDATES))
        return [*told, *(hit.chunk for hit in hits)]

    ways: Mapping[str, Callable[[str], list[Chunk]]] = {"words": by_words, "graph": by_graph}
    return {
        "closed": [() for _ in tasks],
        **{
            source: [_facts(way(task.question)) for task in tasks] for source, way in ways.items()
        },
        "gold": [task.path_star.edges for task in tasks],
    }


def _searcher(graph: KnowledgeGraph) -> Searcher:
    chunks = statement_chunks(graph, graph_document(graph, graph.domain))
    average = mean_length(sum(length(chunk.indexed) for chunk in chunks), len(chunks))
    store = ExactStore(StoreInfo(embedder="", dimensions=0, average_length=average))
    store.upsert([Point(c, None, document_terms(c.indexed, average)) for c in chunks])
    return Searcher(store)


def _facts(chunks: Sequence[Chunk]) -> Facts:
    edges = dict.fromkeys(chunk.edge for chunk in chunks if chunk.edge)
    return tuple(PathEdge(src=s, rel=r, dst=d) for s, r, d in [*edges][:STATEMENTS])


def asked_with(task: Task, facts: Facts, graph: KnowledgeGraph) -> Task:
    """Return ``task`` with ``facts`` before its question; as it is, if there are none."""
    if not facts:
        return task
    path = task.path_star.model_copy(update={"edges": facts})
    told = with_facts(task.model_copy(update={"path_star": path}), graph)
    return task.model_copy(update={"prompt": told.prompt})


def choice(task: Task, facts: Facts, graph: KnowledgeGraph) -> str:
    """Answer from ``facts`` alone: the one option that a chain of them as asked for ends in.

    The chain is read out of the question by the linker, as if the facts were the whole graph.
    Abstains, which is no valid answer, where it ends in no option or in several.
    """
    known = _graph_of(facts, graph)
    ends = {
        known.entities[int(known.edge_target[chain[-1]])].id: chain
        for chain in reversed(Linker(known).link(task.question).chains)
    }
    options = zip(LETTERS, task.options.names(), strict=True)
    reached = [(letter, name) for letter, name in options if name in ends]
    if len(reached) != 1:
        return f"Abstained: the statements lead to {len(reached)} of the options."
    letter, end = reached[0]
    chain = ends[end]
    names = [known.entities[int(known.edge_source[edge])].id for edge in chain]
    phrases = [phrase_of(known.relations[int(known.edge_relation[edge])]) for edge in chain]
    return completion_text(trace([*names, end], phrases), letter)


def _graph_of(facts: Facts, graph: KnowledgeGraph) -> KnowledgeGraph:
    named = {name for edge in facts for name in (edge.src, edge.dst)}
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain=graph.domain,
            entities=tuple(graph.entities[graph.entity_index[name]] for name in named),
            relations=graph.relations,
            edges=tuple(Edge(src=edge.src, rel=edge.rel, dst=edge.dst) for edge in facts),
        )
    )
