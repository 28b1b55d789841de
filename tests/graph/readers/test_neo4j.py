"""Neo4j CSV: the import format in several files, the APOC export in one."""

from __future__ import annotations

import pytest

from graphtutor.errors import GraphError
from graphtutor.graph.load import read_graph
from graphtutor.graph.readers.report import Skipped
from graphtutor.graph.records import Edge, Entity, Relation


def test_node_and_relationship_files(tmp_path) -> None:
    (tmp_path / "people.csv").write_text(
        "personId:ID(Person),name,born:int,:LABEL\n1,Ann Lee,1970,Person;Actor\n2,,1980,\n"
        "1,Twin,1970,Person\n,Nobody,1,Person\n",
        "utf-8",
    )
    (tmp_path / "cities.csv").write_text(":ID(City);title:string\n1;Rome\n", "utf-8")
    (tmp_path / "rels.csv").write_text(
        ":START_ID(Person),since,:END_ID(City),:TYPE\n1,1999,1,LIVES_IN\n2,,1,LIVES_IN\n"
        "3,,1,LIVES_IN\n1,,,LIVES_IN\n",
        "utf-8",
    )
    file, report = read_graph(tmp_path, domain="demo")
    assert report.format == "Neo4j CSV"
    assert file.entities == (
        Entity(id="2", label="2", type="entity"),
        Entity(id="AnnLee", label="Ann Lee", type="Person"),
        # Without a label column the file's name is the type.
        Entity(id="Rome", label="Rome", type="cities"),
    )
    assert file.relations == (Relation(id="lives_in", label="lives in"),)
    assert file.edges == (
        Edge(src="2", rel="lives_in", dst="Rome"),
        Edge(src="AnnLee", rel="lives_in", dst="Rome"),
    )
    assert report.skipped == (
        Skipped("node without an id", 1, ("people.csv line 5",)),
        Skipped("relationship to an unknown node", 1, ("rels.csv line 4: 3",)),
        Skipped("relationship without an end", 1, ("rels.csv line 5",)),
        Skipped("second node of an id", 1, ("people.csv line 4: 1",)),
    )


def test_one_file_as_apoc_exports_it(tmp_path) -> None:
    path = tmp_path / "all.csv"
    path.write_text(
        '"_id","_labels","name","_start","_end","_type"\n"0",":City","Rome",,,\n'
        '"1",":Person:Actor","Ann",,,\n,,,"1","0","LIVES_IN"\n',
        "utf-8",
    )
    file, report = read_graph(path)
    assert [(e.id, e.type) for e in file.entities] == [("Ann", "Person"), ("Rome", "City")]
    assert file.edges == (Edge(src="Ann", rel="lives_in", dst="Rome"),)
    assert report.skipped == ()


def test_a_file_without_header_among_others(tmp_path) -> None:
    (tmp_path / "a.csv").write_text(":ID,name\n1,Ann\n", "utf-8")
    (tmp_path / "b.csv").write_text("1,2,knows\n", "utf-8")
    with pytest.raises(GraphError, match=r"b\.csv line 1: wanted a Neo4j header"):
        read_graph(tmp_path)


def test_nodes_alone_are_no_graph(tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(":ID,name\n1,Ann\n", "utf-8")
    with pytest.raises(GraphError, match="wanted statements between entities, got none"):
        read_graph(path)
