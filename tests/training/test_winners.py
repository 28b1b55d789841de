"""The union of winners: each chain once, the best few of a task, in the order of sampling."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graphtutor.reward.profiles import Scorer
from graphtutor.runs.episodes import CandidateRecord, RewardRecord
from graphtutor.tasks.task import Task
from graphtutor.training.winners import Winner, select_union

LEAK = "Alarm is caused by Leak, which leads to Flood, which is fixed by Pump."
STORM = "Alarm is caused by Storm, which leads to Flood, which is fixed by Pump."
SHORT = "Flood is fixed by Pump."


def _candidate(
    trace: str, round_number: int, k: int, total: float = 1.0, task: str = "t0", kept: bool = True
) -> CandidateRecord:
    return CandidateRecord(
        ex_id=task,
        round=round_number,
        k=k,
        completion=f"TRACE: {trace}\nANSWER: B",
        reward=RewardRecord(
            correctness=1, path_coverage=1, path_reward=1, spam_penalty=0, total=total
        ),
        grounded=True,
        kept=kept,
        reason="kept" if kept else "lower score",
        hop_len=3,
    )


@pytest.fixture
def union(make_task: Callable[..., Task], scorer: Scorer) -> Callable[..., list[Winner]]:
    """Select from candidates of tasks t0 and t1."""
    tasks = {f"t{n}": make_task(n) for n in range(2)}

    def run(candidates: list[CandidateRecord], max_per_task: int = 4) -> list[Winner]:
        return select_union(candidates, tasks, scorer, max_per_task)

    return run


def _places(winners: list[Winner]) -> list[tuple[str, int, int]]:
    return [(w.ex_id, w.round, w.k) for w in winners]


def test_a_chain_counts_once_over_all_rounds(union: Callable[..., list[Winner]]) -> None:
    """The first one stays, whatever the later ones are worth or how they are framed."""
    again = _candidate(LEAK, 2, 0, total=9.0)
    framed = again.model_copy(update={"completion": "So:\n" + again.completion, "k": 3})
    assert _places(union([_candidate(LEAK, 1, 5), again, framed])) == [("t0", 1, 5)]
    assert _places(union([_candidate(LEAK, 1, 0), _candidate(STORM, 2, 0)])) == [
        *(("t0", 1, 0), ("t0", 2, 0)),
    ]


def test_the_best_of_a_task_stay_in_the_order_of_sampling(
    union: Callable[..., list[Winner]],
) -> None:
    """The cap takes the highest totals, the earlier on a tie."""
    candidates = [
        *(_candidate(LEAK, 1, 0, 1.0), _candidate(STORM, 1, 1, 3.0), _candidate(SHORT, 2, 0, 2.0)),
    ]
    assert _places(union(candidates, 3)) == [("t0", 1, 0), ("t0", 1, 1), ("t0", 2, 0)]
    assert _places(union(candidates, 2)) == [("t0", 1, 1), ("t0", 2, 0)]
    assert _places(union(candidates, 1)) == [("t0", 1, 1)]
    tied = [c.model_copy(update={"reward": candidates[0].reward}) for c in candidates]
    assert _places(union(tied, 2)) == [("t0", 1, 0), ("t0", 1, 1)]


def test_only_kept_candidates_of_known_tasks(union: Callable[..., list[Winner]]) -> None:
    """Another phase's tasks, and samples that did not win, take no part."""
    assert union([_candidate(LEAK, 1, 0, kept=False), _candidate(LEAK, 1, 0, task="t9")]) == []


def test_a_winner_is_what_is_trained_on(
    union: Callable[..., list[Winner]], make_task: Callable[..., Task]
) -> None:
    """The model's own words under the task's prompt; each task has chains of its own."""
    winners = union([_candidate(LEAK, 1, 2, 1.5), _candidate(LEAK, 1, 0, task="t1")])
    assert _places(winners) == [("t0", 1, 2), ("t1", 1, 0)]
    assert winners[0] == Winner(
        ex_id="t0",
        phase="rsft",
        round=1,
        k=2,
        hop_len=3,
        prompt=make_task(0).prompt,
        completion=f"TRACE: {LEAK}\nANSWER: B",
        total=1.5,
    )
