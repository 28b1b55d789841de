"""Inverse relations: their phrases, their edges, and what gets none."""

from __future__ import annotations

import pytest

from graphtutor.graph.inverse import inverse_phrase, with_inverses
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation


@pytest.mark.parametrize(
    ("phrase", "inverse"),
    [
        ("uses", "is used by"),
        ("mitigates", "is mitigated by"),
        ("targets", "is targeted by"),
        ("stops", "is stopped by"),
        ("fixes", "is fixed by"),
        ("carries", "is carried by"),
        ("controls", "is controlled by"),
        ("writes", "is written by"),
        ("accesses", "is accessed by"),
        ("catches", "is caught by"),
        ("leads to", "is led to by"),
        ("depends on", "is depended on by"),
        ("uses tool", "is used as tool by"),
        ("is caused by", "has caused"),
        ("is attributed to", "has attributed to it"),
        ("is located in", "has located in it"),
        ("is part of", "has as part"),
        ("is a part of", "has as part"),
        ("has as part", "is a part of"),
        ("has analytic", "is an analytic of"),
        ("belongs to", "includes"),
        ("includes", "belongs to"),
        ("may access", "may be accessed by"),
        ("may be accessed by", "may have accessed"),
        ("may be weakness of", "may have as weakness"),
        ("is linked by embassy to", "is linked by embassy from"),
        ("is related", "is linked by related from"),
        ("is next to", "is linked by next to from"),
        ("process", "is linked by process from"),
    ],
)
def test_phrases(phrase: str, inverse: str) -> None:
    assert inverse_phrase(phrase) == inverse


def _phrase(relation: Relation) -> str:
    return relation.phrase or relation.label


def _file(relations: list[Relation], edges: list[tuple[str, str, str]]) -> GraphFile:
    names = sorted({name for s, _, d in edges for name in (s, d)})
    return GraphFile(
        version="1.0",
        domain="demo",
        entities=tuple(Entity(id=n, label=n, type="t") for n in names),
        relations=tuple(relations),
        edges=tuple(Edge(src=s, rel=r, dst=d) for s, r, d in edges),
    )


def _triples(file: GraphFile) -> list[tuple[str, str, str]]:
    return [(e.src, e.rel, e.dst) for e in file.edges]


def test_every_edge_is_told_both_ways() -> None:
    file, left_out = with_inverses(
        _file([Relation(id="uses", label="uses")], [("A", "uses", "B"), ("A", "uses", "C")]),
        _phrase,
    )
    assert file.relations == (
        Relation(id="uses", label="uses", inverse="uses_inverse"),
        Relation(id="uses_inverse", label="is used by", phrase="is used by", inverse="uses"),
    )
    assert _triples(file) == [
        ("A", "uses", "B"), ("A", "uses", "C"), ("B", "uses_inverse", "A"),
        ("C", "uses_inverse", "A"),
    ]  # fmt: skip
    assert left_out == {}
    assert len(KnowledgeGraph.from_file(file)) == 4
    assert with_inverses(file, _phrase) == (file, {})


def test_an_inverse_that_the_file_names_is_used() -> None:
    """Named on one side only; one edge is stated both ways already."""
    relations = [Relation(id="has", label="has", inverse="of"), Relation(id="of", label="is of")]
    file, _ = with_inverses(
        _file(relations, [("A", "has", "B"), ("B", "of", "A"), ("C", "of", "A")]), _phrase
    )
    assert [(r.id, r.inverse) for r in file.relations] == [("has", "of"), ("of", "has")]
    assert _triples(file) == [
        ("A", "has", "B"), ("A", "has", "C"), ("B", "of", "A"), ("C", "of", "A"),
    ]  # fmt: skip


def test_a_symmetric_relation_is_its_own_inverse() -> None:
    relations = [Relation(id="near", label="is near", symmetric=True)]
    file, _ = with_inverses(_file(relations, [("A", "near", "B"), ("B", "near", "A"),
                                              ("B", "near", "C")]), _phrase)  # fmt: skip
    assert file.relations == tuple(relations)
    assert _triples(file) == [("A", "near", "B"), ("B", "near", "A"), ("B", "near", "C"),
                              ("C", "near", "B")]  # fmt: skip


def test_no_two_relations_read_the_same() -> None:
    relations = [Relation(id="a", label="uses"), Relation(id="b", label="is used by"),
                 Relation(id="b_inverse", label="x of")]  # fmt: skip
    edges = [("A", "a", "B"), ("A", "b", "B"), ("A", "b_inverse", "B")]
    file, _ = with_inverses(_file(relations, edges), _phrase)
    phrases = [_phrase(relation) for relation in file.relations]
    assert len(set(phrases)) == len(phrases) == 6
    assert len({relation.id for relation in file.relations}) == 6


def test_a_hub_gets_no_inverse() -> None:
    edges = [(f"A{n}", "uses", "Hub") for n in range(17)] + [("A0", "knows", "A1")]
    relations = [Relation(id="uses", label="uses"), Relation(id="knows", label="knows")]
    file, left_out = with_inverses(_file(relations, edges), _phrase)
    assert left_out == {"uses": 17.0}
    assert [r.id for r in file.relations] == ["knows", "knows_inverse", "uses"]
    assert len(file.edges) == 19
    everything, _ = with_inverses(_file(relations, edges), _phrase, max_fan_out=17)
    assert len(everything.edges) == 36
