"""Sixty records as the seed's program wrote them: figures, changes and the banner.

20 questions answered by base, SFT and RSFT. The records have no right letter, options or claims,
and nothing says what was trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .asking import Browser
from .records import PATH, seed_line, write_run

Browse = Callable[..., Browser]

# B is right; "-" is out of format. One letter a question.
LETTERS = {
    "base": "---A--B---C---D--B--",
    "sft": "BACDBACDBACDBACDBACB",
    "rsft": "BBBBBBBBBBBBBADCBADB",
}
RIGHT = {"base": 2, "sft": 6, "rsft": 15}
FIXED = [f"ex_{n:06}" for n in (1, 2, 3, 5, 6, 7, 9, 10, 11)]
META = {
    "run_id": "small",
    "created_at": "2026-01-27T12:00:00-08:00",
    "platform": "apple_m3pro_mlx",
    "model": {"base": "someone/small-model", "tokenizer": "someone/small-model"},
    "training": {"seed": 1234, "phases": ["base", "sft", "rsft"]},
    "reward": {"version": "1.0", "weights": {"correctness": 1.0, "path": 0.5}},
}


def records() -> list[dict[str, Any]]:
    """The sixty lines; RSFT names the whole path, SFT its start alone, with a spam penalty."""
    named = {"base": [], "sft": PATH[:1], "rsft": PATH}
    spam = {"base": 0.0, "sft": 0.5, "rsft": 0.0}
    return [
        seed_line(phase, f"ex_{n:06}", None if letter == "-" else letter, named[phase], spam[phase])
        for phase, letters in LETTERS.items()
        for n, letter in enumerate(letters)
    ]


def seed_metrics() -> dict[str, Any]:
    """metrics.json in the seed's format: shares without their n."""
    eval_ = {
        phase: {"accuracy": k / 20, "avg_path_coverage": 0.5, "avg_total_reward": 0.0}
        for phase, k in RIGHT.items()
    }
    return {"run_id": "small", "splits": {"eval": eval_}}


@pytest.fixture(params=["with metrics.json", "with the records alone"])
def page(request: pytest.FixtureRequest, tmp_path: Path, browse: Browse) -> Browser:
    files = {"metrics": seed_metrics(), "meta": META} if "metrics" in request.param else {}
    lines = records()
    assert len(lines) == 60
    assert not {"answer_star", "options", "hops", "grounded"} & set(lines[0])
    write_run(tmp_path, "small", lines, **files)
    return browse(tmp_path)


def test_the_figures_have_n_and_the_interval_of_wilson(page: Browser) -> None:
    (listed,) = page.get("/api/runs").json()["runs"]
    whole = page.get("/api/runs/small").json()
    for run in (listed, whole):
        phases = {phase["phase"]: phase for phase in run["phases"]}
        assert list(phases) == ["base", "sft", "rsft"]
        for name, phase in phases.items():
            assert (phase["right"]["k"], phase["right"]["n"], phase["n"]) == (RIGHT[name], 20, 20)
            assert phase["grounded"] is None
        shown = {
            name: [round(phase["right"][end], 3) for end in ("rate", "low", "high")]
            for name, phase in phases.items()
        }
        # Worked out by hand from Wilson's formula with z = 1.96.
        assert shown["sft"] == [0.3, 0.145, 0.519]
        assert shown["rsft"] == [0.75, 0.531, 0.888]
        assert shown["base"] == [0.1, 0.028, 0.301]
    assert whole["problems"] == []
    assert whole["phases"][0]["format"]["k"] == 5
    story = page.get("/api/runs/small/story").json()
    cards = {item["phase"]: item["lines"] for item in story if item["kind"] == "card"}
    assert "right 30.0 % [14.5-51.9], n = 20" in cards["sft"]
    assert "right 75.0 % [53.1-88.8], n = 20" in cards["rsft"]


def test_nine_are_fixed_and_none_is_lost(page: Browser) -> None:
    changes = page.get("/api/runs/small/changes?from=sft&to=rsft").json()
    assert changes["n"] == 20
    assert changes["fixed"] == FIXED
    assert changes["regressed"] == []
    assert (changes["same_right"], changes["same_wrong"]) == (6, 5)
    for filter_, wanted in (("fixed", changes["fixed"]), ("regressed", []), ("right", None)):
        table = page.get(f"/api/runs/small/episodes?phase=rsft&filter={filter_}&against=sft").json()
        assert table["matched"] == (15 if wanted is None else len(wanted))
        if wanted is not None:
            assert [row["ex_id"] for row in table["rows"]] == wanted
    back = page.get("/api/runs/small/changes?from=rsft&to=sft").json()
    assert (back["fixed"], len(back["regressed"])) == ([], 9)
    # Either side opens, and says how the same task went elsewhere.
    for ex_id in changes["fixed"]:
        frames = page.get(f"/api/runs/small/compare/{ex_id}?phases=sft,rsft").json()["frames"]
        assert [frame["right"] for frame in frames] == [False, True]
        assert [mark["right"] for mark in frames[0]["phases"]][1:] == [False, True]
        assert {frame["answer_star"] for frame in frames} == {"B"}


def test_the_terms_shown_sum_to_the_recorded_total(page: Browser) -> None:
    for record in records():
        frame = page.get(f"/api/runs/small/episodes/{record['phase']}/{record['ex_id']}").json()
        reward = frame["reward"]
        assert sum(term["shown"] for term in reward["terms"]) == pytest.approx(
            record["reward"]["total"], abs=0.005
        )
        assert "rest" not in {term["name"] for term in reward["terms"]}
        # Nobody recorded claims and there is no graph to read them with: not judged, not "none".
        assert frame["hops"] is frame["hops_from"] is frame["grounded"] is None


def test_without_provenance_the_banner_says_unknown_wherever_the_accuracy_is(
    page: Browser,
) -> None:
    banner = page.get("/api/runs/small").json()["banner"]
    assert banner["level"] == "amber"
    assert "is unknown: the run does not record what it trained on" in banner["text"]
    assert page.get("/api/runs").json()["runs"][0]["banner"] == banner
    assert page.get("/api/compare?runs=small").json()["runs"][0]["banner"] == banner
    audit = page.get("/api/runs/small/audit").json()
    assert (audit["level"], audit["banner"]) == ("amber", banner)
    assert audit["edges"] == {"seen": None, "paths": None}
    cards = [c for c in page.get("/api/runs/small/story").json() if c["kind"] == "card"]
    assert len(cards) == 5
    assert all(banner["text"] in card["lines"] for card in cards)
