"""A difference over seeds: its sign, its interval, and when it counts as settled."""

from __future__ import annotations

from typing import Any

import pytest

from graphtutor.runs.episodes import Episode
from graphtutor.studies.contrasts import contrast

TASKS = 60


def _episodes(phase: str, right: set[int]) -> list[Episode]:
    def record(number: int) -> dict[str, Any]:
        answer = "A" if number in right else "B"
        return {
            "phase": phase,
            "step": 1,
            "ex_id": f"t{number}",
            "split": "eval",
            "prompt": "?",
            "completion": "",
            "answer_star": "A",
            "grounded": number in right,
            "parsed": {
                "answer": answer,
                "valid_format": True,
                "path_entities": [f"S{number % 20}", "End"],
            },
            "reward": {
                **{"correctness": 1.0, "path_coverage": 0.0, "path_reward": 0.0},
                **{"spam_penalty": 0.0, "total": 0.0},
            },
        }

    return [Episode.model_validate(record(number)) for number in range(TASKS)]


def _seed(arm: set[int], against: set[int]) -> dict[str, list[Episode]]:
    return {"rsft": _episodes("rsft", arm), "sft": _episodes("sft", against)}


def test_a_clear_gain_in_all_seeds_is_higher() -> None:
    """30 of 60 gained in one seed, 24 in the other, none lost."""
    seeds = [_seed({*range(40)}, {*range(10)}), _seed({*range(34)}, {*range(10)})]
    found = contrast(seeds, "?", "rsft", "sft", "grounded_accuracy")
    assert (found.n, found.by_seed) == (60, (0.5, 0.4))
    assert found.difference == pytest.approx(0.45)
    assert found.interval[0] > 0.3
    assert found.verdict == "higher"
    assert all(p < 1e-6 for p in found.p_values)
    back = contrast(
        [{"sft": s["rsft"], "rsft": s["sft"]} for s in seeds], "?", "rsft", "sft", "accuracy"
    )
    assert back.verdict == "lower"
    assert back.difference == pytest.approx(-0.45)


def test_seeds_that_disagree_settle_nothing() -> None:
    """One seed gains half of the tasks, the other loses one: the mean is clear, the sign is not."""
    seeds = [_seed({*range(40)}, {*range(10)}), _seed({*range(9)}, {*range(10)})]
    found = contrast(seeds, "?", "rsft", "sft", "accuracy")
    assert found.interval[0] > 0
    assert found.verdict == "not settled"


def test_no_difference_is_not_settled() -> None:
    """As many gained as lost."""
    found = contrast([_seed({*range(30)}, {*range(30, 60)})], "?", "rsft", "sft", "accuracy")
    assert (found.difference, found.verdict, found.p_values) == (0.0, "not settled", (1.0,))
