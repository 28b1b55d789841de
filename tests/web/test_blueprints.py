"""Blueprints over HTTP: the domains as they are, a run's figures and answers, damage named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from graphtutor.blueprint.load import domain_names, load_domain
from graphtutor.io.jsonl import read_jsonl
from graphtutor.runs.blueprint import BlueprintAnswer, BlueprintMetrics
from graphtutor.runs.record_file import read_record

from .asking import Browser
from .blueprint_run import make_blueprint_run

Browse = Callable[..., Browser]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_blueprint_run(tmp_path_factory.mktemp("blueprints"))


@pytest.fixture
def page(trained: Path, tmp_path: Path, browse: Browse) -> Browser:
    return browse(tmp_path, blueprints=trained)


def test_a_domain_is_its_hierarchy_with_numbers_and_strands(page: Browser) -> None:
    shown = page.get("/api/blueprints/physics").json()
    domain = load_domain("physics")
    assert [e["title"] for e in shown["hierarchy"]] == [e.title for e in domain.hierarchy]
    second = shown["hierarchy"][1]["subtopics"]
    assert [s["number"] for s in second] == [f"2.{n + 1}" for n in range(len(second))]
    topics = [t for e in shown["hierarchy"] for s in e["subtopics"] for t in s["topics"]]
    assert sorted(t["id"] for t in topics) == sorted(t.id for t in domain.topics)
    ids = [level["id"] for level in shown["levels"]]
    known = {topic.id: topic for topic in domain.topics}
    for topic in topics:
        strands = known[topic["id"]].strands
        assert [dict(zip(ids, texts, strict=True)) for texts in topic["strands"]] == [*strands]
        assert topic["short"] == " / ".join(strand["core"] for strand in strands)


def test_all_domains_and_runs_are_listed_and_nothing_else(page: Browser) -> None:
    listed = page.get("/api/blueprints").json()
    assert [d["id"] for d in listed["domains"]] == domain_names()
    assert (listed["runs"], listed["unreadable"]) == (["one"], [])


def test_figures_are_those_of_the_run(page: Browser, trained: Path) -> None:
    shown = page.get("/api/blueprints/runs/one").json()
    metrics = read_record(trained / "one" / "metrics.json", BlueprintMetrics)
    assert (shown["train"], shown["valid"]) == (metrics.train, metrics.valid)
    assert [p["phase"] for p in shown["phases"]] == ["base", "sft"]
    for told in shown["phases"]:
        known = metrics.phases[told["phase"]]
        assert known.well_formed is not None
        rate = told["well_formed"]
        assert (rate["rate"], rate["n"]) == (known.well_formed.share, known.well_formed.n)
        assert (rate["low"], rate["high"]) == known.well_formed.interval
        assert {*told["components"]} == {*known.components}
        assert {*told["closed"]} == {*known.closed}


def test_answers_stand_beside_each_other_and_are_filtered(page: Browser, trained: Path) -> None:
    here = "/api/blueprints/runs/one/answers"
    lines = read_jsonl(trained / "one" / "answers.jsonl", BlueprintAnswer)
    keys = {line.key for line in lines}
    all_rows = page.get(f"{here}?limit=50").json()
    assert all_rows["total"] == all_rows["matched"] == len(keys)
    first = all_rows["rows"][0]
    by_phase = {line.phase: line for line in lines if line.key == first["key"]}
    assert [a["phase"] for a in first["answers"]] == ["base", "sft"]
    assert [a["answer"] for a in first["answers"]] == [by_phase[p].answer for p in ("base", "sft")]
    assert first["reference"] == by_phase["sft"].reference
    good = {x.key for x in lines if x.phase == "sft" and (x.well_formed or x.right)}
    assert page.get(f"{here}?form=good").json()["matched"] == len(good)
    assert page.get(f"{here}?form=bad").json()["matched"] == len(keys - good)
    assert page.get(f"{here}?domain=finance").json()["matched"] == 0
    assert page.get(f"{here}?offset=1&limit=1").json()["rows"] == all_rows["rows"][1:2]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/blueprints/alchemy", 404),
        ("/api/blueprints/..%2Fdomains%2Fphysics", 404),
        ("/api/blueprints/physics.yaml", 404),
        ("/api/blueprints/runs/none", 404),
        ("/api/blueprints/runs/..", 404),
        ("/api/blueprints/runs/%2Fetc", 404),
        ("/api/blueprints/runs/one/answers?form=odd", 400),
        ("/api/blueprints/runs/one/answers?offset=-1", 400),
        ("/api/blueprints/runs/one/answers?limit=0", 400),
    ],
)
def test_what_is_not_there_is_refused(page: Browser, path: str, status: int) -> None:
    assert page.get(path).status == status


def test_damage_is_named_and_hides_nothing_else(
    trained: Path, tmp_path: Path, browse: Browse
) -> None:
    root = Path(shutil.copytree(trained, tmp_path / "runs"))
    with (root / "one" / "answers.jsonl").open("a") as log:
        log.write('{"half": ')
    for name, text in (("broken", '{"kind": "blueprint", "train": "x"}'), ("other", "{}")):
        (root / name).mkdir()
        (root / name / "metrics.json").write_text(text, "utf-8")
    (root / "away").symlink_to(tmp_path.parent)
    page = browse(tmp_path, blueprints=root)
    listed = page.get("/api/blueprints").json()
    assert listed["runs"] == ["one"]
    assert [one["id"] for one in listed["unreadable"]] == ["broken"]
    assert "run_id" in listed["unreadable"][0]["reason"]
    assert page.get("/api/blueprints/runs/one").json()["bad_lines"] == 1
    metrics = json.loads((root / "one" / "metrics.json").read_text("utf-8"))
    (root / "one" / "metrics.json").write_text(json.dumps({**metrics, "phases": {}}), "utf-8")
    (root / "one" / "answers.jsonl").unlink()
    assert page.get("/api/blueprints/runs/one").json()["phases"] == []
    assert page.get("/api/blueprints/runs/one/answers").json()["rows"] == []


def test_without_runs_the_domains_are_there(tmp_path: Path, browse: Browse) -> None:
    for root in (None, tmp_path / "none"):
        listed = browse(tmp_path, blueprints=root).get("/api/blueprints").json()
        assert listed["runs"] == []
        assert len(listed["domains"]) == len(domain_names())
