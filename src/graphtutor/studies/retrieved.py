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

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
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

__all__ = ["SOURCES", "STATEMENTS", "Asked", "Facts", "asked_from", "choice"]

SOURCES: Final = ("closed", "words", "graph", "gold")

STATEMENTS: Final = 8
"""Statements retrieved: what ``graphtutor rag ask`` rests an answer on unless told otherwise."""

Facts = tuple[PathEdge, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A task whose prompt tells ``facts``, best first (the prompt has them shuffled)."""

    task: Task
    facts: Facts


def asked_from(graph: KnowledgeGraph, tasks: Sequence[Task]) -> dict[str, list[Asked]]:
    """Return ``tasks`` as they are asked with the facts of each of :data:`SOURCES`."""
    ways: dict[str, Callable[[Task], Facts]] = {
        "closed": lambda task: (),
        **_retrieval(graph),
        "gold": lambda task: task.path_star.edges,
    }
    return {
        source: [_asked(task, ways[source](task), graph) for task in tasks] for source in SOURCES
    }


def _retrieval(graph: KnowledgeGraph) -> dict[str, Callable[[Task], Facts]]:
    searcher, linker = _searcher(graph), Linker(graph)
    reranker, chains = GraphReranker(linker), GraphSource(linker, graph.domain)

    def by_words(task: Task) -> Facts:
        return _facts(hit.chunk for hit in searcher.search(task.question, STATEMENTS))

    def by_graph(task: Task) -> Facts:
        told = [chunk for chain in chains.chains(task.question) for chunk in chain]
        hits = reranker.rerank(task.question, searcher.search(task.question, CANDIDATES))
        return _facts([*told, *(hit.chunk for hit in hits)])

    return {"words": by_words, "graph": by_graph}


def _searcher(graph: KnowledgeGraph) -> Searcher:
    chunks = statement_chunks(graph, graph_document(graph, graph.domain))
    average = mean_length(sum(length(chunk.indexed) for chunk in chunks), len(chunks))
    store = ExactStore(StoreInfo(embedder="", dimensions=0, average_length=average))
    store.upsert([Point(c, None, document_terms(c.indexed, average)) for c in chunks])
    return Searcher(store)


def _facts(chunks: Iterable[Chunk]) -> Facts:
    edges = dict.fromkeys(chunk.edge for chunk in chunks if chunk.edge)
    return tuple(PathEdge(src=s, rel=r, dst=d) for s, r, d in [*edges][:STATEMENTS])


def _asked(task: Task, facts: Facts, graph: KnowledgeGraph) -> Asked:
    if not facts:
        return Asked(task, ())
    path = task.path_star.model_copy(update={"edges": facts})
    told = with_facts(task.model_copy(update={"path_star": path}), graph)
    return Asked(task.model_copy(update={"prompt": told.prompt}), facts)


def choice(asked: Asked, graph: KnowledgeGraph) -> str:
    """Answer from the facts alone: the one option that a chain of them as asked for ends in.

    The chain is read out of the question by the linker, as if the facts were the whole graph.
    Abstains, which is no valid answer, where it ends in no option or in several.
    """
    task, known = asked.task, _graph_of(asked.facts, graph)
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
