"""A graph as a document: every edge once, citable, in its place."""

from __future__ import annotations

from pathlib import Path

from tests.retrieval.library import GRAPH

from graphtutor.graph.load import load_graph
from graphtutor.io.digest import digest_bytes
from graphtutor.retrieval.chunk import Chunk, chunk_id
from graphtutor.retrieval.graph_source import graph_document, statement_chunks
from graphtutor.reward.matcher import EntityMatcher


def test_every_edge_is_one_statement_in_its_place() -> None:
    document = graph_document(GRAPH, "plant.json")
    chunks = statement_chunks(GRAPH, document)
    assert document.id == "graph:plant.json"
    assert document.kind == "graph"
    assert document.sha256 == GRAPH.digest
    assert {c.edge for c in chunks} == {(e.src, e.rel, e.dst) for e in GRAPH.to_file().edges}
    assert len(chunks) == len(GRAPH) == len({c.id for c in chunks})
    for chunk in chunks:
        assert chunk.kind == "statement"
        assert chunk.text == document.text[chunk.start : chunk.end]
        assert chunk.section == document.section_at(chunk.start)
        assert chunk.sha256 == digest_bytes(chunk.text.encode())
        assert chunk.id == chunk_id(document.id, chunk.start, chunk.end, chunk.text)
        assert Chunk.from_payload(chunk.payload()) == chunk


def test_sections_tile_the_text() -> None:
    document = graph_document(GRAPH, "plant.json")
    ends = [0, *(section.end for section in document.sections)]
    assert [section.start for section in document.sections] == ends[:-1]
    assert ends[-1] == len(document.text)
    assert [s.path for s in document.sections] == [
        ("caused by",), ("fixed by",), ("leads to",), ("shows",),
    ]  # fmt: skip


def test_statements_read_as_the_graph_words_them() -> None:
    texts = [c.text for c in statement_chunks(GRAPH, graph_document(GRAPH, "plant.json"))]
    assert texts[0] == "Low Flow is caused by Cavitation."
    assert "Manometer shows Low Flow." in texts


def test_the_one_matcher_finds_the_entities_of_a_statement(graph_file: Path) -> None:
    graph = load_graph(str(graph_file))
    matcher = EntityMatcher.from_graph(graph, labels=True)
    for chunk in statement_chunks(graph, graph_document(graph, "kg.json")):
        assert tuple(mention.entity for mention in matcher.find(chunk.text)) == chunk.entities


def test_a_graph_of_hostile_names_stays_one_line_a_statement() -> None:
    file = GRAPH.to_file()
    renamed = file.entities[0].model_copy(update={"label": "Cav\nitation\r\n\n# Heading"})
    graph = type(GRAPH).from_file(
        file.model_copy(update={"entities": (renamed, *file.entities[1:])})
    )
    document = graph_document(graph, "x")
    assert document.text.count("\n") == len(graph)
    assert all("\n" not in chunk.text for chunk in statement_chunks(graph, document))
