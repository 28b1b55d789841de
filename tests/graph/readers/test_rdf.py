"""RDF: data, ontologies with restrictions, labels in several languages, broken files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from graphtutor.errors import BackendError, GraphError
from graphtutor.graph.load import read_graph
from graphtutor.graph.records import Edge, Entity, Relation

pytest.importorskip("pyoxigraph")

PREFIXES = """@prefix : <http://x.org/o#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""


def _write(folder: Path, text: str, name: str = "g.ttl") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_data_with_labels_and_types(tmp_path) -> None:
    text = (
        PREFIXES
        + """
:livesIn a owl:ObjectProperty ; rdfs:label "lives in"@en ; owl:inverseOf :houses .
:houses a owl:ObjectProperty ; rdfs:subPropertyOf :relatedTo .
:a a :Person ; rdfs:label "Anna"@de, "Ann Lee"@en, "Anne"@fr ; skos:altLabel "Annie" ;
   rdfs:comment "A person." ; :age 30 ; :livesIn :rome ; rdfs:seeAlso <http://w.org/ann> .
:rome a :BigCity ; :houses :a .
:old owl:deprecated true ; :livesIn :rome .
:BigCity rdfs:label "big city" .
"""
    )
    file, report = read_graph(_write(tmp_path, text), domain="demo")
    assert file.entities == (
        Entity(id="AnnLee", label="Ann Lee", type="Person".lower(), aliases=("Annie",),
               description="A person.", source="http://x.org/o#a"),
        Entity(id="Rome", label="rome", type="big city", source="http://x.org/o#rome"),
    )  # fmt: skip
    assert file.relations == (
        Relation(id="houses", label="houses"),
        Relation(id="lives_in", label="lives in", inverse="houses"),
    )
    assert file.edges == (
        Edge(src="AnnLee", rel="lives_in", dst="Rome"),
        Edge(src="Rome", rel="houses", dst="AnnLee"),
    )
    assert {s.reason: (s.count, s.examples) for s in report.skipped} == {
        "literal value": (1, ("a age 30",)),
        "link to documentation": (1, ("a seeAlso ann",)),
        "statement about the schema": (1, ("houses subPropertyOf relatedTo",)),
        "statement about a deprecated thing": (1, ("old livesIn rome",)),
    }


def test_restrictions_are_statements(tmp_path) -> None:
    text = (
        PREFIXES
        + """
:enables a owl:ObjectProperty . :needs a owl:ObjectProperty .
:A a owl:Class ; rdfs:subClassOf owl:Thing, :B,
   [ a owl:Restriction ; owl:onProperty :enables ; owl:someValuesFrom :C ] ;
   owl:equivalentClass [ owl:intersectionOf ( :B
      [ a owl:Restriction ; owl:onProperty :needs ; owl:allValuesFrom :C ] ) ] ;
   rdfs:subClassOf [ a owl:Class ; owl:complementOf :C ] .
:B a owl:Class . :C a owl:Class .
"""
    )
    file, report = read_graph(_write(tmp_path, text))
    assert [(e.src, e.rel, e.dst) for e in file.edges] == [
        ("A", "enables", "C"),
        ("A", "needs", "C"),
        ("A", "subclass_of", "B"),
    ]
    assert {e.type for e in file.entities} == {"class"}
    skipped = {s.reason: s.count for s in report.skipped}
    assert skipped == {
        "statement about the schema": 1,
        "statement about a thing without a name (blank node)": 1,
    }


def test_a_class_is_typed_by_the_most_specific_large_class_above_it(tmp_path) -> None:
    many = "".join(f":C{n} rdfs:subClassOf :Small_tool .\n" for n in range(25))
    text = PREFIXES + many + ":Small_tool rdfs:subClassOf :Tool . :X rdfs:subClassOf :Tool ."
    file, _ = read_graph(_write(tmp_path, text))
    types = {e.id: e.type for e in file.entities}
    assert types["C7"] == "Small tool"
    assert types["X"] == types["SmallTool"] == "tool"
    assert types["Tool"] == "entity"


def test_cycles_of_classes_end(tmp_path) -> None:
    text = PREFIXES + ":A rdfs:subClassOf :B . :B rdfs:subClassOf :A ."
    file, _ = read_graph(_write(tmp_path, text))
    assert len(file.edges) == 2


def test_n_triples_without_labels(tmp_path) -> None:
    text = (
        "<http://x.org/m/01> <http://x.org/r/place_of_birth> <http://x.org/m/New_York> .\n"
        "<http://x.org/m/01> <http://x.org/r/place_of_birth> <http://x.org/m/New_York> .\n"
        "_:b <http://x.org/r/place_of_birth> <http://x.org/m/New_York> .\n"
    )
    file, report = read_graph(_write(tmp_path, text, "g.nt"))
    assert [(e.id, e.label, e.type) for e in file.entities] == [
        ("01", "01", "entity"), ("NewYork", "New York", "entity"),
    ]  # fmt: skip
    assert file.relations == (Relation(id="place_of_birth", label="place of birth"),)
    assert {s.reason: s.count for s in report.skipped} == {
        "duplicate statement": 1,
        "statement about a thing without a name (blank node)": 1,
    }


def test_a_syntax_error_has_a_place(tmp_path) -> None:
    with pytest.raises(GraphError, match=r"g\.ttl line 6 column 1: wanted valid RDF"):
        read_graph(_write(tmp_path, PREFIXES + ":a :b\n"))


def test_an_unknown_prefix(tmp_path) -> None:
    with pytest.raises(GraphError, match="wanted valid RDF"):
        read_graph(_write(tmp_path, "x:a x:b x:c ."))


def test_without_the_library(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pyoxigraph", None)
    with pytest.raises(BackendError, match=r"pip install 'graphtutor\[graphs\]'"):
        read_graph(_write(tmp_path, ""))
