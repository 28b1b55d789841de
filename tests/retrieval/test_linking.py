"""Entities of a question, the relations that it words, and the chains that answer it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.retrieval.library import GRAPH, LINKER

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.retrieval.linking import MOST_CHAINS, MOST_HOPS, Linker


def said(question: str, linker: Linker = LINKER) -> list[str]:
    graph = linker.graph
    return [
        " ".join(
            f"{graph.entities[graph.edge_source[e]].id}-{graph.relations[graph.edge_relation[e]].id}"
            f"-{graph.entities[graph.edge_target[e]].id}"
            for e in chain
        )
        for chain in linker.link(question).chains
    ]


@pytest.mark.parametrize(
    ("question", "chains"),
    [
        ("What causes a pump trip?", ["PumpTrip-caused_by-LowFlow"]),
        ("What is a pump trip caused by?", ["PumpTrip-caused_by-LowFlow"]),
        ("What is the cause of tripping?", ["PumpTrip-caused_by-LowFlow"]),
        ("What does low flow cause?", ["PumpTrip-caused_by-LowFlow"]),
        ("What is caused by LowFlow?", ["PumpTrip-caused_by-LowFlow"]),
        ("How is a worn seal fixed?", ["SealWear-fixed_by-SealChange"]),
        ("What fixes seal wear?", ["SealWear-fixed_by-SealChange"]),
        ("What does a seal change fix?", ["SealWear-fixed_by-SealChange"]),
        ("What does cavitation lead to?", ["Cavitation-leads_to-SealWear"]),
        ("What leads to seal wear?", ["Cavitation-leads_to-SealWear"]),
        ("Which tool shows low flow?", ["Manometer-shows-LowFlow"]),
        (
            "Cavitation leads to a fault that is fixed by what?",
            ["Cavitation-leads_to-SealWear SealWear-fixed_by-SealChange"],
        ),
        ("What colour is the manometer?", []),
        ("What leads to ruin?", []),
    ],
)
def test_relations_are_read_with_their_direction(question: str, chains: list[str]) -> None:
    assert said(question) == chains


def test_between_two_entities_all_shortest_paths_are_told() -> None:
    assert said("How does cavitation end in a seal change?") == [
        "Cavitation-leads_to-SealWear SealWear-fixed_by-SealChange"
    ]
    link = LINKER.link("How is a pump trip related to seal wear?")
    assert link.entities == ("PumpTrip", "SealWear")
    assert link.on_path == {"LowFlow"}


def test_a_path_is_told_backwards_where_there_is_none_forward() -> None:
    assert said("Can low flow make the pump trip? Is Low Flow behind Pump Trip?") == [
        "PumpTrip-caused_by-LowFlow"
    ]


def test_a_shared_name_is_decided_by_the_edges_and_reported() -> None:
    link = LINKER.link("What does the gauge show?")
    assert link.entities == ("DialGauge", "Manometer")
    assert link.ambiguous == ("gauge",)
    assert said("What does the gauge show?") == ["Manometer-shows-LowFlow"]


def ladder(hops: int, width: int) -> Linker:
    """``hops`` levels of ``width`` entities, each joined to all of the next."""
    names = [[f"L{level}N{place}" for place in range(width)] for level in range(hops + 1)]
    return Linker(
        KnowledgeGraph.from_file(
            GraphFile(
                version="1.0",
                domain="ladder",
                entities=tuple(Entity(id=n, label=n, type="t") for row in names for n in row),
                relations=(Relation(id="joins", label="joins"),),
                edges=tuple(
                    Edge(src=a, rel="joins", dst=b)
                    for upper, lower in pairwise(names)
                    for a in upper
                    for b in lower
                ),
            )
        )
    )


def test_chains_and_their_length_are_bounded() -> None:
    assert len(ladder(4, 6).link("L0N0 to L4N3").chains) == MOST_CHAINS
    assert ladder(MOST_HOPS, 1).link(f"L0N0 to L{MOST_HOPS}N0").chains
    assert not ladder(MOST_HOPS + 1, 1).link(f"L0N0 to L{MOST_HOPS + 1}N0").chains


@given(st.text(st.sampled_from("PumpTrip LowFlow causes fixed by ?.\n\x1b")))
def test_any_text_is_linked(question: str) -> None:
    link = LINKER.link(question)
    assert set(link.entities) <= GRAPH.entity_index.keys()
    for chain in link.chains:
        for edge, following in pairwise(chain):
            assert GRAPH.edge_target[edge] == GRAPH.edge_source[following]
