"""Every address on a real run: what it says is what the run's files say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .asking import Browser

Browse = Callable[..., Browser]


@pytest.fixture
def page(finished: Path, browse: Browse) -> Browser:
    return browse(finished)


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def read_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_list_has_the_figures_of_metrics_with_n_and_interval(
    page: Browser, finished: Path
) -> None:
    answer = page.get("/api/runs").json()
    assert answer["unreadable"] == []
    (run,) = answer["runs"]
    assert (run["id"], run["model"], run["backend"], run["seed"]) == ("small", "nano", "fake", 0)
    assert run["graph"] == "kg.json"  # and not where it lies
    assert run["banner"] is None
    assert (run["audit"], run["live"]) == ("passes", False)
    metrics = read(finished / "small" / "metrics.json")["splits"]["eval"]
    assert [phase["phase"] for phase in run["phases"]] == ["base", "sft", "rsft"]
    for phase in run["phases"]:
        figures = metrics[phase["phase"]]
        assert phase["n"] == phase["right"]["n"] == figures["n"] == 8
        assert phase["right"]["rate"] == figures["accuracy"]
        assert [phase["right"]["low"], phase["right"]["high"]] == figures["intervals"]["accuracy"]
        assert phase["grounded"]["rate"] == figures["grounded_accuracy"]
        assert {k: v["right"]["rate"] for k, v in phase["by_hop"].items()} == {
            k: v["accuracy"] for k, v in figures["by_hop"].items()
        }


def test_the_page_of_a_run(page: Browser, finished: Path) -> None:
    run = page.get("/api/runs/small").json()
    assert run["config"]["sft"]["steps"] == 3
    assert run["meta"]["run_id"] == "small"
    assert run["files"]["episodes.jsonl"] == (finished / "small/episodes.jsonl").stat().st_size
    assert "tasks/eval.jsonl" in run["files"]
    assert (run["problems"], run["problem_count"]) == ([], 0)
    assert run["tabs"] == dict.fromkeys(run["tabs"], True)
    assert run["paired"][0]["phase"] == "sft"
    assert run["references"]["graph oracle"]["rate"] == 1.0
    assert run["sampling"][0]["phase"] == "rsft"
    letters = run["phases"][-1]["letter_bias"]
    assert sum(letters.values()) == round(8 * run["phases"][-1]["format"]["rate"])


def test_the_curves_are_those_of_the_logs(page: Browser, finished: Path) -> None:
    view = page.get("/api/runs/small/training").json()
    log = read_lines(finished / "small" / "train_log.jsonl")
    drawn = [(c["phase"], p[1], p[2]) for c in view["loss"] for p in c["points"]]
    assert drawn == [(x["phase"], x["step"], x["loss"]) for x in log]
    curve = read_lines(finished / "small" / "curve.jsonl")
    assert [(c["total_step"], c["accuracy"]["rate"], c["n"]) for c in view["curve"]] == [
        (x["total_step"], x["accuracy"], x["n"]) for x in curve
    ]
    # RSFT begins where SFT ended, after three steps.
    assert view["marks"] == [
        {"total_step": 0, "phase": "base"},
        {"total_step": 3, "phase": "sft"},
        {"total_step": 5, "phase": "rsft"},
    ]
    assert view["loss"][1]["points"][0][:2] == [4, 1]


def test_an_altered_log_alters_the_curve(runs: Path, browse: Browse) -> None:
    page, log = browse(runs), runs / "small" / "train_log.jsonl"
    before = page.get("/api/runs/small/training").json()["loss"][0]["points"][0][2]
    lines = read_lines(log)
    lines[0]["loss"] = before + 1
    log.write_text("".join(json.dumps(x) + "\n" for x in lines), "utf-8")
    assert page.get("/api/runs/small/training").json()["loss"][0]["points"][0][2] == before + 1


def test_the_table(page: Browser, finished: Path) -> None:
    lines = [x for x in read_lines(finished / "small/episodes.jsonl") if x["phase"] == "rsft"]
    table = page.get("/api/runs/small/episodes?phase=rsft&limit=3&offset=2").json()
    assert (table["total"], table["matched"], table["offset"]) == (8, 8, 2)
    assert [row["ex_id"] for row in table["rows"]] == [x["ex_id"] for x in lines[2:5]]
    for row, x in zip(table["rows"], lines[2:5], strict=True):
        assert row["right"] == (x["parsed"].get("answer") == x["answer_star"])
        assert (row["reward"], row["tokens"]) == (x["reward"]["total"], x["tokens"])
        assert f"Question: {row['question']}\n" in x["prompt"]
    found = page.get(f"/api/runs/small/episodes?phase=rsft&find={lines[4]['ex_id']}").json()
    assert found["found"] == 4


def test_a_frame(page: Browser, finished: Path) -> None:
    x = read_lines(finished / "small/episodes.jsonl")[-1]
    frame = page.get(f"/api/runs/small/episodes/rsft/{x['ex_id']}").json()
    assert (frame["i"], frame["count"]) == (7, 8)
    assert frame["next"] is None
    assert frame["prev"] == read_lines(finished / "small/episodes.jsonl")[-2]["ex_id"]
    assert frame["options"] == x["options"]
    assert frame["completion"] == x["completion"]
    assert "".join(s["text"] for s in frame["trace"]) == x["parsed"]["trace_text"]
    assert [h["verdict"] for h in frame["hops"]] == [h["verdict"] for h in x["hops"]]
    assert [mark["phase"] for mark in frame["phases"]] == ["base", "sft", "rsft"]
    assert frame["gold"]["entities"] == x["parsed"]["path_entities"]
    assert [r["id"] for r in frame["gold"]["relations"]] == x["relations"]
    assert all(r["phrase"] for r in frame["gold"]["relations"])


def test_the_same_task_in_several_phases(page: Browser) -> None:
    frames = page.get("/api/runs/small/compare/eval_000000?phases=sft,base").json()["frames"]
    assert [f["phase"] for f in frames] == ["sft", "base"]
    every = page.get("/api/runs/small/compare/eval_000000").json()["frames"]
    assert [f["phase"] for f in every] == ["base", "sft", "rsft"]
    assert page.get("/api/runs/small/compare/eval_000000?phases=dpo").status == 404


def test_what_changed_between_two_phases(page: Browser, finished: Path) -> None:
    right: dict[str, dict[str, bool]] = {}
    for x in read_lines(finished / "small/episodes.jsonl"):
        right.setdefault(x["phase"], {})[x["ex_id"]] = x["parsed"].get("answer") == x["answer_star"]
    changes = page.get("/api/runs/small/changes?from=base&to=rsft").json()
    base, rsft = right["base"], right["rsft"]
    assert changes["fixed"] == [i for i in rsft if rsft[i] and not base[i]]
    assert changes["regressed"] == [i for i in rsft if base[i] and not rsft[i]]
    same = changes["same_right"] + changes["same_wrong"]
    assert same + len(changes["fixed"]) + len(changes["regressed"]) == changes["n"] == 8
    assert page.get("/api/runs/small/changes?from=base").status == 404


def test_the_candidate_pool(page: Browser, finished: Path) -> None:
    lines = read_lines(finished / "small/candidates.jsonl")
    pool = page.get("/api/runs/small/candidates").json()
    assert pool["rounds"] == [{"phase": "rsft", "round": 1}]
    assert pool["total"] == pool["matched"] == len({x["ex_id"] for x in lines}) == 12
    assert pool["summary"]["k"] == 3
    for group in pool["groups"]:
        mine = [x for x in lines if x["ex_id"] == group["ex_id"]]
        totals = [x["reward"]["total"] for x in mine]
        assert group["k"] == len(mine) == 3
        assert group["kept"] == sum(x["kept"] for x in mine)
        assert group["distinct"] == len({x["completion"] for x in mine})
        assert group["spread"] == pytest.approx(max(totals) - min(totals))
    for name, fits in {
        "won": lambda g: g["kept"] > 0,
        "no_winner": lambda g: g["kept"] == 0,
        "zero_spread": lambda g: g["spread"] == 0,
    }.items():
        wanted = [g["ex_id"] for g in pool["groups"] if fits(g)]
        shown = page.get(f"/api/runs/small/candidates?filter={name}").json()
        assert [g["ex_id"] for g in shown["groups"]] == wanted
    assert page.get("/api/runs/small/candidates?phase=dpo").status == 404


def test_the_samples_of_a_task(page: Browser, finished: Path) -> None:
    lines = read_lines(finished / "small/candidates.jsonl")
    won = next(x for x in lines if x["kept"])
    found = page.get(f"/api/runs/small/candidates/rsft/1/{won['ex_id']}").json()
    mine = [x for x in lines if x["ex_id"] == won["ex_id"]]
    assert found["profile"] == "grounded-1.0"
    assert "grounded" in found["rule"]
    assert found["task"]["answer_star"] in "ABCD"
    assert [s["kept"] for s in found["samples"]] == [x["kept"] for x in mine]
    for sample, x in zip(found["samples"], mine, strict=True):
        shown = sum(term["shown"] for term in sample["reward"]["terms"])
        assert shown == pytest.approx(x["reward"]["total"], abs=0.005)
        first = next(y["k"] for y in mine if y["completion"] == x["completion"])
        assert sample["duplicate_of"] == (None if first == x["k"] else first)
    # The winner is the best of those that could win.
    able = [s for s in found["samples"] if s["reason"] in ("kept", "lower score")]
    best = max(s["reward"]["total"] for s in able)
    assert [s["reward"]["total"] for s in found["samples"] if s["kept"]] == [best]


def test_the_audit(page: Browser) -> None:
    audit = page.get("/api/runs/small/audit").json()
    assert (audit["level"], audit["banner"], audit["overlaps"]) == ("green", None, [])
    assert all(audit[name] for name in ("leaks", "well_posedness", "shortcuts"))
    assert audit["edges"]["seen"]["rate"] == 1.0
    assert audit["edges"]["paths"]["k"] == 0


def test_the_distribution_is_that_of_the_metrics(page: Browser, finished: Path) -> None:
    metrics = read(finished / "small" / "metrics.json")["splits"]["eval"]
    view = page.get("/api/runs/small/distribution").json()
    assert {(c["phase"], str(c["hop"])): c["right"]["rate"] for c in view["by_hop"]} == {
        (phase, hop): cell["accuracy"]
        for phase, figures in metrics.items()
        for hop, cell in figures["by_hop"].items()
    }
    split = {row["phase"]: (row["train_split"], row["trained_on"]) for row in view["matrix"]}
    assert split["base"] == ("none", [])
    assert split["sft"] == ("train", ["train.jsonl"])
    assert split["rsft"][0] == "train_long"


def test_the_probes_agree_with_the_metrics(page: Browser, finished: Path) -> None:
    metrics = read(finished / "small" / "metrics.json")["splits"]["eval"]
    view = page.get("/api/runs/small/probes").json()
    moved = {row["phase"]: row for row in view["rotation"]}
    for phase in ("sft", "rsft"):
        figures = metrics[phase]["rotation"]
        assert moved[phase]["n"] == figures["n"]
        assert moved[phase]["mean"]["rate"] == pytest.approx(figures["accuracy"])
        assert moved[phase]["all_four"]["rate"] == pytest.approx(figures["consistency"])
        assert {k: v["rate"] for k, v in moved[phase]["by_letter"].items()} == figures["recall"]
    assert {row["name"] for row in view["wording"]} == set(metrics["sft"]["wording"])
    assert view["retrieval"][0]["right"]["rate"] == metrics["sft"]["retrieval"]["accuracy"]
    assert view["by_seen"]


def test_examples_are_tasks_of_the_run(page: Browser, finished: Path) -> None:
    tasks = {x["id"]: x for x in read_lines(finished / "small/tasks/eval.jsonl")}
    examples = page.get("/api/runs/small/examples?n=3").json()
    assert len(examples) == 3
    for example in examples:
        assert tasks[example["ex_id"]]["options"] == example["options"]


def test_runs_side_by_side_show_only_what_differs(runs: Path, browse: Browse) -> None:
    other = runs / "other"
    other.mkdir()
    for file in ("metrics.json", "meta.json", "config.yaml"):
        (other / file).write_bytes((runs / "small" / file).read_bytes())
    text = (other / "config.yaml").read_text("utf-8").replace("steps: 3", "steps: 9")
    (other / "config.yaml").write_text(text, "utf-8")
    answer = browse(runs).get("/api/compare?runs=small,other").json()
    assert [run["id"] for run in answer["runs"]] == ["small", "other"]
    assert answer["config_diff"] == [{"key": "sft.steps", "values": [3, 9]}]
    assert browse(runs).get("/api/compare?runs=small,nobody").status == 404
    assert browse(runs).get("/api/compare").status == 400


def test_an_answer_is_tagged_zipped_and_not_sent_twice(page: Browser) -> None:
    first = page.get("/api/runs/small", accept_encoding="gzip")
    assert first.headers["content-encoding"] == "gzip"
    again = page.get("/api/runs/small", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_head_is_answered_like_get_and_other_addresses_are_404_in_json(page: Browser) -> None:
    assert page.ask("HEAD", "/api/runs").status == 200
    for path in ("/api", "/api/", "/api/nothing", "/nothing"):
        answer = page.get(path)
        assert answer.status == 404
        assert set(answer.json()["error"]) == {"where", "wanted", "got", "remedy"}
    assert page.ask("PUT", "/api/runs", b"{}", {"content-type": "application/json"}).status == 405


def test_the_pages_of_the_app_are_served(finished: Path, browse: Browse, tmp_path: Path) -> None:
    assert browse(finished).get("/").status == 503
    (tmp_path / "index.html").write_text("<p>the app</p>", "utf-8")
    page = browse(finished, static=tmp_path)
    assert page.get("/").body == b"<p>the app</p>"
    assert page.get("/../conftest.py").status == 404
    assert page.get("/api/health").json()["ok"] is True
