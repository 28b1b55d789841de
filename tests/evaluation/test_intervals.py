"""Wilson, cluster bootstrap and McNemar against values from the literature and from arithmetic."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.evaluation.intervals import cluster_bootstrap, mcnemar, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (8, 10, 0.490162, 0.943318),
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (1, 1, 0.206549, 1.0),
        (500, 1000, 0.469069, 0.530931),
    ],
)
def test_wilson_exact_values(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=1e-6)


def test_wilson_without_data_knows_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson(successes, n)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_rate_and_mirrors(counts: tuple[int, int]) -> None:
    successes, n = counts
    low, high = wilson(successes, n)
    assert 0 <= low <= successes / n <= high <= 1
    assert wilson(n - successes, n) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 2 / 2**5),
        (9, 1, 2 * (1 + 10) / 2**10),
        (1, 9, 2 * (1 + 10) / 2**10),
        (6, 6, 1.0),
        (8, 2, 2 * (1 + 10 + 45) / 2**10),
    ],
)
def test_mcnemar_small_cases(gained: int, lost: int, p: float) -> None:
    assert mcnemar(gained, lost) == p


def test_mcnemar_of_many_pairs_neither_overflows_nor_rounds_to_zero_too_soon() -> None:
    assert mcnemar(1500, 1500) == 1.0
    # The normal approximation with continuity correction, for orientation.
    approximate = math.erfc((1600 - 1400 - 1) / math.sqrt(3000) / math.sqrt(2))
    assert mcnemar(1600, 1400) == pytest.approx(approximate, rel=0.01)
    assert 0 < mcnemar(800, 0) < 1e-200


def test_mcnemar_refuses_negative_counts() -> None:
    with pytest.raises(ValueError, match="negative"):
        mcnemar(-1, 2)


def test_bootstrap_of_equal_values_has_no_width() -> None:
    assert cluster_bootstrap([0.5] * 6, list("aabbcc")) == (0.5, 0.5)


def test_bootstrap_is_wider_when_tasks_hang_together() -> None:
    """200 tasks of 10 starts that are right or wrong together tell no more than 10 tasks."""
    values = [float(i // 20 % 2) for i in range(200)]
    together = cluster_bootstrap(values, [f"s{i // 20}" for i in range(200)])
    apart = cluster_bootstrap(values, [f"s{i}" for i in range(200)])
    assert together[1] - together[0] > 3 * (apart[1] - apart[0])
    assert apart == pytest.approx((0.43, 0.57), abs=0.015)


def test_bootstrap_agrees_with_the_normal_interval_for_many_clusters() -> None:
    values = [i / 999 for i in range(1000)]
    low, high = cluster_bootstrap(values, [str(i) for i in range(1000)])
    half = 1.96 * math.sqrt(1 / 12) / math.sqrt(1000)
    assert (low, high) == pytest.approx((0.5 - half, 0.5 + half), abs=0.002)


def test_bootstrap_is_seeded_and_blind_to_order() -> None:
    # Quarters and eighths: sums do not depend on their order.
    values, clusters = [i % 9 / 8 for i in range(90)], [f"s{i % 31}" for i in range(90)]
    turned = cluster_bootstrap(values[::-1], clusters[::-1])
    assert cluster_bootstrap(values, clusters) == turned
    assert cluster_bootstrap(values, clusters, seed=1) != turned


def test_bootstrap_weighs_items() -> None:
    """A share of claimed triples: the episode with three claims counts three times."""
    low, high = cluster_bootstrap([1.0, 0.0], ["a", "b"], [3.0, 1.0])
    assert (low, high) == (0.0, 1.0)
    assert cluster_bootstrap([1.0, 0.0], ["a", "a"], [3.0, 1.0]) == (0.75, 0.75)
    assert cluster_bootstrap([1.0, 0.0], ["a", "b"], [1.0, 0.0]) == (1.0, 1.0)


def test_bootstrap_needs_values() -> None:
    with pytest.raises(ValueError, match="no values"):
        cluster_bootstrap([], [])
