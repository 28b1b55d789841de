"""Who wins among the samples of a task, and why the others do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphtutor.errors import ConfigError
from graphtutor.reward.profiles import Scored, Scorer
from graphtutor.reward.selection import normalised_chain, reason, select_winners
from graphtutor.tasks.task import Task

GOLD = "Alarm is caused by Leak, which leads to Flood, which is fixed by Pump."
STORM = GOLD.replace("Leak", "Storm")
SPOKEN = "First, Alarm is caused by Leak. Leak then leads to Flood. Flood is fixed by Pump."


@pytest.fixture
def samples(scorer: Scorer, task: Task) -> list[Scored]:
    texts = [
        f"TRACE: {SPOKEN}\nANSWER: B",
        f"TRACE: {GOLD}\nANSWER: A",
        f"TRACE: {GOLD}\nANSWER: B",
        "TRACE: I guess.\nANSWER: B",
        f"TRACE: {STORM}\nANSWER: B",
        GOLD,
        f"TRACE: {GOLD} Pump fixes Rope.\nANSWER: B",
    ]
    return [scorer.score(task, text) for text in texts]


def test_grounded_winners_are_grounded_distinct_and_short_first(samples: list[Scored]):
    """0 and 2 say the same; 2 says it in fewer words. 4 is as short, and comes later."""
    assert select_winners(samples, "grounded-1.0", 8) == [2, 4]
    assert select_winners(samples, "grounded-1.0", 1) == [2]


def test_spec_winners_are_the_right_ones_by_total(samples: list[Scored]):
    """2 and 6 name the whole path, 4 three quarters of it, 3 nothing; 0 says what 2 says."""
    assert [sample.spec.total for sample in samples] == [1.5, -1.5, 1.5, 1.0, 1.375, -2.0, 1.5]
    assert select_winners(samples, "spec-1.0", 8) == [2, 6, 4, 3]
    assert select_winners(samples, "spec-1.0", 2) == [2, 6]


def with_terms(sample: Scored, correctness: float, weight: float, coverage: float, words: int):
    terms = replace(
        sample.spec,
        correctness=correctness,
        weight_correctness=weight,
        path_coverage=coverage,
        path_reward=0.0,
    )
    return replace(sample, spec=terms, trace_words=words)


def test_ties_go_by_correctness_then_coverage_then_length_then_index(scorer: Scorer, task: Task):
    """All totals are 1; each sample loses to the next one on the list for one reason only."""
    distinct = [scorer.score(task, f"TRACE: {n}\nANSWER: B") for n in range(5)]
    tied = [
        with_terms(distinct[0], 1.0, 1.0, 0.75, 3),
        with_terms(distinct[1], 1.0, 1.0, 0.75, 3),
        with_terms(distinct[2], 1.0, 1.0, 0.75, 2),
        with_terms(distinct[3], 1.0, 1.0, 1.0, 9),
        with_terms(distinct[4], 2.0, 0.5, 0.0, 9),
    ]
    assert {sample.spec.total for sample in tied} == {1.0}
    assert select_winners(tied, "spec-1.0", 5) == [4, 3, 2, 0, 1]


def test_nobody_wins_when_nobody_is_right(samples: list[Scored]):
    assert select_winners([], "grounded-1.0", 1) == []
    assert select_winners([samples[1], samples[5]], "spec-1.0", 3) == []
    assert select_winners([samples[3]], "grounded-1.0", 3) == []


def test_an_unknown_profile_is_refused(samples: list[Scored]):
    with pytest.raises(ConfigError, match="reward profile"):
        select_winners(samples[1:2], "best", 1)


def test_the_normalised_chain_ignores_wording_and_nothing_else(samples: list[Scored]):
    assert normalised_chain(samples[0]) == normalised_chain(samples[2])
    assert normalised_chain(samples[2]) == (
        '["B", [["Alarm", "caused_by", "Leak"], ["Leak", "leads_to", "Flood"], '
        '["Flood", "fixed_by", "Pump"]]]'
    )
    assert normalised_chain(samples[3]) == '["B", ["I", "guess."]]'
    assert len({normalised_chain(sample) for sample in samples}) == 6


def test_reasons(samples: list[Scored]):
    assert [reason(sample, "grounded-1.0") for sample in samples] == [
        "lower score",
        "wrong answer",
        "lower score",
        "ungrounded",
        "lower score",
        "invalid format",
        "ungrounded",
    ]
    assert reason(samples[3], "spec-1.0") == "lower score"


def test_answer_only_takes_right_letters_in_the_order_of_sampling(samples: list[Scored]):
    """A guess that is right wins as well as a chain: that is what the graph is for."""
    assert select_winners(samples, "answer-only", 8) == [0, 3, 4, 6]
    assert select_winners(samples, "answer-only", 1) == [0]
    assert reason(samples[3], "answer-only") == "lower score"
    assert reason(samples[1], "answer-only") == "wrong answer"
