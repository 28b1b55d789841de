"""Sampling for RSFT: what is asked, how each sample is recorded, which ones win."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from graphtutor.completion.completion import Completion
from graphtutor.config import RsftConfig
from graphtutor.reward.profiles import Scorer
from graphtutor.tasks.task import Task
from graphtutor.training.rejection import sample_candidates

LEAK = "Alarm is caused by Leak, which leads to Flood, which is fixed by Pump."
STORM = "Alarm is caused by Storm, which leads to Flood, which is fixed by Pump."
FALSE = "Alarm is caused by Rust, which leads to Flood, which is fixed by Pump."


def _say(trace: str, letter: str = "B", *, cut: bool = False) -> Completion:
    return Completion(f"TRACE: {trace}\nANSWER: {letter}", 30, cut)


SAMPLES = [_say(FALSE), _say(LEAK), _say(STORM, "C"), Completion("no format", 160, True)]


@pytest.fixture
def sample(
    make_task: Callable[..., Task], scripted: Callable[..., Any], scorer: Scorer
) -> Callable[..., Any]:
    """Sample two tasks of which the second has the samples of the first in reverse."""

    def run(profile: str = "grounded-1.0", **changes: Any) -> Any:
        tasks = [make_task(0), make_task(1)]
        model = scripted({"t0": SAMPLES, "t1": SAMPLES[::-1]})
        config = RsftConfig.model_validate({"k_samples": 4, "temperature": 0.9, **changes})
        counted: list[int] = []
        records = sample_candidates(
            model, tasks, scorer, config, profile, 2, 11, 99, "rsft_short", counted.append
        )
        assert sum(counted) == 2
        return model, records

    return run


def test_every_sample_is_recorded_in_order(sample: Callable[..., Any]) -> None:
    """Kept or not, and why; the reward is that of the profile that selects."""
    _, records = sample()
    assert [(r.ex_id, r.k) for r in records] == [(t, k) for t in ("t0", "t1") for k in range(4)]
    reasons = ["ungrounded", "kept", "wrong answer", "invalid format"]
    assert [r.reason for r in records] == reasons + reasons[::-1]
    assert [r.kept for r in records[:4]] == [False, True, False, False]
    assert [r.grounded for r in records[:4]] == [False, True, False, False]
    assert [r.valid_format for r in records[:4]] == [True, True, True, False]
    assert [r.cut for r in records[:4]] == [False, False, False, True]
    assert {(r.round, r.phase, r.hop_len) for r in records} == {(2, "rsft_short", 3)}
    assert [r.completion for r in records[:4]] == [c.text for c in SAMPLES]
    best, *others = sorted(records[:4], key=lambda r: -r.reward.total)
    assert best.kept
    assert best.reward.total > others[0].reward.total


def test_the_model_is_asked_as_configured(sample: Callable[..., Any]) -> None:
    """Prompts only, keyed by the task: the graph is not in them."""
    model, _ = sample(top_p=0.8)
    [(prompts, sampling)] = model.asked
    assert [prompt.key for prompt in prompts] == ["t0", "t1"]
    assert all(LEAK not in prompt.text for prompt in prompts)
    assert (sampling.n, sampling.temperature, sampling.top_p) == (4, 0.9, 0.8)
    assert sampling.max_new_tokens == 99


def test_each_round_draws_anew(
    make_task: Callable[..., Task], scripted: Callable[..., Any], scorer: Scorer
) -> None:
    """The sampling seed depends on the run's seed and the round, and on nothing else."""
    seeds: list[int] = []
    for number, seed in ((1, 0), (1, 0), (2, 0), (1, 1)):
        model = scripted({"t0": SAMPLES})
        config = RsftConfig(k_samples=4)
        sample_candidates(model, [make_task(0)], scorer, config, "spec-1.0", number, seed, 50)
        seeds.append(model.asked[0][1].seed)
    assert seeds[0] == seeds[1]
    assert len(set(seeds)) == 3


def test_a_lucky_guess_wins_only_under_the_published_profile(sample: Callable[..., Any]) -> None:
    """A right letter behind a false chain: spec-1.0 takes it, grounded-1.0 never."""
    _, records = sample("spec-1.0", keep_top=4)
    assert [r.kept for r in records[:4]] == [True, True, False, False]
    _, records = sample("grounded-1.0", keep_top=4)
    assert [r.kept for r in records[:4]] == [False, True, False, False]
