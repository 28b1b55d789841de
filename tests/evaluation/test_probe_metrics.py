"""Figures of the probes from hand-made episodes, and the estimator of pass@k."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.evaluation.composition import composition_gap
from graphtutor.evaluation.probe_metrics import (
    pass_at_k,
    rotation_metrics,
    sample_metrics,
    variant_metrics,
)
from graphtutor.runs.episodes import Episode

Make = Callable[..., Episode]


def _asked(episode: Make, ex_id: str, star: str, answer: str | None, **more: Any) -> Episode:
    right = answer == star
    return episode(ex_id, answer=answer, answer_star=star, grounded=right, **more)


def test_rotation_needs_all_four_letters(episode: Make) -> None:
    """t1 always says the right one, t2 says B whatever is asked, t3 lacks a rotation."""
    plain = [_asked(episode, t, "A", a) for t, a in (("t1", "A"), ("t2", "B"), ("t3", "A"))]
    turned = [_asked(episode, "t1", star, star) for star in "BCD"]
    turned += [_asked(episode, "t2", star, "B") for star in "BCD"]
    turned += [_asked(episode, "t3", star, star) for star in "BC"]
    found = rotation_metrics(plain, turned)
    assert found
    assert (found.n, found.accuracy, found.consistency) == (2, 5 / 8, 1 / 2)
    assert found.grounded_accuracy == 5 / 8
    assert found.recall == {"A": 0.5, "B": 1.0, "C": 0.5, "D": 0.5}
    assert found.intervals["recall B"][1] == 1
    assert rotation_metrics(plain, []) is None


def test_variants_pair_with_the_same_tasks(episode: Make) -> None:
    """Of three tasks two were asked again: one lost, one kept; the third does not count."""
    plain = [episode(name) for name in ("t1", "t2", "t3")]
    asked = [episode("t1"), episode("t2", answer="C", grounded=False)]
    found = variant_metrics(plain, asked)
    assert found
    assert (found.n, found.before, found.accuracy) == (2, 1.0, 0.5)
    assert [(t.figure, t.gained, t.lost) for t in found.paired] == [
        ("accuracy", 0, 1),
        ("grounded_accuracy", 0, 1),
    ]
    assert {test.against for test in found.paired} == {"as in the file"}
    assert variant_metrics(plain, []) is None


@given(st.integers(1, 9), st.data())
def test_pass_at_k_is_the_share_of_draws_that_hold_a_pass(samples: int, data: st.DataObject):
    """The closed form against all draws, listed."""
    passed = data.draw(st.integers(0, samples))
    k = data.draw(st.integers(1, samples))
    marks = [True] * passed + [False] * (samples - passed)
    draws = [any(draw) for draw in combinations(marks, k)]
    assert pass_at_k(samples, passed, k) == pytest.approx(sum(draws) / len(draws))


def test_samples_are_counted_by_task(episode: Make) -> None:
    """One task with one right sample of four, one with none; grounded is another matter."""
    first = [episode("t1", answer=a, grounded=False, sample=i) for i, a in enumerate("ABBB")]
    second = [episode("t2", answer="C", grounded=False, sample=i) for i in range(4)]
    found = sample_metrics([*first, *second])
    assert found
    assert (found.n, found.samples) == (2, 4)
    assert found.right == {"1": 0.125, "2": 0.25, "4": 0.5}
    assert found.grounded == {"1": 0, "2": 0, "4": 0}
    assert found.guess["4"] == 1 - 0.75**4
    low, high = found.intervals["right/4"]
    assert low <= 0.5 <= high
    assert sample_metrics([]) is None


def test_the_gap_is_what_known_facts_would_allow_and_did_not(episode: Make) -> None:
    """Rain-Flood is known always, Flood-Mud every other time: half is within reach."""
    rain = {"parsed": {"path_entities": ["Rain", "Flood"], "valid_format": True, "answer": "A"}}
    mud = {"parsed": {"path_entities": ["Flood", "Mud"], "valid_format": True, "answer": "A"}}
    one = {"relations": ["causes"], "hop_len": 1}
    facts = [
        episode("f1", **rain, **one),
        episode("f2", **mud, **one),
        episode("f3", **mud, **one, grounded=False),
    ]
    two = {"relations": ["causes", "causes"]}
    asked = [episode("t1", **two), episode("t2", **two, grounded=False)]
    other = episode("t3", relations=["causes", "eats"])
    found = composition_gap([*asked, other], facts)
    assert list(found) == ["2"]
    gap = found["2"]
    assert (gap.n, gap.known, gap.grounded_accuracy, gap.gap) == (2, 0.5, 0.5, 0.0)
    assert (gap.n_known, gap.of_known) == (0, None)
    sure = composition_gap(asked, facts[:2])["2"]
    assert (sure.known, sure.gap, sure.n_known, sure.of_known) == (1.0, 0.5, 2, 0.5)
    assert composition_gap(asked, []) == {}
