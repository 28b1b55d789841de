"""Runs made on the spot with the fake engine: a whole one, and what may go wrong with one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.fake import FakeBackend
from graphtutor.config import load_config
from graphtutor.job.data import make_data
from graphtutor.job.job import open_job
from graphtutor.job.main_job import run_job
from graphtutor.job.watch import Silence

RUN = "run_0001"

SETTINGS = (
    "model.backend=fake",
    "phases=[base, sft, rsft]",
    "tasks.train_one_hop=1",
    "tasks.train_two_hop=10",
    "tasks.train_three_hop=10",
    "tasks.train_long=4",
    "tasks.dev=2",
    "tasks.eval=20",
    "tasks.search=4",
    "sft.steps=3",
    "sft.batch_size=64",
    "rsft.steps=2",
    "rsft.batch_size=16",
    "rsft.k_samples=2",
    "rsft.max_tasks=12",
    "rsft.source=mixed",
    "evaluation.max_new_tokens=600",
    "evaluation.curve_tasks=4",
    "evaluation.curve_points=2",
)

ODD = "<b>odd"
"""A folder that looks like a run and is none."""

XSS = (
    '<img src=x onerror="window.__ran=1"><script>window.__ran=1</script>'
    "<svg onload='window.__ran=1'></svg>\u2028</script><b>bold</b>"
)


def lines(path: Path) -> list[dict[str, Any]]:
    """Read a JSONL file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    """Write a JSONL file."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")


def make_runs(root: Path, graph_file: Path) -> None:
    """Fill ``root`` with a whole run and its damaged copies."""
    config = load_config(overrides=[f"graph={graph_file}", *SETTINGS])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graphtutor.report.write.plots_available", lambda: False)
        make_data(open_job(root, RUN, config, FakeBackend(), Silence(), resume=False))
        run_job(open_job(root, RUN, config, FakeBackend(), Silence(), resume=True))
    whole = root / RUN
    _copy(whole, root / "base_only", _base_only)
    _copy(whole, root / "torn", _torn)
    _copy(whole, root / "hostile", _hostile)
    _copy(whole, root / "everywhere", _everywhere)
    _copy(whole, root / "leaked", _leaked)
    _copy(whole, root / "changed", _changed)
    _copy(whole, root / "uneven", _uneven)
    _copy(whole, root / "no_pool", lambda run: (run / "candidates.jsonl").unlink())
    (root / ODD / "config.yaml").mkdir(parents=True)
    broken = root / "broken"
    shutil.copytree(whole, broken)
    (broken / "meta.json").write_text("{", "utf-8")
    (broken / "config.yaml").write_text("a: [", "utf-8")


def _copy(run: Path, target: Path, change: Callable[[Path], object]) -> None:
    shutil.copytree(run, target)
    meta = json.loads((target / "meta.json").read_text("utf-8"))
    meta["run_id"] = target.name
    (target / "meta.json").write_text(json.dumps(meta), "utf-8")
    change(target)


def _base_only(run: Path) -> None:
    episodes = [one for one in lines(run / "episodes.jsonl") if one["phase"] == "base"]
    write_lines(run / "episodes.jsonl", episodes)
    for name in ("candidates.jsonl", "train_log.jsonl", "metrics.json", "rsft.jsonl"):
        (run / name).unlink(missing_ok=True)


def _torn(run: Path) -> None:
    with (run / "episodes.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"phase": "rsft", "ex_id": "ev\n')


def _hostile(run: Path) -> None:
    episodes = lines(run / "episodes.jsonl")
    for one in episodes:
        one["completion"] = f"TRACE: {XSS}\nANSWER: A"
        one["parsed"]["trace_text"] = XSS
        one["prompt"] = one["prompt"].replace("Question: ", f"Question: {XSS} ")
        one["options"] = {letter: XSS + letter for letter in one["options"]}
        for hop in one.get("hops", []):
            hop["text"] = XSS
    write_lines(run / "episodes.jsonl", episodes)
    candidates = lines(run / "candidates.jsonl")
    for one in candidates:
        one["completion"] = XSS
        one["reason"] = XSS
    write_lines(run / "candidates.jsonl", candidates)


def _everywhere(run: Path) -> None:
    """Markup in every text of the records that is free: titles, notes, names, places, ids."""
    _hostile(run)
    for name in ("meta.json", "audit.json"):
        path = run / name
        path.write_text(json.dumps(_spoilt(json.loads(path.read_text("utf-8")))), "utf-8")


CHANGED = {"fixed": (1, 4, 9), "regressed": (2, 3)}
"""In the run called changed, which of SFT's wrong and of its right answers RSFT turns over."""


def _changed(run: Path) -> None:
    """RSFT answers three tasks right that SFT did not, and loses two."""
    episodes = [one for one in lines(run / "episodes.jsonl") if one["split"] == "eval"]
    after = {one["ex_id"]: one for one in episodes if one["phase"] == "rsft"}
    before = [one for one in episodes if one["phase"] == "sft"]
    for one in before:
        _answer(after[one["ex_id"]], right=is_right(one))
    for name, right in (("fixed", True), ("regressed", False)):
        pool = [one["ex_id"] for one in before if is_right(one) != right]
        for place in CHANGED[name]:
            _answer(after[pool[place]], right=right)
    write_lines(run / "episodes.jsonl", episodes)
    _without_figures(run)


def _answer(record: dict[str, Any], *, right: bool) -> None:
    """Turn a record's letter, and what follows from it."""
    star = record["answer_star"]
    letter = star if right else next(one for one in "ABCD" if one != star)
    record["parsed"]["answer"] = letter
    record["completion"] = f"TRACE: {record['parsed']['trace_text']}\nANSWER: {letter}"
    reward = record["reward"]
    reward["correctness"] = 1.0 if right else -2.0
    reward["total"] = reward["correctness"] + 0.5 * reward["path_reward"] - reward["spam_penalty"]
    record["grounded"] = record["grounded"] and right


UNEVEN = {4: 30, 5: 29}
"""How many tasks of each length the run called uneven has: just enough, and one too few."""


def _uneven(run: Path) -> None:
    """Some tasks stand several times under other names, so that one length has 30 of them."""
    episodes = [one for one in lines(run / "episodes.jsonl") if one["split"] == "eval"]
    for phase in ("base", "sft", "rsft"):
        for hops, wanted in UNEVEN.items():
            same = [one for one in episodes if (one["phase"], one["hop_len"]) == (phase, hops)]
            again = same[: wanted - len(same)]
            episodes += [{**one, "ex_id": f"{one['ex_id']}_again"} for one in again]
    write_lines(run / "episodes.jsonl", episodes)
    _without_figures(run)


def _without_figures(run: Path) -> None:
    """Without metrics.json the app counts from the episodes."""
    for name in ("metrics.json", "report.md", "report.html"):
        (run / name).unlink(missing_ok=True)


_FIXED = {
    "group",
    "role",
    "digest",
    "version",
    "run_id",
    "created_at",
    "phases",
    "trained",
    "files",
}
"""What a reader checks, or finds other records by."""


def _spoilt(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: v if k in _FIXED and k != "files" else _spoilt(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_spoilt(one, key) for one in value]
    return f"{value} {XSS}" if isinstance(value, str) and key not in _FIXED else value


def _leaked(run: Path) -> None:
    """A run that says that it trained on the file it was evaluated on."""
    path = run / "meta.json"
    meta = json.loads(path.read_text("utf-8"))
    digest = meta["phases"]["sft"]["files"]["eval.jsonl"]
    meta["phases"]["rsft"]["files"]["train_long.jsonl"] = digest
    meta["phases"]["rsft"]["trained"] = ["train_long.jsonl", "eval.jsonl"]
    path.write_text(json.dumps(meta), "utf-8")
    for name in ("audit.json", "audit.md", "audit.html"):
        (run / name).unlink(missing_ok=True)


def is_right(record: dict[str, Any]) -> bool:
    """Whether the recorded letter is the right one."""
    return record["parsed"].get("answer") == record["answer_star"]
