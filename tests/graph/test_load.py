"""Loading by name or path; folders; what is no graph; graphs that contradict themselves."""

from __future__ import annotations

import json

import pytest

from graphtutor.errors import GraphError
from graphtutor.graph.load import bundled_names, load_graph, read_graph

KG = {
    "version": "1.0",
    "domain": "weather",
    "entities": [
        {"id": "Rain", "label": "Rain", "type": "event"},
        {"id": "Flood", "label": "Flood", "type": "event"},
    ],
    "relations": [{"id": "causes", "label": "causes"}],
    "edges": [{"src": "Rain", "rel": "causes", "dst": "Flood"}],
}


def _kg(tmp_path, **changes: object) -> str:
    path = tmp_path / "kg.json"
    path.write_text(json.dumps({**KG, **changes}), "utf-8")
    return str(path)


@pytest.mark.parametrize("name", bundled_names())
def test_bundled_graphs_load(name: str) -> None:
    graph = load_graph(name)
    assert graph.domain == name
    assert len(graph) > 0


def test_a_native_file(tmp_path) -> None:
    graph = load_graph(_kg(tmp_path))
    assert graph.domain == "weather"
    assert graph.triple_set == {(1, 0, 0)}


def test_another_format_gives_the_same_graph(tmp_path) -> None:
    path = tmp_path / "weather.tsv"
    path.write_text("Rain\tcauses\tFlood\tevent\tevent\n", "utf-8")
    assert load_graph(str(path)).digest == load_graph(_kg(tmp_path)).digest


def test_a_folder_is_one_graph(tmp_path) -> None:
    """Splits of one data set beside a licence, as data sets are published."""
    (tmp_path / "train.txt").write_text("a\tr\tb\n", "utf-8")
    (tmp_path / "test.txt").write_text("b\tr\tc\na\tr\tb\n", "utf-8")
    (tmp_path / "LICENSE.txt").write_text("Do as you like.\n", "utf-8")
    (tmp_path / "README.md").write_text("# Data\n", "utf-8")
    file, report = read_graph(tmp_path, domain="two")
    assert [(e.src, e.dst) for e in file.edges] == [("A", "B"), ("B", "C")]
    assert [name.rpartition("/")[2] for name in report.files] == ["test.txt", "train.txt"]
    assert [(s.reason, s.count) for s in report.skipped] == [("duplicate statement", 1)]


def test_the_domain_is_named_after_the_source(tmp_path) -> None:
    path = tmp_path / "Air Routes-small.tsv"
    path.write_text("a\tr\tb\n", "utf-8")
    assert read_graph(path)[0].domain == "air_routes_small"
    assert read_graph(path, domain="mine")[0].domain == "mine"


def test_a_graph_that_is_not_there() -> None:
    with pytest.raises(GraphError) as error:
        load_graph("no_such_graph")
    for name in bundled_names():
        assert name in error.value.wanted
    with pytest.raises(GraphError, match="nothing there"):
        read_graph("no_such_graph.tsv")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "got no graph file"),
        (["a.tsv", "b.json"], "got a.tsv, b.json"),
        (["a.json", "b.json"], "got a.json, b.json"),
    ],
)
def test_a_folder_that_is_no_graph(tmp_path, files: list[str], said: str) -> None:
    for name in files:
        (tmp_path / name).write_text("a\tr\tb\n", "utf-8")
    with pytest.raises(GraphError, match=said):
        read_graph(tmp_path)


def test_a_suffix_that_says_nothing(tmp_path) -> None:
    path = tmp_path / "graph.xyz"
    path.write_text("a\tr\tb\n", "utf-8")
    with pytest.raises(GraphError, match=r"wanted a graph \(kg\.json, .* suffix \.xyz"):
        read_graph(path)


def test_unknown_ids_and_duplicates_are_reported_together(tmp_path) -> None:
    source = _kg(
        tmp_path,
        entities=[*KG["entities"], KG["entities"][0]],
        edges=[{"src": "Rain", "rel": "causes", "dst": "Nowhere"}] * 2,
    )
    with pytest.raises(GraphError) as error:
        load_graph(source)
    assert error.value.where == source
    assert "1 x duplicate entity id (Rain)" in error.value.got
    assert "2 x edge to an unknown entity (Rain causes Nowhere, Rain" in error.value.got
    assert "1 x duplicate edge (Rain causes Nowhere)" in error.value.got
