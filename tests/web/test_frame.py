"""Frames: set algebra of the subgraph, hop check, traces, and rewards whose terms sum up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.graph.load import load_graph
from graphtutor.web.episode import LogEpisode, read_episode
from graphtutor.web.frame import Frame, FramePlace, build_frame
from graphtutor.web.graph_view import GraphView
from graphtutor.web.reward_bars import Weights

from .records import line, seed_line

PLACE = FramePlace("run")


def framed(record: dict[str, Any], graph: GraphView | None = None) -> Frame:
    episode = read_episode(record)
    assert isinstance(episode, LogEpisode), episode
    return build_frame(episode, PLACE, graph, Weights())


@pytest.fixture(scope="module")
def graph(graph_file: Path) -> GraphView:
    return GraphView.of(load_graph(str(graph_file)))


def all_of(finished: Path) -> list[dict[str, Any]]:
    logs = ("episodes.jsonl", "probes.jsonl", "facts.jsonl")
    return [
        json.loads(text)
        for log in logs
        for text in (finished / "small" / log).read_text("utf-8").splitlines()
    ]


def test_the_kinds_are_set_algebra_on_every_record(finished: Path, graph: GraphView) -> None:
    for record in all_of(finished):
        frame = framed(record, graph)
        path, named = record["parsed"]["path_entities"], set(record["parsed"]["trace_entities"])
        kinds = {node.id: node.kind for node in frame.graph.nodes}
        assert len(kinds) == len(frame.graph.nodes) <= 18
        wanted = {e: "mentioned" if e in named else "missed" for e in path}
        wanted |= {e: "off_path" for e in record["parsed"]["trace_entities"] if e not in path}
        assert kinds == wanted
        assert [n.id for n in frame.graph.nodes if n.start] == path[:1]
        assert [n.id for n in frame.graph.nodes if n.answer] == path[-1:]
        gold = [(e.source, e.relation, e.target) for e in frame.graph.edges if e.kind == "gold"]
        assert gold == list(zip(path, record["relations"], path[1:], strict=False))
        ends = {e.source for e in frame.graph.edges} | {e.target for e in frame.graph.edges}
        assert ends <= set(kinds)


def test_edges_say_what_the_graph_says_of_them(finished: Path, graph: GraphView) -> None:
    true = {
        (graph.graph.entities[s].id, graph.graph.relations[r].id, graph.graph.entities[t].id)
        for s, r, t in graph.graph.triple_set
    }
    seen = set()
    for record in all_of(finished):
        for edge in framed(record, graph).graph.edges:
            triple = (edge.source, edge.relation, edge.target)
            assert (triple in true) == (edge.kind != "false"), triple
            assert edge.phrase
            assert not (edge.kind == "context" and edge.claimed)
            seen.add(edge.kind)
    assert {"gold", "claimed", "context"} <= seen


def test_the_terms_sum_to_the_recorded_total(finished: Path, graph: GraphView) -> None:
    for record in all_of(finished):
        reward = framed(record, graph).reward
        assert reward is not None
        shown = sum(term.shown for term in reward.terms)
        assert shown == pytest.approx(record["reward"]["total"], abs=0.005)
        assert reward.total == pytest.approx(shown)
        assert "rest" not in {term.name for term in reward.terms}
        assert reward.invalid == (not record["parsed"]["valid_format"])
        assert reward.grounded_total == record["grounded_reward"]


FIGURES = st.floats(-5, 5)


@given(st.fixed_dictionaries({}, optional={
    name: st.one_of(st.none(), FIGURES)
    for name in ("correctness", "path_coverage", "path_reward", "spam_penalty",
                 "false_edge_penalty", "format_penalty", "total")
}))  # fmt: skip
def test_whatever_is_recorded_the_terms_sum_to_the_total(reward: dict[str, float | None]) -> None:
    bars = framed({**line("sft", "t"), "reward": reward}).reward
    told = {k: v for k, v in reward.items() if v is not None and k != "path_coverage"}
    assert (bars is None) == (told == {})
    if bars is not None:
        assert bars.total == pytest.approx(sum(term.shown for term in bars.terms))
        if reward.get("total") is not None:
            assert bars.total == pytest.approx(reward["total"], abs=0.005)


def test_a_total_with_more_in_it_than_its_terms_says_so() -> None:
    reward = {"correctness": -2.0, "path_coverage": 0.33, "path_reward": 0.33, "total": -1.6}
    bars = framed({**line("sft", "t"), "reward": reward}).reward
    assert bars is not None
    assert [(term.name, round(term.shown, 3)) for term in bars.terms] == [
        ("correctness", -2.0),
        ("path_reward", 0.165),
        ("rest", 0.235),
    ]


def test_hops_are_as_recorded_and_else_read_with_the_graph(
    finished: Path, graph: GraphView
) -> None:
    checked = 0
    for record in all_of(finished):
        frame = framed(record, graph)
        bare = {k: v for k, v in record.items() if k != "hops"}
        again = framed(bare, graph)
        assert frame.hops_from == "log"
        assert again.hops_from == "graph"
        assert again.hops == frame.hops
        assert framed(bare).hops is None
        checked += len(frame.hops or ())
    assert checked > 100


def test_a_hop_is_connected_where_the_one_before_it_ended() -> None:
    def hop(source: str | None, target: str | None, verdict: str = "true edge") -> dict[str, Any]:
        return {"source": source, "relation": "r", "target": target, "verdict": verdict, "text": ""}

    hops = [hop("Cloud", "Rain"), hop("Rain", "Sun", "not in the graph"), hop("Rain", "Flood")]
    frame = framed(line("sft", "t", hops=[*hops, hop(None, "Wind", "unknown entity")]))
    assert [h.connected for h in frame.hops or ()] == [True, True, False, False]
    assert frame.ends_at_option is False
    assert framed(line("sft", "t", hops=hops)).ends_at_option is True
    assert framed(line("sft", "t", hops=[])).ends_at_option is False
    assert framed(line("sft", "t", None, hops=hops)).ends_at_option is None


def test_false_edges_and_claims_off_the_path_are_drawn() -> None:
    hops = [
        {"source": "Cloud", "relation": "brings", "target": "Rain", "verdict": "true edge"},
        {"source": "Cloud", "relation": "hides", "target": "Sun", "verdict": "true edge"},
        {"source": "Sun", "relation": "causes", "target": "Flood", "verdict": "wrong relation"},
        {"source": "Sun", "relation": None, "target": "Flood", "verdict": "unknown relation"},
        {"source": "Sun", "relation": "causes", "target": "Moon", "verdict": "not in the graph"},
    ]
    record = line("sft", "t", hops=hops)
    record["parsed"]["trace_entities"] = ["Cloud", "Rain", "Sun"]
    edges = {(e.source, e.target): (e.kind, e.claimed) for e in framed(record).graph.edges}
    assert edges == {
        ("Cloud", "Rain"): ("gold", True),
        ("Rain", "Flood"): ("gold", False),
        ("Cloud", "Sun"): ("claimed", True),
        ("Sun", "Flood"): ("false", True),
    }


def test_no_more_than_eighteen_nodes() -> None:
    record = line("sft", "t")
    record["parsed"]["trace_entities"] = [f"E{n}" for n in range(30)]
    graph = framed(record).graph
    assert (len(graph.nodes), graph.left_out) == (18, 15)
    assert [n.id for n in graph.nodes[:3]] == ["Cloud", "Rain", "Flood"]


NAMES = st.sampled_from(["Cloud", "Rain", "Flood", "Sun", "Moon", " ", ".", "<b>", "rain"])


@given(st.lists(NAMES, max_size=30))
def test_the_pieces_of_a_trace_are_the_trace(words: list[str]) -> None:
    trace = " ".join(words).strip() or "x"
    record = line("sft", "t", completion=f"TRACE: {trace}\nANSWER: B")
    record["parsed"] |= {"trace_text": trace, "trace_entities": []}
    pieces = framed(record).trace
    assert "".join(piece.text for piece in pieces) == trace
    for piece in pieces:
        assert (piece.entity is None) == (piece.kind is None)
        if piece.kind == "gold":
            assert piece.text == piece.entity in ("Cloud", "Rain", "Flood")


def test_an_invalid_answer_shows_all_that_was_said() -> None:
    frame = framed(seed_line("base", "t", None))
    assert "".join(piece.text for piece in frame.trace) == "I do not know"
    assert frame.answer is None
    assert {node.kind for node in frame.graph.nodes} == {"missed"}


def test_a_graph_with_another_content_is_not_used(finished: Path, tmp_path: Path) -> None:
    from graphtutor.web.graph_view import graph_of
    from graphtutor.web.run_files import RunFiles

    small = finished / "small"
    assert graph_of(RunFiles(small)) is not None
    meta = json.loads((small / "meta.json").read_text("utf-8"))
    meta["graph"]["digest"] = "0" * 64
    (tmp_path / "meta.json").write_text(json.dumps(meta), "utf-8")
    (tmp_path / "config.yaml").write_bytes((small / "config.yaml").read_bytes())
    other = RunFiles(tmp_path)
    assert graph_of(other) is None
    assert "another content" in other.problems[0].reason
