"""Pictures: both kinds, the same every time, and what stands in their way."""

from __future__ import annotations

import sys

import pytest

from graphtutor.errors import BackendError, GraphError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.picture import MAX_ENTITIES, draw
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation


def _graph(size: int) -> KnowledgeGraph:
    """A ring of two types and one entity without an edge."""
    names = [f"N{n}" for n in range(size)]
    entities = [Entity(id=n, label=f"Node {n}", type=f"kind{int(n[1:]) % 2}") for n in names]
    edges = [Edge(src=names[n], rel="next", dst=names[(n + 1) % size]) for n in range(size)]
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="ring",
            entities=(*entities, Entity(id="Alone", label="Alone", type="other")),
            relations=(Relation(id="next", label="next to"),),
            edges=tuple(edges),
        )
    )


def test_a_small_graph_is_drawn_by_entity(tmp_path) -> None:
    pytest.importorskip("networkx")
    path = tmp_path / "pictures" / "ring.svg"
    assert draw(_graph(6), path) == "7 entities, 6 edges"
    text = path.read_text("utf-8")
    assert "Node N3" in text
    assert "kind1 (3)" in text
    assert "Alone" not in text
    again = tmp_path / "again.svg"
    draw(_graph(6), again)
    assert again.read_text("utf-8") == text


def test_a_large_graph_is_drawn_by_type(tmp_path) -> None:
    pytest.importorskip("networkx")
    path = tmp_path / "ring.png"
    said = draw(_graph(MAX_ENTITIES), path)
    assert said == "3 types (1 with few edges or none not drawn) of 401 entities, 400 edges"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_another_suffix(tmp_path) -> None:
    with pytest.raises(GraphError, match=r"wanted a picture file .* got \.bmp"):
        draw(_graph(3), tmp_path / "ring.bmp")


def test_without_networkx(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(BackendError, match=r"pip install 'graphtutor\[graphs\]'"):
        draw(_graph(3), tmp_path / "ring.svg")
    assert not (tmp_path / "ring.svg").exists()
