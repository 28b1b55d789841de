"""The published formula: its arithmetic and the weaknesses that it is shown with."""

from __future__ import annotations

import pytest

from graphtutor.reward.paper import paper_reward
from graphtutor.tasks.task import Task


@pytest.mark.parametrize(
    ("trace", "letter", "total"),
    [
        # Seven content words on the path: four entities, three relation ids.
        ("", "B", 0.1),
        ("", "A", -1.0),
        ("Alarm", "B", 0.1 + 1.2 / 7 * (1 - 3 * 0.65) * 0),
        ("Alarm Leak Flood Pump caused_by leads_to fixed_by", "B", 1.6),
        ("Alarm Leak Flood Pump caused_by leads_to fixed_by", "C", 0.5),
        ("The pump of an alarm: flood", "B", 0.1 + 1.2 * 3 / 7 + 0.3),
        # Half of the words are one word: 1 - 3 * 0.15 of the reward is left.
        ("Alarm x Alarm Leak", "B", 0.1 + (1.2 * 2 / 7 + 0.3) * (1 - 3 * (0.5 - 0.35))),
    ],
)
def test_totals(task: Task, trace: str, letter: str, total: float):
    assert paper_reward(task, f"TRACE: {trace}\nANSWER: {letter}").total == pytest.approx(total)


def test_a_run_of_one_token_is_punished(task: Task):
    words = "Alarm " * 5 + "a1 a2 a3 a4 a5 a6 a7 a8 a9 b1"
    scored = paper_reward(task, f"TRACE: {words}\nANSWER: B")
    assert scored.path_reward == pytest.approx(1.2 / 7 * (1 - 0.05 * 2))


def test_an_invalid_completion_counts_as_wrong(task: Task):
    assert paper_reward(task, "").total == -1.0
    assert paper_reward(task, "TRACE: Alarm Leak Pump").total == pytest.approx(
        -1.0 + 1.2 * 3 / 7 + 0.3
    )
