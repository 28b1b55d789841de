"""Parquet: a table of triples, a folder of node and edge tables, and tables that fit nothing."""

from __future__ import annotations

import sys

import pytest

from graphtutor.errors import BackendError, GraphError
from graphtutor.graph.load import read_graph
from graphtutor.graph.records import Edge, Entity

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def _table(path, **columns) -> None:
    pq.write_table(pa.table(columns), path)


def test_triples(tmp_path) -> None:
    path = tmp_path / "g.parquet"
    _table(path, id=[1, 2, 3], head=["ann", "bob", None], relation=["knows"] * 3,
           tail=["bob", "rome", "x"], tail_type=["person", "city", "x"])  # fmt: skip
    file, report = read_graph(path)
    assert file.entities == (
        Entity(id="Ann", label="ann", type="entity"),
        Entity(id="Bob", label="bob", type="person"),
        Entity(id="Rome", label="rome", type="city"),
    )
    assert file.edges == (
        Edge(src="Ann", rel="knows", dst="Bob"),
        Edge(src="Bob", rel="knows", dst="Rome"),
    )
    assert [(s.reason, s.count) for s in report.skipped] == [("row with an empty value", 1)]


def test_a_mapping_and_numbers_as_names(tmp_path) -> None:
    path = tmp_path / "cites.parquet"
    _table(path, f0=[10, 11], f1=[11, 12])
    with pytest.raises(GraphError, match=r"got f0, f1.*--columns"):
        read_graph(path)
    file, _ = read_graph(path, {"src": "f0", "dst": "f1"})
    assert file.edges == (
        Edge(src="10", rel="cites", dst="11"),
        Edge(src="11", rel="cites", dst="12"),
    )


def test_node_and_edge_tables(tmp_path) -> None:
    _table(tmp_path / "user.parquet", f0=["Ann", "Bob"], f1=[30, 40])
    _table(tmp_path / "city.parquet", code=["R", "W"], name=["Rome", "Wien"])
    _table(tmp_path / "follows.parquet", f0=["Ann"], f1=["Bob"], since=[2020])
    _table(tmp_path / "lives-in.parquet", f0=["Ann", "Bob"], f1=["R", "R"])
    file, report = read_graph(tmp_path, domain="social")
    assert report.format == "Parquet tables"
    assert [(e.id, e.type) for e in file.entities] == [
        ("Ann", "user"), ("Bob", "user"), ("Rome", "city"), ("Wien", "city"),
    ]  # fmt: skip
    assert [(e.src, e.rel, e.dst) for e in file.edges] == [
        ("Ann", "follows", "Bob"), ("Ann", "lives_in", "Rome"), ("Bob", "lives_in", "Rome"),
    ]  # fmt: skip


def test_one_key_in_two_node_tables_is_told_apart_by_column_name(tmp_path) -> None:
    _table(tmp_path / "user.parquet", id=[1, 2], name=["Ann", "Bob"])
    _table(tmp_path / "item.parquet", id=[1, 2], name=["Pen", "Cup"])
    _table(tmp_path / "buys.parquet", user_id=[1, 2, 2], item_id=[2, 1, 2])
    file, _ = read_graph(tmp_path)
    assert [(e.src, e.dst) for e in file.edges] == [("Ann", "Cup"), ("Bob", "Cup"), ("Bob", "Pen")]


def test_ends_that_cannot_be_told(tmp_path) -> None:
    _table(tmp_path / "user.parquet", id=[1, 2], name=["Ann", "Bob"])
    _table(tmp_path / "item.parquet", id=[1, 2], name=["Pen", "Cup"])
    _table(tmp_path / "buys.parquet", f0=[1, 2, 2], f1=[2, 1, 2])
    with pytest.raises(GraphError, match=r"keys that fit item\.parquet, user\.parquet"):
        read_graph(tmp_path)


def test_no_edge_table(tmp_path) -> None:
    _table(tmp_path / "user.parquet", id=["a"], name=["Ann"])
    _table(tmp_path / "item.parquet", id=["b"], name=["Pen"])
    with pytest.raises(GraphError, match="wanted an edge table"):
        read_graph(tmp_path)


def test_no_parquet(tmp_path) -> None:
    path = tmp_path / "g.parquet"
    path.write_bytes(b"PAR0 not really")
    with pytest.raises(GraphError, match="wanted a Parquet file"):
        read_graph(path)


def test_without_the_library(tmp_path, monkeypatch) -> None:
    _table(tmp_path / "g.parquet", src=["a"], rel=["r"], dst=["b"])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(BackendError, match=r"pip install 'graphtutor\[graphs\]'"):
        read_graph(tmp_path / "g.parquet")
