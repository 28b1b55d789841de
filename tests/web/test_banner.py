"""When a run's accuracy cannot be believed: red for a leak, amber for what nobody knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .asking import Browser
from .records import line, write_run

Browse = Callable[..., Browser]


def change(path: Path, edit: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content), "utf-8")


def seen(page: Browser) -> tuple[str | None, str]:
    """Return the level of the banner, checked to be the same everywhere, and the audit's level."""
    listed = page.get("/api/runs").json()["runs"][0]["banner"]
    own = page.get("/api/runs/small").json()["banner"]
    audit = page.get("/api/runs/small/audit").json()
    assert listed == own == audit["banner"]
    cards = [item for item in page.get("/api/runs/small/story").json() if item["kind"] == "card"]
    assert all((own is not None) == ((own and own["text"] in c["lines"]) or False) for c in cards)
    return (own["level"] if own else None), audit["level"]


def test_a_clean_run_is_green(runs: Path, browse: Browse) -> None:
    assert seen(browse(runs)) == (None, "green")


def test_rsft_on_the_content_of_eval_is_red(runs: Path, browse: Browse) -> None:
    def leak(meta: Any) -> None:
        files = meta["phases"]["rsft"]["files"]
        files["train_long.jsonl"] = files["eval.jsonl"]

    change(runs / "small" / "meta.json", leak)
    page = browse(runs)
    assert seen(page) == ("red", "red")
    text = page.get("/api/runs/small").json()["banner"]["text"]
    assert "rsft trained on train_long.jsonl, which has the content of eval.jsonl" in text


def test_rsft_on_eval_by_name_is_red_even_without_an_audit(tmp_path: Path, browse: Browse) -> None:
    used = {"files": {"eval.jsonl": "a" * 64}, "trained": ["eval.jsonl"]}
    write_run(tmp_path, "small", [line("rsft", "t0")], meta={"phases": {"rsft": used}})
    assert seen(browse(tmp_path)) == ("red", "red")


def test_a_gate_against_leaks_that_fails_is_red(runs: Path, browse: Browse) -> None:
    def fail(audit: Any) -> None:
        check = next(c for c in audit["checks"] if c["name"] == "question-in-training")
        check |= {"passed": False, "found": 2}

    change(runs / "small" / "audit.json", fail)
    page = browse(runs)
    assert seen(page) == ("red", "red")
    assert page.get("/api/runs").json()["runs"][0]["audit"] == "fails"


def test_another_gate_that_fails_is_no_leak(runs: Path, browse: Browse) -> None:
    change(runs / "small" / "audit.json", lambda a: a["shortcuts"][0].update(passed=False))
    page = browse(runs)
    assert seen(page) == (None, "amber")
    assert page.get("/api/runs").json()["runs"][0]["audit"] == "fails"


@pytest.mark.parametrize("gone", [["audit.json"], ["audit.json", "meta.json"]])
def test_what_nobody_looked_at_is_amber(runs: Path, browse: Browse, gone: list[str]) -> None:
    for name in gone:
        (runs / "small" / name).unlink()
    page = browse(runs)
    assert seen(page) == ("amber", "amber")
    audit = page.get("/api/runs/small/audit").json()
    # The task files are there, so what they share is counted all the same.
    assert audit["from_files"] is True
    assert audit["edges"]["seen"]["rate"] == 1.0
    assert audit["edges"]["paths"]["k"] == 0


def test_a_run_without_any_provenance_is_amber(tmp_path: Path, browse: Browse) -> None:
    write_run(tmp_path, "small", [line("sft", "t0")])
    page = browse(tmp_path)
    assert seen(page) == ("amber", "amber")
    audit = page.get("/api/runs/small/audit").json()
    assert audit["edges"] == {"seen": None, "paths": None}
    assert "unknown" in audit["banner"]["text"]
