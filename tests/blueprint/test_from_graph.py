"""A blueprint from a graph: valid, through the gate, the same every time, and true to the graph."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphtutor.blueprint.domain import Domain
from graphtutor.blueprint.expand import expand
from graphtutor.blueprint.framework import Framework, Level, Merge
from graphtutor.blueprint.from_graph import FromGraph, domain_from_graph
from graphtutor.blueprint.from_graph_order import ordered_types
from graphtutor.blueprint.gate import check_domain
from graphtutor.blueprint.load import load_domain, load_framework
from graphtutor.cli.main import main
from graphtutor.errors import ConfigError, GraphError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import load_graph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.tasks.wording import phrase_of

FIRST = load_framework("first-principles")
FOUR = Framework(
    framework="four",
    title="Four levels",
    levels=(
        Level(id="claim", label="Claim", most_words=8),
        Level(id="gist", label="Gist", most_words=5),
        Level(id="chain", label="Chain", least_words=8, most_words=40),
        Level(id="further", label="Further", least_words=12, most_words=40),
    ),
    merge=Merge(label="In short", level="gist"),
)
BUNDLED = "software_troubleshooting"


@pytest.fixture(scope="module")
def bundled() -> FromGraph:
    return domain_from_graph(load_graph(BUNDLED), FIRST)


def chain(*names: str, **types: str) -> KnowledgeGraph:
    """A graph of one chain of entities, of type "thing" where ``types`` says nothing."""
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="chain",
            entities=tuple(Entity(id=n, label=n, type=types.get(n, "thing")) for n in names),
            relations=(Relation(id="leads_to", label="leads to"),),
            edges=tuple(Edge(src=a, rel="leads_to", dst=b) for a, b in pairwise(names)),
        )
    )


def test_the_bundled_graph_makes_a_whole_blueprint(bundled: FromGraph) -> None:
    assert len(bundled.domain.topics) >= 40
    assert len(bundled.domain.topics) + sum(bundled.left_out.values()) == 260
    assert check_domain(bundled.domain, FIRST) == []
    assert len({len(topic.strands) for topic in bundled.domain.topics}) > 1
    # The types in the order of their relations.
    titles = [evolution.title for evolution in bundled.domain.hierarchy]
    assert titles.index("Cause") < titles.index("Fix") < titles.index("Diagnostic")
    assert titles.index("Diagnostic") < titles.index("Tool")
    expansion = expand(bundled.domain, FIRST, 0)
    assert all(count for kind, count in expansion.kinds.items() if kind != "drill")
    assert len(expansion.examples) > 5000


@pytest.mark.parametrize("framework", [FIRST, FOUR], ids=["first-principles", "four"])
def test_every_statement_is_in_the_graph(framework: Framework) -> None:
    graph = load_graph(BUNDLED)
    label = {number: entity.label for number, entity in enumerate(graph.entities)}
    facts = {
        f"{label[s]} {phrase_of(graph.relations[r])} {label[t]}" for s, r, t in graph.triple_set
    }
    subjects = sorted(label.values(), key=len, reverse=True)
    longs = [level.id for level in framework.levels if level.least_words > 2]
    domain = domain_from_graph(graph, framework).domain
    assert check_domain(domain, framework) == []
    seen = 0
    for topic in domain.topics:
        for strand in topic.strands:
            for level in longs:
                said = strand[level].removesuffix(".").split(", which ")
                subject, visited = topic.title, [topic.title]
                for hop in said:
                    fact = f"{subject} {hop}" if hop is not said[0] else hop
                    assert fact in facts
                    subject = next(name for name in subjects if fact.endswith(f" {name}"))
                    visited.append(subject)
                    seen += 1
                assert len(set(visited)) == len(visited)
                assert said[0].startswith(f"{topic.title} ")
            assert len({strand[level] for level in longs}) == len(longs)
    assert seen > 300


def test_the_order_of_a_file_changes_nothing(bundled: FromGraph) -> None:
    file = load_graph(BUNDLED).to_file()
    turned = file.model_copy(
        update={
            "entities": file.entities[::-1],
            "edges": file.edges[::-1],
            "relations": file.relations[::-1],
        }
    )
    assert domain_from_graph(KnowledgeGraph.from_file(turned), FIRST) == bundled


def test_what_fills_no_strand_is_left_out_and_counted(graph_file: Path) -> None:
    data = json.loads(graph_file.read_text("utf-8"))
    data["entities"] += [
        {"id": "Lonely", "label": "Lonely", "type": "kind0"},
        {"id": "Marked", "label": "`Marked`", "type": "kind0"},
    ]
    data["edges"].append({"src": "Marked", "rel": "way_00", "dst": "Thing01"})
    graph = KnowledgeGraph.from_file(GraphFile.model_validate(data))
    made = domain_from_graph(graph, FIRST)
    assert check_domain(made.domain, FIRST) == []
    assert made.left_out["no statement begins there"] == 1
    assert made.left_out["the name is no plain text"] == 1
    assert len(made.domain.topics) + sum(made.left_out.values()) == 82
    assert "Lonely" not in {topic.title for topic in made.domain.topics}


def test_entities_with_one_label_go_by_their_ids(graph_file: Path) -> None:
    data = json.loads(graph_file.read_text("utf-8"))
    for entity in data["entities"][:2]:
        entity["label"] = "Twin"
    made = domain_from_graph(KnowledgeGraph.from_file(GraphFile.model_validate(data)), FIRST)
    titles = {topic.title for topic in made.domain.topics}
    assert {"Thing00", "Thing01"} <= titles
    assert "Twin" not in titles


def ring(*phrases: str) -> KnowledgeGraph:
    """Four types in a ring, five entities each, joined by a relation for each of ``phrases``."""
    names = [[f"{kind} {n}" for n in range(5)] for kind in "ABCD"]
    pairs = [(a, b) for k in range(4) for a, b in zip(names[k], names[(k + 1) % 4], strict=True)]
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="ring",
            entities=tuple(Entity(id=n, label=n, type=n[0]) for some in names for n in some),
            relations=tuple(Relation(id=p, label=p, phrase=p) for p in phrases),
            edges=tuple(Edge(src=a, rel=p, dst=b) for a, b in pairs for p in phrases),
        )
    )


def test_types_with_one_kind_of_statement_share_an_evolution() -> None:
    domain = domain_from_graph(ring("uses"), FIRST).domain
    assert [(e.title, e.subtopics) for e in domain.hierarchy] == [
        ("A, b", ("A uses b", "B uses c")),
        ("C, d", ("C uses d", "D uses a")),
    ]
    assert len(domain.topics) == 20
    assert check_domain(domain, FIRST) == []


def test_no_two_strands_have_one_name() -> None:
    """Where there is room for the target alone, two relations to it would read the same."""
    name = FIRST.levels[0].model_copy(update={"most_words": 2})
    narrow = FIRST.model_copy(update={"levels": (name, *FIRST.levels[1:])})
    topics = domain_from_graph(ring("uses", "needs"), narrow).domain.topics
    assert {len(topic.strands) for topic in topics} == {1}
    assert {
        len(topic.strands)
        for topic in domain_from_graph(ring("uses", "needs"), FIRST).domain.topics
    } == {2}


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (chain("A", "B"), "no entity whose statements fill a strand"),
        (chain(*"ABCDEFGH"), "of the types thing"),
    ],
)
def test_a_graph_that_cannot_says_why(graph: KnowledgeGraph, said: str) -> None:
    with pytest.raises(GraphError, match=said):
        domain_from_graph(graph, FIRST)


def test_two_levels_are_too_few(graph_file: Path) -> None:
    two = FOUR.model_copy(update={"levels": FOUR.levels[:2]})
    with pytest.raises(ConfigError, match="three levels"):
        domain_from_graph(load_graph(str(graph_file)), two)


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
@settings(max_examples=40)
def test_without_a_circle_no_relation_runs_back(pairs: set[tuple[int, int]]) -> None:
    """Names do not tell the order: they are reversed."""
    edges = {(f"t{9 - a}", f"t{9 - b}"): 1 for a, b in pairs if a < b}
    order = ordered_types([f"t{n}" for n in range(2, 10)], edges)
    assert sorted(order) == [f"t{n}" for n in range(2, 10)]
    assert all(order.index(a) < order.index(b) for a, b in edges)


def test_a_circle_is_opened_where_it_is_thin() -> None:
    edges = {("a", "b"): 9, ("b", "c"): 9, ("c", "a"): 1}
    assert ordered_types("abc", edges) == ["a", "b", "c"]


def test_the_command_builds_checks_and_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    out = tmp_path / "graph.yaml"
    given_: list[Any] = ["blueprint", "build", str(out), "--graph", BUNDLED]
    assert main([*given_, "--title", "Repair", "--style", "Terse.", "--id", "mending"]) == 0
    assert "260 topics" in capsys.readouterr().out
    domain: Domain = load_domain(str(out))
    assert (domain.domain, domain.title, domain.style) == ("mending", "Repair", "Terse.")
    assert main(["blueprint", "check", str(out)]) == 0
    assert main(given_) == 2
    assert "one that exists" in capsys.readouterr().err
    assert main([*given_[:2], str(tmp_path / "b.yaml"), "--graph", BUNDLED, "--model", "m"]) == 2
    assert "no --model" in capsys.readouterr().err
    assert main([*given_[:2], str(tmp_path / "b.yaml"), "--graph", BUNDLED, "--id", "A b"]) == 2
    assert "--id" in capsys.readouterr().err
