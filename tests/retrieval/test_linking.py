"""Entities of a question, the relations that it words, and the chains that answer it."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.retrieval.library import GRAPH, LINKER

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import load_graph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.retrieval.linking import MOST_CHAINS, Linker
from graphtutor.retrieval.ways import MOST_HOPS
from graphtutor.tasks.wording import HELD_OUT_TEMPLATES, TEMPLATES, noun_of, phrase_of, question


def said(asked: str, linker: Linker = LINKER) -> list[str]:
    graph = linker.graph
    return [
        " ".join(
            f"{graph.entities[graph.edge_source[e]].id}-{graph.relations[graph.edge_relation[e]].id}"
            f"-{graph.entities[graph.edge_target[e]].id}"
            for e in chain
        )
        for chain in linker.link(asked).chains
    ]


@pytest.mark.parametrize(
    ("asked", "chains"),
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
def test_relations_are_read_with_their_direction(asked: str, chains: list[str]) -> None:
    assert said(asked) == chains


def test_a_longer_way_forward_comes_before_a_shorter_one_back() -> None:
    """How A can end in D is not told by how D leads to A."""
    entities = [Entity(id=name, label=name, type="event") for name in ("Aa", "Bb", "Cc", "Dd")]
    relation = Relation(id="leads_to", label="leads to")
    steps = [("Aa", "Bb"), ("Bb", "Cc"), ("Cc", "Dd"), ("Dd", "Aa")]
    edges = [Edge(src=a, rel="leads_to", dst=b) for a, b in steps]
    graph = KnowledgeGraph.from_file(
        GraphFile(
            version="1.0", domain="ring", entities=entities, relations=[relation], edges=edges
        )
    )
    linker = Linker(graph)
    forward = "Aa-leads_to-Bb Bb-leads_to-Cc Cc-leads_to-Dd"
    assert said("How can Aa end in Dd?", linker) == [forward]
    assert said("How can Dd end in Aa?", linker) == ["Dd-leads_to-Aa"]


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


def test_the_flow_goes_against_passive_phrases() -> None:
    assert said("How does a worn seal lead to a pump trip?") == [
        "LowFlow-caused_by-SealWear PumpTrip-caused_by-LowFlow"
    ]
    assert said("How does cavitation end in a pump trip?") == [
        "LowFlow-caused_by-Cavitation PumpTrip-caused_by-LowFlow"
    ]
    assert said("How does a gauge tell of a pump trip?") == [
        "Manometer-shows-LowFlow PumpTrip-caused_by-LowFlow"
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
    link = ladder(4, 6).link("L0N0 to L4N3")
    assert len(link.chains) == MOST_CHAINS
    assert link.more
    assert not LINKER.link("How does cavitation end in a seal change?").more
    assert ladder(MOST_HOPS, 1).link(f"L0N0 to L{MOST_HOPS}N0").chains
    assert not ladder(MOST_HOPS + 1, 1).link(f"L0N0 to L{MOST_HOPS + 1}N0").chains


PIECES = "pump trip|LowFlow|worn seal|Cavitation|gauge|SealChange|causes|fixed by| |?|.|\n|\x1b|x"


@given(st.lists(st.sampled_from(PIECES.split("|"))).map(" ".join) | st.text())
def test_any_text_is_linked(text: str) -> None:
    link = LINKER.link(text)
    assert set(link.entities) <= GRAPH.entity_index.keys()
    for chain in link.chains:
        for edge, following in pairwise(chain):
            ends = [{GRAPH.edge_source[e], GRAPH.edge_target[e]} for e in (edge, following)]
            assert ends[0] & ends[1]


@pytest.mark.parametrize("template", [*TEMPLATES, *HELD_OUT_TEMPLATES])
def test_questions_as_tasks_word_them_give_their_chain(graph_file: Path, template: str) -> None:
    graph = load_graph(str(graph_file))
    linker = Linker(graph)
    draw = random.Random(template)
    for hops in (1, 2, 3, 5):
        here = draw.randrange(len(graph.entities))
        start, chain = here, list[int]()
        for _ in range(hops):
            chain.append(draw.randrange(int(graph.out_start[here]), int(graph.out_start[here + 1])))
            here = int(graph.edge_target[chain[-1]])
        asked = question(
            graph.entities[start].id,
            [phrase_of(graph.relations[int(graph.edge_relation[edge])]) for edge in chain],
            [noun_of(graph.entities[int(graph.edge_target[edge])].type) for edge in chain],
            template,
        )
        links = linker.link(asked)
        assert tuple(chain) in links.chains or links.more
