"""The balance gate: its p-values, and how seldom it fails by chance."""

from __future__ import annotations

import numpy as np
import pytest

from graphtutor.audit.letters import SIGNIFICANCE, uneven


@pytest.mark.parametrize(
    ("counts", "p"),
    # Statistics 7.815 and 16.266 are the 5 % and 0.1 % points of chi-square with 3 degrees.
    [([25, 25, 25, 25], 1.0), ([40, 20, 20, 20], 0.00738), ([0, 0, 0, 0], 1.0)],
)
def test_p_values(counts: list[int], p: float) -> None:
    assert uneven(np.array(counts)) == pytest.approx(p, abs=1e-5)


def test_letters_drawn_at_random_seldom_fail() -> None:
    stream = np.random.default_rng(0)
    drawn = stream.multinomial(200, [0.25] * 4, size=5000)
    failed = sum(uneven(counts) < SIGNIFICANCE for counts in drawn)
    assert failed <= 15


def test_a_letter_that_is_right_too_often_is_seen() -> None:
    assert uneven(np.array([140, 87, 87, 86])) < SIGNIFICANCE
    assert uneven(np.array([8, 0, 0, 0])) < SIGNIFICANCE
    assert uneven(np.array([3, 2, 2, 1])) > SIGNIFICANCE
