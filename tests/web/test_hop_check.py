"""The statement check against thirty answers whose clauses were labelled by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from graphtutor.completion.parser import parse
from graphtutor.graph.load import load_graph

from .asking import Browser
from .records import write_run

Browse = Callable[..., Browser]
LABELLED: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("hop_traces.yaml").read_text("utf-8")
)
VERDICTS = {
    "exact": "true edge",
    "wrong direction": "wrong direction",
    "wrong relation": "wrong relation",
    "not in graph": "not in the graph",
    "unknown entity": "unknown entity",
    "unparsed": "unknown relation",
}


def seed_record(labelled: dict[str, Any]) -> dict[str, Any]:
    """The answer as the seed's program logs it: no claims, so the app reads them itself."""
    parsed = parse(labelled["completion"])
    options = "".join(f"{letter}) {name}\n" for letter, name in labelled["options"].items())
    return {
        "phase": "sft",
        "step": 0,
        "ex_id": labelled["id"],
        "split": "eval",
        "prompt": f"Question: What follows from {labelled['start']}?\n{options}",
        "completion": labelled["completion"],
        "parsed": {
            "answer": parsed.answer,
            "trace_text": parsed.trace or "",
            "trace_entities": [],
            "path_entities": [labelled["start"]],
            "valid_format": parsed.valid,
        },
        "reward": {"correctness": -2.0, "path_coverage": 0.0, "path_reward": 0.0, "total": -2.0},
    }


@pytest.fixture
def page(tmp_path: Path, browse: Browse) -> Browser:
    folder = write_run(tmp_path, "small", map(seed_record, LABELLED))
    (folder / "config.yaml").write_text("graph: software_troubleshooting\n", "utf-8")
    return browse(tmp_path)


def test_the_set_is_varied_and_its_edges_are_those_of_the_graphs_file() -> None:
    """Whoever edits the set: the labels are checked against the file, not against the reader."""
    assert len(LABELLED) == len({one["id"] for one in LABELLED}) == 30
    clauses = [clause for one in LABELLED for clause in one["clauses"]]
    counted = Counter(verdict for *_, verdict, _ in clauses)
    assert set(counted) == set(VERDICTS)
    assert all(count >= 2 for count in counted.values()), counted
    assert {one["ends"] for one in LABELLED} == {True, False, None}
    assert {clause[4] for clause in clauses} == {True, False}
    graph = load_graph("software_troubleshooting")
    edges = {
        (graph.entities[s].id, graph.relations[r].id, graph.entities[t].id)
        for s, r, t in graph.triple_set
    }
    pairs = {(source, target) for source, _, target in edges}
    for source, relation, target, verdict, _ in clauses:
        if verdict == "exact":
            assert (source, relation, target) in edges
        elif verdict == "wrong direction":
            assert (target, relation, source) in edges
            assert (source, relation, target) not in edges
        elif verdict == "wrong relation":
            assert (source, target) in pairs
            assert (source, relation, target) not in edges
        elif verdict == "not in graph":
            assert (source, target) not in pairs
            assert (target, relation, source) not in edges
        else:
            assert None in (source, relation, target)


@pytest.mark.parametrize("labelled", LABELLED, ids=lambda one: one["id"])
def test_every_clause_is_judged_as_a_person_judges_it(
    page: Browser, labelled: dict[str, Any]
) -> None:
    frame = page.get(f"/api/runs/small/episodes/sft/{labelled['id']}").json()
    assert frame["hops_from"] == "graph"
    found = [
        [h["source"], h["relation"], h["target"], h["verdict"], h["connected"]]
        for h in frame["hops"]
    ]
    wanted = [
        [source, relation, target, VERDICTS[verdict], connected]
        for source, relation, target, verdict, connected in labelled["clauses"]
    ]
    assert found == wanted, json.dumps(found)
    assert frame["ends_at_option"] is labelled["ends"]
