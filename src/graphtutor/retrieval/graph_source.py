r"""A graph as a document: one citable statement an edge, in the wording of the graph's relations.

The document's text is the statements line by line in the order of the graph's edges, under a
section per relation, so a statement has a place as any other passage has. Entities are named by
their labels and kept by their ids.

>>> from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
>>> graph = KnowledgeGraph.from_file(GraphFile(
...     version="1.0", domain="wet_weather",
...     entities=(Entity(id="Rain", label="Rain", type="event"),
...               Entity(id="Flood", label="Flood", type="event")),
...     relations=(Relation(id="causes", label="causes"),),
...     edges=(Edge(src="Rain", rel="causes", dst="Flood"),)))
>>> document = graph_document(graph, "kg.json")
>>> [(chunk.doc, chunk.heading, chunk.text) for chunk in statement_chunks(graph, document)]
[('graph:kg.json', 'wet weather > causes', 'Rain causes Flood.')]
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.io.digest import digest_bytes
from graphtutor.retrieval.chunk import Chunk, chunk_id
from graphtutor.retrieval.document import Document, Section
from graphtutor.tasks.wording import noun_of, phrase_of

__all__ = ["Statements", "graph_document", "statement_chunks"]


def graph_document(graph: KnowledgeGraph, source: str) -> Document:
    """Return ``graph`` as a document; ``source`` is the name or path that it was loaded by.

    Its ``sha256`` is the graph's digest, which does not depend on the order of the file.
    """
    lines: list[str] = []
    sections: list[Section] = []
    at = start = 0
    order = _order(graph)
    for place, edge in enumerate(order.tolist()):
        lines.append(_statement(graph, edge) + "\n")
        at += len(lines[-1])
        relation = int(graph.edge_relation[edge])
        if place + 1 == len(order) or int(graph.edge_relation[order[place + 1]]) != relation:
            name = _one_line(graph.relations[relation].label) or graph.relations[relation].id
            sections.append(Section((name,), start, at))
            start = at
    return Document(
        id=f"graph:{source}",
        title=noun_of(graph.domain) if graph.domain else source,
        kind="graph",
        sha256=graph.digest,
        text="".join(lines),
        sections=tuple(sections),
        pages=(),
    )


def statement_chunks(graph: KnowledgeGraph, document: Document) -> list[Chunk]:
    """Return one chunk an edge in the order of ``document``, which :func:`graph_document` made."""
    statements = Statements(graph, document)
    return [statements.chunk(edge) for edge in _order(graph).tolist()]


class Statements:
    """The statements of a graph one by one: of a large graph an answer needs a handful."""

    def __init__(self, graph: KnowledgeGraph, document: Document) -> None:
        """Take the graph and the document that :func:`graph_document` made of it."""
        self._graph, self._document = graph, document
        lengths = (len(line) for line in document.text.splitlines(keepends=True))
        starts = np.fromiter(accumulate(lengths, initial=0), dtype=np.int64)
        self._start = np.empty(len(graph), dtype=np.int64)
        self._start[_order(graph)] = starts[:-1]
        self._end = np.empty(len(graph), dtype=np.int64)
        self._end[_order(graph)] = starts[1:] - 1

    def chunk(self, edge: int) -> Chunk:
        """Return the statement of an edge, by its number in the graph."""
        graph, document = self._graph, self._document
        start, end = int(self._start[edge]), int(self._end[edge])
        text = document.text[start:end]
        source = graph.entities[int(graph.edge_source[edge])].id
        relation = graph.relations[int(graph.edge_relation[edge])].id
        target = graph.entities[int(graph.edge_target[edge])].id
        return Chunk(
            id=chunk_id(document.id, start, end, text),
            doc=document.id,
            title=document.title,
            section=document.section_at(start),
            page=None,
            start=start,
            end=end,
            text=text,
            sha256=digest_bytes(text.encode("utf-8", "surrogatepass")),
            kind="statement",
            entities=(source, target),
            edge=(source, relation, target),
        )


def _order(graph: KnowledgeGraph) -> IndexArray:
    """Return the edges by relation, those of one relation in the order of the graph."""
    return np.argsort(graph.edge_relation, kind="stable").astype(np.int64)


def _statement(graph: KnowledgeGraph, edge: int) -> str:
    source = graph.entities[int(graph.edge_source[edge])]
    target = graph.entities[int(graph.edge_target[edge])]
    phrase = phrase_of(graph.relations[int(graph.edge_relation[edge])])
    return _one_line(f"{source.label or source.id} {phrase} {target.label or target.id}.")


def _one_line(text: str) -> str:
    return " ".join(text.split())
