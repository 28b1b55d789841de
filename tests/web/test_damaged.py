"""Runs that are half written, damaged or made by another program: shown, never a failure."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.web.pool import PoolQuery
from graphtutor.web.problem import WebError
from graphtutor.web.summary import RunDetail
from graphtutor.web.table import TableQuery

from .asking import Browser
from .records import line, seed_line, write_lines, write_run

Browse = Callable[..., Browser]
Ask = Callable[..., Any]

PAGES = ("", "/training", "/episodes", "/audit", "/distribution", "/probes", "/examples", "/story")
PAGES += ("/candidates",)


def shown(page: Browser, run: str = "small") -> dict[str, Any]:
    """Open every page of a run and return the first."""
    answers = [page.get(f"/api/runs/{run}{name}") for name in PAGES]
    assert [a.status for a in answers if a.status != 200] == []
    for answer in answers:
        answer.json()  # no NaN in it
    return answers[0].json()


def test_a_run_with_base_alone(tmp_path: Path, browse: Browse) -> None:
    write_run(tmp_path, "small", [line("base", f"t{i}", "A") for i in range(4)])
    run = shown(browse(tmp_path))
    assert [(p["phase"], p["n"], p["right"]["k"]) for p in run["phases"]] == [("base", 4, 0)]
    assert run["tabs"]["candidates"] is run["tabs"]["training"] is False
    frame = browse(tmp_path).get("/api/runs/small/episodes/base/t1").json()
    assert [m["phase"] for m in frame["phases"]] == ["base"]


def test_an_empty_log(tmp_path: Path, browse: Browse) -> None:
    write_run(tmp_path, "small", [])
    run = shown(browse(tmp_path))
    assert (run["phases"], run["problem_count"]) == ([], 0)
    assert browse(tmp_path).get("/api/runs/small/episodes/base/t1").status == 404


def test_a_run_without_a_log(runs: Path, browse: Browse) -> None:
    (runs / "small" / "episodes.jsonl").unlink()
    page = browse(runs)
    assert page.get("/api/runs").json()["runs"][0]["phases"][0]["n"] == 8
    assert page.get("/api/runs/small").status == 200
    answer = page.get("/api/runs/small/episodes")
    assert answer.status == 404
    assert answer.json()["error"]["wanted"] == "episodes.jsonl"


def test_a_blank_line_is_nothing(runs: Path, browse: Browse) -> None:
    log = runs / "small" / "episodes.jsonl"
    text = log.read_text("utf-8")
    log.write_text(text.replace("\n", "\n\n", 1), "utf-8")
    run = shown(browse(runs))
    assert run["problem_count"] == 0
    assert browse(runs).get("/api/runs/small/episodes").json()["total"] == 24


def test_bad_lines_are_counted_and_named(tmp_path: Path, browse: Browse) -> None:
    folder = write_run(tmp_path, "small", [line("sft", "t0")])
    bad = ["{", "[1]", '"text"', '{"phase": "sft"}', '{"ex_id": "t"}', "\x00", '{"a": 1' * 3]
    with (folder / "episodes.jsonl").open("a", encoding="utf-8") as log:
        log.write("\n".join(bad) + "\n" + json.dumps(line("sft", "t1")) + "\n")
    run = shown(browse(tmp_path))
    assert run["problem_count"] == len(bad)
    told = {p["line"]: p["reason"] for p in run["problems"]}
    assert sorted(told) == list(range(2, 2 + len(bad)))
    assert told[3] == "wanted an object, got list"
    assert "ex_id" in told[5]
    table = browse(tmp_path).get("/api/runs/small/episodes").json()
    assert (table["total"], table["problems"]) == (2, len(bad))


def test_only_the_first_problems_are_named(tmp_path: Path, browse: Browse) -> None:
    folder = write_run(tmp_path, "small", [])
    (folder / "episodes.jsonl").write_text("{\n" * 300, "utf-8")
    run = shown(browse(tmp_path))
    assert (len(run["problems"]), run["problem_count"]) == (50, 300)


def test_a_torn_last_line_waits_for_its_rest(tmp_path: Path, browse: Browse) -> None:
    folder = write_run(tmp_path, "small", [line("sft", "t0")])
    log, page = folder / "episodes.jsonl", browse(tmp_path)
    whole = json.dumps(line("sft", "t1")) + "\n"
    with log.open("a", encoding="utf-8") as stream:
        stream.write(whole[:100])
    # The log has just changed, so the run is being made and half a line is no error.
    run = shown(page)
    assert (run["live"], run["problem_count"]) == (True, 0)
    assert page.get("/api/runs/small/episodes").json()["total"] == 1
    with log.open("a", encoding="utf-8") as stream:
        stream.write(whole[100:])
    assert page.get("/api/runs/small/episodes").json()["total"] == 2


def test_a_torn_line_of_a_finished_run_is_told(runs: Path, browse: Browse) -> None:
    small = runs / "small"
    log = small / "episodes.jsonl"
    log.write_text(log.read_text("utf-8")[:-20], "utf-8")
    (small / "metrics.json").touch()
    run = shown(browse(runs))
    assert run["problems"] == [
        {"file": "episodes.jsonl", "line": 24, "reason": "the last line is not finished"}
    ]


def test_a_last_line_without_its_end_counts_if_it_is_whole(tmp_path: Path, browse: Browse) -> None:
    folder = write_run(tmp_path, "small", [line("sft", "t0")])
    log = folder / "episodes.jsonl"
    log.write_text(log.read_text("utf-8").rstrip(), "utf-8")
    page = browse(tmp_path)
    assert page.get("/api/runs/small/episodes").json()["total"] == 1
    with log.open("a", encoding="utf-8") as stream:
        stream.write("\n" + json.dumps(line("sft", "t1")) + "\n")
    table = page.get("/api/runs/small/episodes").json()
    assert [row["ex_id"] for row in table["rows"]] == ["t0", "t1"]


def test_appended_lines_appear(runs: Path, browse: Browse) -> None:
    page, log = browse(runs), runs / "small" / "episodes.jsonl"
    assert page.get("/api/runs/small/episodes").json()["total"] == 24
    with log.open("a", encoding="utf-8") as stream:
        for number in range(100):
            stream.write(json.dumps(line("dpo", f"new_{number}")) + "\n")
        stream.write('{"phase": "dpo", "ex_')
    table = page.get("/api/runs/small/episodes?phase=dpo").json()
    assert (table["total"], table["problems"]) == (100, 0)
    run = page.get("/api/runs/small").json()
    assert [p["phase"] for p in run["phases"]] == ["base", "sft", "rsft", "dpo"]
    assert run["phases"][-1]["right"]["n"] == 100


def test_a_log_written_anew_is_read_anew(tmp_path: Path, browse: Browse) -> None:
    folder, page = write_run(tmp_path, "small", [line("sft", f"t{i}") for i in range(5)]), None
    page = browse(tmp_path)
    assert page.get("/api/runs/small/episodes").json()["total"] == 5
    # Longer than before, but not a continuation.
    write_lines(folder / "episodes.jsonl", [line("rsft", f"u{i}") for i in range(9)])
    table = page.get("/api/runs/small/episodes").json()
    assert {row["phase"] for row in table["rows"]} == {"rsft"}
    assert table["total"] == 9


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", '"text"', "null"])
def test_a_reward_that_is_no_number_is_absent(tmp_path: Path, browse: Browse, value: str) -> None:
    folder = write_run(tmp_path, "small", [])
    text = json.dumps(line("sft", "t0")).replace('"total": 1.5', f'"total": {value}')
    assert value in text
    (folder / "episodes.jsonl").write_text(text + "\n", "utf-8")
    page = browse(tmp_path)
    run = shown(page)
    assert page.get("/api/runs/small/episodes").json()["rows"][0]["reward"] is None
    # The terms are recorded, so their sum is the total.
    frame = page.get("/api/runs/small/episodes/sft/t0").json()
    assert frame["reward"]["total"] == pytest.approx(1.5)
    told = [p["reason"] for p in run["problems"]]
    assert (told == []) == (value == "null")
    assert all("reward.total" in reason for reason in told)


def test_a_missing_reward_is_told_and_shown_as_none(tmp_path: Path, browse: Browse) -> None:
    bare = line("sft", "t0")
    del bare["reward"], bare["debug"]
    write_run(tmp_path, "small", [bare])
    page = browse(tmp_path)
    run = shown(page)
    assert "no reward" in run["problems"][0]["reason"]
    frame = page.get("/api/runs/small/episodes/sft/t0").json()
    assert (frame["reward"], frame["right"]) == (None, True)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"splits": 3}', "\xff", "NaN"])
@pytest.mark.parametrize("file", ["metrics.json", "meta.json", "audit.json", "config.yaml"])
def test_a_damaged_file_is_named_and_the_rest_is_shown(
    runs: Path, browse: Browse, file: str, content: str
) -> None:
    (runs / "small" / file).write_bytes(content.encode("latin-1"))
    page = browse(runs)
    assert page.get("/api/runs").status == 200
    run = shown(page)
    assert [p["n"] for p in run["phases"]] == [8, 8, 8]  # recounted from the log if need be
    if content in ("", "{", "[]", "\xff") and (file, content) != ("config.yaml", ""):
        assert file in {p["file"] for p in run["problems"]}


def test_a_phase_of_metrics_that_does_not_fit_is_counted_from_the_log(
    runs: Path, browse: Browse
) -> None:
    path = runs / "small" / "metrics.json"
    metrics = json.loads(path.read_text("utf-8"))
    before = metrics["splits"]["eval"]["rsft"]["accuracy"]
    metrics["splits"]["eval"]["rsft"]["accuracy"] = "high"
    path.write_text(json.dumps(metrics), "utf-8")
    run = shown(browse(runs))
    assert run["phases"][2]["right"]["rate"] == before
    assert "splits.eval.rsft" in run["problems"][0]["reason"]


def test_folders_that_are_no_runs_are_left_out_or_told(runs: Path, browse: Browse) -> None:
    (runs / "empty").mkdir()
    (runs / ".draft").mkdir()
    (runs / ".draft" / "config.yaml").touch()
    (runs / "a run").mkdir()
    (runs / "a run" / "metrics.json").touch()
    (runs / "note.txt").touch()
    answer = browse(runs).get("/api/runs").json()
    assert [run["id"] for run in answer["runs"]] == ["small"]
    assert [found["id"] for found in answer["unreadable"]] == ["a run"]


def test_no_folder_of_runs_is_an_empty_list(tmp_path: Path, browse: Browse) -> None:
    assert browse(tmp_path / "nowhere").get("/api/runs").json() == {"runs": [], "unreadable": []}


def test_the_seeds_format_is_shown_with_what_can_be_told(tmp_path: Path, browse: Browse) -> None:
    answers = {"sft": "ABAAABAAAB" * 2, "rsft": "BBABBBABBB" * 2}
    lines = [
        seed_line(p, f"e{i}", a) for p, letters in answers.items() for i, a in enumerate(letters)
    ]
    splits = {
        p: {"accuracy": s.count("B") / 20, "avg_path_coverage": 1.0, "avg_total_reward": 0.0}
        for p, s in answers.items()
    }
    metrics = {
        "run_id": "small",
        "splits": {"eval": splits},
        "curves": {"steps": [10, 20], "eval_accuracy": [0.1, 0.3]},
    }
    write_run(tmp_path, "small", lines, metrics=metrics)
    page = browse(tmp_path)
    run = shown(page)
    sft, rsft = run["phases"]
    assert (sft["right"]["rate"], rsft["right"]["rate"]) == (0.3, 0.8)
    assert rsft["right"]["n"] == 20
    assert rsft["right"]["low"] == pytest.approx(0.584, abs=0.001)
    assert rsft["grounded"] is None
    assert run["banner"]["level"] == "amber"
    frame = page.get("/api/runs/small/episodes/rsft/e0").json()
    assert frame["options"] == {"A": "Wind", "B": "Flood", "C": "Sun", "D": "Snow"}
    assert frame["answer_star"] == "B"
    assert frame["question"] == "What follows from Cloud?"
    wrong = page.get("/api/runs/small/episodes/sft/e0").json()
    assert (wrong["right"], wrong["answer"], wrong["answer_star"]) == (False, "A", "B")
    assert wrong["hops"] is wrong["ends_at_option"] is None
    changes = page.get("/api/runs/small/changes?from=sft&to=rsft").json()
    assert len(changes["fixed"]) == 10
    assert changes["regressed"] == []
    training = page.get("/api/runs/small/training").json()
    assert [(c["total_step"], c["accuracy"]["rate"]) for c in training["curve"]] == [
        (10, 0.1),
        (20, 0.3),
    ]


MARKUP = "<img src=x onerror=alert(1)></script><script>alert(1)</script>"


def test_markup_comes_back_as_the_text_that_it_is(tmp_path: Path, browse: Browse) -> None:
    hop = {"source": MARKUP, "relation": MARKUP, "target": MARKUP, "verdict": "true edge"}
    bad = line(
        "sft",
        "t0",
        completion=f"TRACE: {MARKUP}\nANSWER: B",
        options=dict.fromkeys("ABCD", MARKUP),
        prompt=f"Question: {MARKUP}\nA) x\n",
        relations=[MARKUP],
        hops=[{**hop, "text": MARKUP}],
        split="eval",
    )
    bad["parsed"] |= {
        "trace_text": MARKUP,
        "trace_entities": [MARKUP],
        "path_entities": [MARKUP, "b"],
    }
    meta = {"model": {"base": MARKUP}, "graph": {"name": MARKUP}, "created_at": MARKUP}
    write_run(tmp_path, "small", [bad], meta=meta)
    page = browse(tmp_path)
    shown(page)
    answer = page.get("/api/runs/small/episodes/sft/t0")
    frame = answer.json()
    assert frame["completion"] == f"TRACE: {MARKUP}\nANSWER: B"
    assert frame["graph"]["nodes"][0]["label"] == MARKUP
    assert frame["hops"][0]["source"] == MARKUP
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "script" not in answer.headers["content-security-policy"]


def _mutated(draw: random.Random, data: bytes) -> bytes:
    """Change a file as disks, editors and other programs do."""
    at = draw.randrange(len(data) + 1)
    kind = draw.randrange(6)
    if kind == 0:
        return data[:at]
    if kind == 1:
        junk = draw.choice((b"\n\n", b"\x00", b"\xff\xfe", b"NaN", b"1e999", b'"', b"[" * 3000))
        return data[:at] + junk + data[at:]
    if kind == 2:
        end = min(len(data), at + draw.randrange(1, 40))
        return data[:at] + data[end:]
    if kind == 3:
        noise = bytes(draw.randrange(256) for _ in range(8))
        return data[:at] + noise + data[at + 8 :]
    return _with_other_value(draw, data)


def _with_other_value(draw: random.Random, data: bytes) -> bytes:
    """Replace one value of one line, at any depth, by one of another kind."""
    lines = data.splitlines()
    number = draw.randrange(len(lines))
    record = place = json.loads(lines[number])
    while True:
        key = draw.choice(sorted(place) if isinstance(place, dict) else range(len(place)))
        inner = place[key]
        if isinstance(inner, dict | list) and inner and draw.random() < 0.7:
            place = inner
            continue
        others = (
            None,
            True,
            -1,
            10**30,
            -(10**400),
            0.5,
            "",
            "\ud800",
            "x" * 9,
            [],
            {},
            [{}],
            {"a": []},
        )
        place[key] = draw.choice(others)
        break
    lines[number] = json.dumps(record).encode()
    return b"\n".join(lines) + b"\n"


LOGS = ("episodes.jsonl", "candidates.jsonl", "train_log.jsonl", "curve.jsonl", "probes.jsonl")
WHOLE = ("metrics.json", "meta.json", "audit.json")


def _one(call: Callable[..., Any], *args: Any) -> Any:
    """Ask one thing; only errors of the asker's may come."""
    try:
        found = call(*args)
    except WebError as problem:
        if problem.status >= 500:
            raise
        return None
    json.loads(found.model_dump_json())
    return found


def _is_object(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data.decode("utf-8")), dict)
    except (ValueError, RecursionError):
        return False


def _bad_places(file: str, data: bytes) -> set[tuple[str, int]]:
    """Return file and line, 0 for the whole, of all that is no object; not a torn last line."""
    if file in WHOLE:
        return set() if _is_object(data) else {(file, 0)}
    lines = data.split(b"\n")[:-1]
    return {
        (file, number)
        for number, text in enumerate(lines, 1)
        if text.strip() and not _is_object(text)
    }


def _all_that_shows(api: Any, file: str) -> set[tuple[str, int]]:
    """Ask for all that is read from ``file``; return what the page of the run says is wrong."""
    detail = _one(api.run, "small")
    assert isinstance(detail, RunDetail)
    if file == "candidates.jsonl":
        pool = _one(api.pool, "small", PoolQuery())
        for group in pool.groups[:2] + pool.groups[-2:]:
            _one(api.pool_task, "small", group.phase, group.round, group.ex_id)
    elif file in ("train_log.jsonl", "curve.jsonl"):
        _one(api.training, "small")
    elif file == "probes.jsonl":
        _one(api.probes, "small")
    elif file == "episodes.jsonl":
        _one(api.changes, "small", "base", "sft")
        _one(api.story, "small")
        _one(api.episodes, "small", TableQuery(sort="reward", q="thing", where="hop > 1"))
        table = _one(api.episodes, "small", TableQuery(filter="all", split=None))
        for row in table.rows[:1] + table.rows[-1:]:
            _one(api.episode, "small", row.phase, row.ex_id, "")
    else:
        _one(api.runs)
        for page in (api.training, api.audit, api.distribution, api.probes, api.story):
            _one(page, "small")
        _one(api.episode, "small", "sft", "eval_000000", "eval")
    return {(problem.file, problem.line) for problem in detail.problems}


def test_a_thousand_damaged_files_are_never_a_failure(runs: Path, ask: Ask) -> None:
    draw = random.Random(5)
    small = runs / "small"
    # Few tasks and a short audit, so that a thousand rounds take seconds.
    for name in ("episodes.jsonl", "probes.jsonl"):
        kept = (small / name).read_text("utf-8").splitlines(keepends=True)[::4]
        (small / name).write_text("".join(kept), "utf-8")
    audit = json.loads((small / "audit.json").read_text("utf-8"))
    audit |= {"checks": audit["checks"][::30], "shortcuts": audit["shortcuts"][::30]}
    (small / "audit.json").write_text(json.dumps(audit), "utf-8")
    shutil.rmtree(small / "tasks")
    good = {name: (small / name).read_bytes() for name in (*LOGS, *WHOLE)}
    api = ask(runs)
    bad_files = 0
    for number in range(1000):
        name = draw.choice((*LOGS, *LOGS[:1] * 4, *WHOLE))
        data = good[name] if name in LOGS else json.dumps(json.loads(good[name])).encode() + b"\n"
        mutated = _mutated(draw, data)
        (small / name).write_bytes(mutated)
        # Rounds may follow each other faster than the clock of a file system ticks.
        os.utime(small / name, ns=(number, number))
        wrong = _bad_places(name, mutated)
        bad_files += bool(wrong)
        try:
            told = _all_that_shows(api, name)
            assert wrong <= told
        except Exception as problem:
            raise AssertionError(f"round {number}, {name}") from problem
        finally:
            (small / name).write_bytes(good[name])
            # A log only grows: one that is changed in its middle may pass for one that has grown.
            api.store.get("small").release()
    # Where a line cannot be read, the page named its file and number; and that was no rare case.
    assert bad_files > 300


def test_a_passing_audit_does_not_say_what_was_trained_on(runs: Path, browse: Browse) -> None:
    """Without a readable meta.json nobody knows that the audited files are those trained on."""
    (runs / "small" / "audit.json").write_text(
        json.dumps(
            {
                "source": "small",
                "checks": [
                    {
                        **{"name": "pair", "group": "leaks", "title": "pairs", "file": "eval"},
                        **{"found": 0, "n": 8, "passed": True},
                    }
                ],
            }
        ),
        "utf-8",
    )
    assert browse(runs).get("/api/runs/small").json()["banner"] is None
    (runs / "small" / "meta.json").write_text("{", "utf-8")
    banner = browse(runs).get("/api/runs/small").json()["banner"]
    assert banner["level"] == "amber"
    assert "does not record what it trained on" in banner["text"]
