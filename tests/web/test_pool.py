"""The candidate pool and the changes between phases on records in which each case occurs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .asking import Browser
from .records import line, write_lines, write_run

Browse = Callable[..., Browser]


def sample(ex_id: str, k: int, total: float | None, reason: str, words: str = "") -> dict[str, Any]:
    """One line of candidates.jsonl; a positive total is that of the right letter."""
    reward = None if total is None else {"correctness": 1.0 if total > 0 else -2.0, "total": total}
    return {
        "ex_id": ex_id,
        "phase": "rsft",
        "round": 1,
        "k": k,
        "completion": words or f"TRACE: {ex_id} {k}.\nANSWER: B",
        "reward": reward,
        "grounded": reason in ("kept", "lower score"),
        "kept": reason == "kept",
        "reason": reason,
        "valid_format": True,
        "hop_len": 4,
    }


GROUPS: dict[str, list[dict[str, Any]]] = {
    # All wrong and equally so: nothing to learn from.
    "all wrong": [sample("all wrong", k, -2.0, "wrong letter") for k in range(3)],
    "all the same": [sample("all the same", k, 1.5, "duplicate", "TRACE: x\nANSWER: B")
                     for k in range(3)],
    "one wins": [
        sample("one wins", 0, -2.0, "wrong letter"),
        sample("one wins", 1, 1.25, "lower score"),
        sample("one wins", 2, 1.5, "kept"),
    ],
    "right, not grounded": [
        sample("right, not grounded", 0, 1.0, "not grounded"),
        sample("right, not grounded", 1, 1.0 + 1e-12, "not grounded"),
        sample("right, not grounded", 2, 1.0, "not grounded"),
    ],
    "barely apart": [sample("barely apart", k, 1.0 + k / 1000, "not grounded") for k in range(3)],
    "only winners": [sample("only winners", k, 1.5 - k / 10, "lower score" if k else "kept")
                     for k in range(3)],
}  # fmt: skip


@pytest.fixture
def page(tmp_path: Path, browse: Browse) -> Browser:
    folder = write_run(tmp_path, "small", [line("rsft", "t0")])
    write_lines(folder / "candidates.jsonl", [one for group in GROUPS.values() for one in group])
    return browse(tmp_path)


@pytest.mark.parametrize(
    ("filter_", "wanted"),
    [
        ("all", list(GROUPS)),
        ("zero_spread", ["all wrong", "all the same", "right, not grounded"]),
        ("won", ["one wins", "only winners"]),
        ("no_winner", ["all wrong", "all the same", "right, not grounded", "barely apart"]),
        ("only_winners", ["only winners"]),
    ],
)
def test_each_filter_finds_its_groups_and_no_other(
    page: Browser, filter_: str, wanted: list[str]
) -> None:
    pool = page.get(f"/api/runs/small/candidates?filter={filter_}").json()
    assert [group["ex_id"] for group in pool["groups"]] == wanted
    assert (pool["matched"], pool["total"]) == (len(wanted), len(GROUPS))


def test_the_counts_of_a_group(page: Browser) -> None:
    groups = {g["ex_id"]: g for g in page.get("/api/runs/small/candidates").json()["groups"]}
    counts = {name: (g["k"], g["right"], g["kept"], g["distinct"]) for name, g in groups.items()}
    assert counts == {
        "all wrong": (3, 0, 0, 3),
        "all the same": (3, 3, 0, 1),
        "one wins": (3, 2, 1, 3),
        "right, not grounded": (3, 3, 0, 3),
        "barely apart": (3, 3, 0, 3),
        "only winners": (3, 3, 1, 3),
    }
    assert groups["one wins"]["spread"] == 3.5
    assert groups["one wins"]["best"] == 1.5
    assert groups["all wrong"]["spread"] == 0.0


def test_copies_are_named_and_the_best_that_could_win_has_won(page: Browser) -> None:
    same = page.get("/api/runs/small/candidates/rsft/1/all the same").json()["samples"]
    assert [one["duplicate_of"] for one in same] == [None, 0, 0]
    for name in ("one wins", "only winners"):
        samples = page.get(f"/api/runs/small/candidates/rsft/1/{name}").json()["samples"]
        (won,) = [one for one in samples if one["kept"]]
        able = [s for s in samples if s["reason"] in ("kept", "lower score")]
        assert len(able) > 1
        assert won["reward"]["total"] == max(one["reward"]["total"] for one in able)


def test_a_run_without_a_pool_has_none(tmp_path: Path, browse: Browse) -> None:
    write_run(tmp_path, "small", [line("rsft", "t0")])
    page = browse(tmp_path)
    assert page.get("/api/runs/small").json()["tabs"]["candidates"] is False
    assert page.get("/api/runs/small/candidates").json()["groups"] == []


def test_changes_where_some_are_fixed_some_lost_and_some_asked_once_only(
    tmp_path: Path, browse: Browse
) -> None:
    before = {"kept": "B", "fixed 1": "A", "lost": "B", "never": "C", "fixed 2": None, "old": "B"}
    after = {"kept": "B", "fixed 1": "B", "lost": "D", "never": "A", "fixed 2": "B", "new": "B"}
    grounded = {"sft": {"kept", "lost"}, "rsft": {"kept", "fixed 1"}}
    write_run(
        tmp_path,
        "small",
        [
            line(phase, ex_id, answer, grounded=ex_id in grounded[phase])
            for phase, answers in (("sft", before), ("rsft", after))
            for ex_id, answer in answers.items()
        ],
    )
    page = browse(tmp_path)
    assert page.get("/api/runs/small/changes?from=sft&to=rsft").json() == {
        "n": 5,
        "fixed": ["fixed 1", "fixed 2"],
        "regressed": ["lost"],
        "same_right": 1,
        "same_wrong": 1,
        "grounded_fixed": 1,
        "grounded_regressed": 1,
    }
    for filter_, wanted in {
        "fixed": ["fixed 1", "fixed 2"],
        "regressed": ["lost"],
        "same": ["kept", "never"],
    }.items():
        table = page.get(f"/api/runs/small/episodes?phase=rsft&against=sft&filter={filter_}")
        assert [row["ex_id"] for row in table.json()["rows"]] == wanted
