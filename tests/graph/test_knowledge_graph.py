"""The graph: what it refuses, and that its index answers as a plain search of the edges does."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.errors import GraphError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation

Triple = tuple[str, str, str]


def _file(
    entities: Sequence[str], relations: Sequence[str], edges: Sequence[Triple], **more: Any
) -> GraphFile:
    """Make a graph file; an entity's type is the lower case of its first letter."""
    return GraphFile(
        version="1.0",
        domain="letters",
        entities=tuple(Entity(id=e, label=e, type=e[:1].lower()) for e in entities),
        relations=tuple(Relation(id=r, label=r) for r in relations),
        edges=tuple(Edge(src=s, rel=r, dst=d) for s, r, d in edges),
        **more,
    )


EDGES: list[Triple] = [
    ("A1", "to", "B1"),
    ("A1", "to", "B2"),
    ("A1", "by", "C1"),
    ("B1", "by", "C1"),
    ("B2", "by", "C1"),
    ("B2", "by", "C2"),
    ("C1", "to", "A1"),
]
ENTITIES = ["C2", "A1", "B2", "C1", "B1"]


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    """Five entities of three types, two relations, a branch, a confluence and a cycle."""
    return KnowledgeGraph.from_file(_file(ENTITIES, ["to", "by"], EDGES))


def _ids(graph: KnowledgeGraph, indices: Sequence[int]) -> list[str]:
    return [graph.entities[index].id for index in indices]


def _triples(graph: KnowledgeGraph) -> list[Triple]:
    return [(e.src, e.rel, e.dst) for e in graph.to_file().edges]


def test_the_index_is_sorted_by_id(graph: KnowledgeGraph) -> None:
    """Entity 0 is the first by id, so an index means the same whatever the file's order."""
    assert _ids(graph, range(5)) == ["A1", "B1", "B2", "C1", "C2"]
    assert [relation.id for relation in graph.relations] == ["by", "to"]
    assert graph.entity_index["C1"] == 3
    assert graph.relation_index == {"by": 0, "to": 1}
    assert _triples(graph) == sorted(EDGES)


def test_arrays_of_the_index(graph: KnowledgeGraph) -> None:
    """Exact values for a graph that fits on a page."""
    assert len(graph) == 7
    assert graph.edge_source.tolist() == [0, 0, 0, 1, 2, 2, 3]
    assert graph.edge_relation.tolist() == [0, 1, 1, 0, 0, 0, 1]
    assert graph.edge_target.tolist() == [3, 1, 2, 3, 3, 4, 0]
    assert graph.out_start.tolist() == [0, 3, 4, 6, 7, 7]
    assert graph.out_degree.tolist() == [3, 1, 2, 1, 0]
    assert graph.in_degree.tolist() == [1, 1, 1, 3, 1]
    assert graph.types == ("a", "b", "c")
    assert graph.entity_type.tolist() == [0, 1, 1, 2, 2]


def test_targets_of_an_entity_under_a_relation(graph: KnowledgeGraph) -> None:
    """Some, one, none; never those of another relation."""
    by, to = 0, 1
    assert _ids(graph, graph.targets(graph.entity_index["A1"], to).tolist()) == ["B1", "B2"]
    assert _ids(graph, graph.targets(graph.entity_index["A1"], by).tolist()) == ["C1"]
    assert graph.targets(graph.entity_index["C2"], by).tolist() == []


def test_edges_have_a_direction(graph: KnowledgeGraph) -> None:
    """A statement is not its reverse, and not the same with another relation."""
    assert graph.has_edge(0, 1, 1)
    assert not graph.has_edge(1, 1, 0)
    assert not graph.has_edge(0, 0, 1)


def test_answer_walks_count_ways(graph: KnowledgeGraph) -> None:
    """From A1 "to" somebody "by" somebody: C1 on two ways, C2 on one."""
    walks = graph.answer_walks(graph.entity_index["A1"], [1, 0])
    assert {graph.entities[end].id: ways for end, ways in walks.items()} == {"C1": 2, "C2": 1}
    # Both ways go on together: two walks lead from A1 through C1 back to A1.
    assert graph.answer_walks(graph.entity_index["A1"], [1, 0, 1]) == {0: 2}
    assert graph.answer_walks(graph.entity_index["C2"], [1]) == {}
    assert graph.answer_walks(2, []) == {2: 1}


def test_arrays_are_read_only(graph: KnowledgeGraph) -> None:
    """What tasks were made from cannot change under them."""
    with pytest.raises(ValueError, match="read-only"):
        graph.edge_target[0] = 1


def test_a_graph_without_edges() -> None:
    """No special case for the reader of an empty answer."""
    graph = KnowledgeGraph.from_file(_file(["A1"], [], []))
    assert len(graph) == 0
    assert graph.targets(0, 0).tolist() == []
    assert graph.out_degree.tolist() == graph.in_degree.tolist() == [0]
    assert graph.to_file().edges == ()


def test_the_digest_knows_content_not_order() -> None:
    """The same statements in another order are the same graph; another statement is not."""
    shuffled = list(EDGES)
    random.Random(1).shuffle(shuffled)
    first = KnowledgeGraph.from_file(_file(ENTITIES, ["to", "by"], EDGES))
    again = KnowledgeGraph.from_file(_file(sorted(ENTITIES), ["by", "to"], shuffled))
    fewer = KnowledgeGraph.from_file(_file(ENTITIES, ["to", "by"], EDGES[1:]))
    assert first.digest == again.digest
    assert first.digest != fewer.digest
    assert first.to_file() == again.to_file()


def test_fields_of_a_newer_version_survive() -> None:
    """What this version does not know is kept for the one that does."""
    file = _file(["A1"], [], [])
    extended = file.model_copy(
        update={"entities": (Entity.model_validate({**file.entities[0].model_dump(), "icon": 7}),)}
    )
    kept = KnowledgeGraph.from_file(extended).to_file().entities[0]
    assert kept.model_dump()["icon"] == 7


@pytest.mark.parametrize(
    ("entities", "relations", "edges", "message"),
    [
        (["A", "A", "B"], ["r"], [], "1 x duplicate entity id (A)"),
        (["A"], ["r", "r"], [], "1 x duplicate relation id (r)"),
        (["A", "B"], ["r"], [("A", "r", "B")] * 2, "1 x duplicate edge (A r B)"),
        (["A"], ["r"], [("A", "r", "Z")], "1 x edge to an unknown entity (A r Z)"),
        (["A"], ["r"], [("Z", "r", "A")], "1 x edge to an unknown entity (Z r A)"),
        (["A", "B"], ["r"], [("A", "s", "B")], "1 x edge with an unknown relation (A s B)"),
        (["A", " "], ["r"], [], "1 x empty id ( )"),
    ],
)
def test_a_violation_is_named(
    entities: list[str], relations: list[str], edges: list[Triple], message: str
) -> None:
    """How many, of what kind, and which."""
    with pytest.raises(GraphError) as caught:
        KnowledgeGraph.from_file(_file(entities, relations, edges), "kg.json")
    assert caught.value.where == "kg.json"
    assert caught.value.got == message


def test_an_unknown_inverse_is_named() -> None:
    """An inverse has to be a relation of the graph."""
    file = _file(["A"], [], [])
    relation = Relation(id="causes", label="causes", inverse="caused_by")
    with pytest.raises(GraphError, match=r"inverse that is not a relation \(causes -> caused_by\)"):
        KnowledgeGraph.from_file(file.model_copy(update={"relations": (relation,)}))


def test_all_violations_are_reported_together() -> None:
    """With counts, the first three of each, and a sign that there are more."""
    edges = [("A", "r", f"Z{i}") for i in range(5)]
    with pytest.raises(GraphError) as caught:
        KnowledgeGraph.from_file(_file(["A", "B", "B"], ["r"], edges))
    assert caught.value.got == (
        "1 x duplicate entity id (B); 5 x edge to an unknown entity (A r Z0, A r Z1, A r Z2, …)"
    )


def _brute_force(edges: set[Triple], start: str, chain: Sequence[str]) -> Counter[str]:
    """Follow every walk one by one, without index or counting."""
    ends = [start]
    for relation in chain:
        ends = [d for end in ends for s, r, d in edges if s == end and r == relation]
    return Counter(ends)


NAMES, RELATIONS = "ABCDE", "rst"
EDGE = st.tuples(st.sampled_from(NAMES), st.sampled_from(RELATIONS), st.sampled_from(NAMES))


@given(
    edges=st.sets(EDGE, max_size=25),
    start=st.sampled_from(NAMES),
    chain=st.lists(st.sampled_from(RELATIONS), max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_index_and_brute_force_agree(
    edges: set[Triple], start: str, chain: list[str], order: random.Random
) -> None:
    """On any small graph, loops and cycles included, in any order of the file."""
    listed = sorted(edges)
    order.shuffle(listed)
    graph = KnowledgeGraph.from_file(_file(NAMES, RELATIONS, listed))
    walks = graph.answer_walks(
        graph.entity_index[start], [graph.relation_index[relation] for relation in chain]
    )
    found = {graph.entities[end].id: ways for end, ways in walks.items()}
    assert found == _brute_force(edges, start, chain)
    assert _triples(graph) == sorted(edges)
    assert graph.out_degree.sum() == graph.in_degree.sum() == len(edges)
    for source, relation in {(s, r) for s, r, _ in edges}:
        targets = graph.targets(graph.entity_index[source], graph.relation_index[relation])
        expected = sorted(d for s, r, d in edges if (s, r) == (source, relation))
        assert _ids(graph, targets.tolist()) == expected
