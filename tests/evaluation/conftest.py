"""Hand-made episodes for the tests of the figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from graphtutor.runs.episodes import Episode


def make_episode(ex_id: str, *, answer: str | None = "A", **changes: Any) -> Episode:
    """Return an episode whose right letter is A; ``answer`` None makes the format invalid."""
    valid = answer is not None
    right = answer == "A"
    record: dict[str, Any] = {
        "phase": "sft",
        "step": 10,
        "ex_id": ex_id,
        "split": "eval",
        "prompt": "Question: ?",
        "completion": "",
        "parsed": {
            "answer": answer,
            "path_entities": ["Rain", "Flood", "Mud"],
            "valid_format": valid,
        },
        "reward": {
            "correctness": 1.0 if right else -2.0,
            "path_coverage": 1.0 if valid else 0.0,
            "path_reward": 1.0 if valid else 0.0,
            "spam_penalty": 0.0,
            "total": 1.5 if right else -2.0,
        },
        "answer_star": "A",
        "hop_len": 2,
        "tier": 1,
        "grounded": right,
        "cut": False,
        "hops": [
            {"source": "Rain", "relation": "causes", "target": "Flood", "verdict": "true edge"}
        ]
        if valid
        else [],
        "bridge_recall": 1.0 if valid else 0.0,
    }
    return Episode.model_validate({**record, **changes})


@pytest.fixture
def episode() -> Callable[..., Episode]:
    """The maker of episodes."""
    return make_episode
