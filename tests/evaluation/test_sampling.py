"""What a round of rejection sampling found, on hand-made candidates."""

from __future__ import annotations

from graphtutor.evaluation.intervals import wilson
from graphtutor.evaluation.sampling import summarise_sampling
from graphtutor.runs.episodes import CandidateRecord, RewardRecord

_RIGHT = {"kept": (True, True), "lower score": (True, True), "ungrounded": (True, False)}


def _sample(
    ex_id: str, k: int, reason: str, text: str = "", round_number: int = 1
) -> CandidateRecord:
    right, grounded = _RIGHT.get(reason, (False, False))
    reward = RewardRecord(
        correctness=1.0 if right else -2.0,
        path_coverage=0.0,
        path_reward=0.0,
        spam_penalty=0.0,
        total=0.0,
    )
    return CandidateRecord(
        ex_id=ex_id,
        round=round_number,
        k=k,
        completion=text or f"{k}",
        reward=reward,
        grounded=grounded,
        kept=reason == "kept",
        reason=reason,
        cut=k == 1,
    )


def test_a_round_is_counted_by_task() -> None:
    (found,) = summarise_sampling(
        [
            _sample("a", 0, "kept", "same"),
            _sample("a", 1, "lower score", "same"),
            _sample("b", 0, "ungrounded"),
            _sample("b", 1, "wrong answer"),
            _sample("c", 0, "invalid format"),
            _sample("c", 1, "wrong answer"),
            _sample("d", 0, "wrong answer"),
            _sample("d", 1, "kept"),
        ]
    )
    assert (found.phase, found.round, found.tasks, found.samples, found.k) == ("rsft", 1, 4, 8, 2)
    assert found.pass_at_k == 3 / 4
    assert found.grounded_at_k == 2 / 4
    assert found.no_winner == 2 / 4
    assert found.only_winners == 1 / 4
    assert found.kept == 2
    assert found.distinct_share == 7 / 8
    assert found.cut_rate == 4 / 8
    assert found.intervals["pass_at_k"] == wilson(3, 4)


def test_rounds_are_kept_apart_in_order() -> None:
    rounds = [2, 1, 1]
    found = summarise_sampling(
        _sample(f"t{i}", 0, "kept", round_number=number) for i, number in enumerate(rounds)
    )
    assert [(each.round, each.tasks) for each in found] == [(2, 1), (1, 2)]
    assert summarise_sampling([]) == ()
