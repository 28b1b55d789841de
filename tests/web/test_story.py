"""The story of demo mode, recomputed; letters of a model that always answers C; thinned curves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphtutor.web.training import Step, thinned

from .asking import Browser
from .records import OPTIONS, line, write_lines, write_run

Browse = Callable[..., Browser]


def test_the_story_pauses_where_the_log_says(tmp_path: Path, browse: Browse) -> None:
    def deep(phase: str, ex_id: str, answer: str, **more: Any) -> dict[str, Any]:
        return line(phase, ex_id, answer, hop_len=5, **more)

    lines = [
        *(line("base", f"t{n}", "A") for n in range(8)),
        *(line("sft", f"t{n}", "B" if n == 3 else "A") for n in range(8)),
        # t5 gains most, grounded; t6 gains as much; t7 is of five hops.
        *(line("rsft", f"t{n}", "A") for n in range(4)),
        line("rsft", "t4", "B"),
        line("rsft", "t5", "B", grounded=True),
        line("rsft", "t6", "B"),
        deep("rsft", "t7", "A"),
    ]
    lines[3 + 8] = deep("sft", "t3", "B")
    write_run(tmp_path, "small", lines)
    story = browse(tmp_path).get("/api/runs/small/story").json()
    cards = [item["title"] for item in story if item["kind"] == "card"]
    assert cards == ["small", "base", "SFT", "RSFT", "base to SFT to RSFT"]
    told = [(e["phase"], e["ex_id"], e["pause"]) for e in story if e["kind"] == "episode"]
    assert told == [
        ("base", "t0", None),
        ("base", "t1", None),
        ("sft", "t0", None),
        ("sft", "t1", None),
        ("sft", "t3", "first right"),
        ("rsft", "t0", None),
        ("rsft", "t1", None),
        ("rsft", "t4", "big gain"),
        ("rsft", "t5", "big gain"),
        ("rsft", "t6", "big gain"),
    ]
    assert "right 12.5 % [2.2-47.1], n = 8" in story[4]["lines"]


def test_long_tasks_are_paused_at(tmp_path: Path, browse: Browse) -> None:
    lines = [line("base", f"t{n}", "B", hop_len=4 + (n > 3)) for n in range(8)]
    lines[6]["grounded"] = True
    write_run(tmp_path, "small", lines)
    story = browse(tmp_path).get("/api/runs/small/story").json()
    pauses = {e["ex_id"]: e["pause"] for e in story if e.get("pause")}
    assert pauses == {"t0": "first right", "t4": "five hops", "t6": "five hops"}


def rotated(phase: str, ex_id: str, star: str, answer: str, probe: str | None) -> dict[str, Any]:
    """A task with the right option moved to ``star``: the others move along."""
    shift = "ABCD".index(star) - 1
    names = [OPTIONS["ABCD"[(place - shift) % 4]] for place in range(4)]
    record = line(phase, ex_id, answer, answer_star=star)
    record["options"] = dict(zip("ABCD", names, strict=True))
    return record | ({"probe": probe} if probe else {})


def test_a_model_that_always_says_c_is_flagged_and_a_steady_one_is_not(
    tmp_path: Path, browse: Browse
) -> None:
    plain: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for phase in ("always_c", "steady"):
        for number in range(10):
            for place, star in enumerate("BCDA"):
                answer = "C" if phase == "always_c" else star
                record = rotated(
                    phase, f"t{number}", star, answer, f"rotation/{place}" if place else None
                )
                (moved if place else plain).append(record)
    folder = write_run(tmp_path, "small", plain)
    write_lines(folder / "probes.jsonl", moved)
    rows = {
        r["phase"]: r for r in browse(tmp_path).get("/api/runs/small/probes").json()["rotation"]
    }
    biased, steady = rows["always_c"], rows["steady"]
    assert biased["biased"] is True
    assert biased["chosen"] == {"A": 0, "B": 0, "C": 40, "D": 0}
    assert [biased["by_letter"][x]["rate"] for x in "ABCD"] == [0, 0, 1, 0]
    assert (biased["mean"]["rate"], biased["all_four"]["rate"]) == (0.25, 0)
    assert biased["flips"]["rate"] == 1.0
    assert steady["biased"] is False
    assert (steady["mean"]["rate"], steady["all_four"]["rate"]) == (1.0, 1.0)
    assert steady["flips"]["rate"] == 0.0


def test_a_long_curve_keeps_its_peaks() -> None:
    points = [Step(n, n, 1.0, 0.1) for n in range(5000)]
    points[1234] = Step(1234, 1234, 99.0, 0.1)
    points[4321] = Step(4321, 4321, -99.0, 0.1)
    points[7] = Step(7, 7, None, 0.1)
    kept = thinned(points)
    assert len(kept) <= 500
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert points[1234] in kept
    assert points[4321] in kept
    assert kept == sorted(kept)
    assert thinned(points[:400]) == points[:400]
