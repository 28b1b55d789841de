"""Measures against values computed by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphtutor.retrieval.measures import mean_interval, mrr, ndcg, paired_difference, recall


def test_ndcg_by_hand() -> None:
    # Wanted at ranks 1 and 3 of three wanted: (1 + 1/2) / (1 + 1/log2(3) + 1/2).
    assert ndcg(["a", "x", "b"], {"a", "b", "c"}, 10) == pytest.approx(
        1.5 / (1.5 + 1 / math.log2(3))
    )
    assert ndcg(["x", "a"], {"a"}, 10) == pytest.approx(1 / math.log2(3))
    assert ndcg(["x", "a"], {"a"}, 1) == 0
    # More wanted than the depth: the best possible ranking is no longer than the depth.
    assert ndcg(["a", "b"], {"a", "b", "c", "d"}, 2) == 1
    assert ndcg(["a"], set(), 10) == 0


def test_recall_and_mrr_by_hand() -> None:
    assert recall(["a", "x", "b"], {"a", "b", "c", "d"}, 2) == 0.25
    assert recall(["a", "x", "b"], {"a", "b", "c", "d"}, 3) == 0.5
    assert recall([], {"a"}, 5) == recall(["a"], set(), 5) == 0
    assert mrr(["x", "y", "a", "b"], {"a", "b"}, 10) == pytest.approx(1 / 3)
    assert mrr(["x", "y", "a"], {"a"}, 2) == mrr([], {"a"}, 2) == 0


@given(st.permutations("abcdefgh"), st.sets(st.sampled_from("abcdefgh"), min_size=1))
@settings(max_examples=50, deadline=None)
def test_a_perfect_ranking_is_best(ranking: list[str], wanted: set[str]) -> None:
    perfect = sorted(ranking, key=lambda item: item not in wanted)
    assert ndcg(perfect, wanted, 8) == pytest.approx(1)
    assert 0 <= ndcg(ranking, wanted, 8) <= 1
    assert mrr(ranking, wanted, 8) <= mrr(perfect, wanted, 8) == 1


def test_the_interval_is_near_the_normal_one() -> None:
    values = np.random.default_rng(5).normal(0.3, 0.2, 400).tolist()
    found = mean_interval(values)
    half = 1.96 * np.std(values) / math.sqrt(400)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.low == pytest.approx(found.mean - half, abs=0.1 * half)
    assert found.high == pytest.approx(found.mean + half, abs=0.1 * half)
    assert mean_interval(values) == found != mean_interval(values, seed=1)


def test_pairs_see_what_means_do_not() -> None:
    easy = np.random.default_rng(6).uniform(0, 1, 100)
    found = paired_difference((easy + 0.01).tolist(), easy.tolist())
    assert found.low == pytest.approx(0.01)
    assert found.high == pytest.approx(0.01)
    other = mean_interval((easy + 0.01).tolist())
    assert other.low < easy.mean() < other.high


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        mean_interval([])
    with pytest.raises(ValueError, match="zip"):
        paired_difference([1.0], [1.0, 2.0])
