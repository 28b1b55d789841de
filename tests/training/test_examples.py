"""The order of training: proportions to the example, every example seen, nothing evaluated on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graphtutor.errors import LeakError, ModelError, TaskError
from graphtutor.training.examples import (
    draw_batches,
    encode_pairs,
    mixed_batches,
    refuse_evaluated,
)

sizes = st.lists(st.integers(0, 12), min_size=1, max_size=5)


def _groups(counts: list[int]) -> list[list[int]]:
    """Number the members of groups of these sizes one after the other."""
    starts = [sum(counts[:i]) for i in range(len(counts))]
    return [list(range(start, start + n)) for start, n in zip(starts, counts, strict=True)]


@given(sizes, st.data(), st.integers(1, 30), st.integers(1, 9), st.integers(0, 3))
def test_batches_keep_the_proportions(
    counts: list[int], data: st.DataObject, steps: int, batch_size: int, seed: int
) -> None:
    """At every point of training each group is within one example of its share."""
    weights = data.draw(
        st.lists(st.sampled_from([0, 0.5, 1, 2, 7]), min_size=len(counts), max_size=len(counts))
    )
    groups = _groups(counts)
    shares = [w if n else 0 for w, n in zip(weights, counts, strict=True)]
    assume(sum(shares) > 0)
    batches = draw_batches(groups, weights, steps, batch_size, "test", seed)
    assert [len(batch) for batch in batches] == [batch_size] * steps
    drawn = [index for batch in batches for index in batch]
    for end in range(1, len(drawn) + 1):
        seen = Counter(drawn[:end])
        for group, share in zip(groups, shares, strict=True):
            expected = end * share / sum(shares)
            assert abs(sum(seen[i] for i in group) - expected) < len(groups)


@given(sizes, st.integers(1, 40), st.integers(1, 9))
def test_a_group_is_gone_through_whole(counts: list[int], steps: int, batch_size: int) -> None:
    """No example comes a second time before all others of its group came once."""
    assume(sum(counts))
    groups = _groups(counts)
    batches = draw_batches(groups, [1.0] * len(counts), steps, batch_size, "test")
    drawn = [index for batch in batches for index in batch]
    for group in groups:
        mine = [index for index in drawn if index in group]
        for begin in range(0, len(mine), max(1, len(group))):
            part = mine[begin : begin + len(group)]
            assert len(set(part)) == len(part)


def test_the_order_is_new_every_time_round() -> None:
    """And it depends on the seed parts alone."""
    [one, two] = draw_batches([list(range(30))], [1], 2, 30, "sft", 0)
    assert sorted(one) == sorted(two) == list(range(30))
    assert one != two
    assert draw_batches([list(range(30))], [1], 2, 30, "sft", 0) == [one, two]
    assert draw_batches([list(range(30))], [1], 2, 30, "sft", 1) != [one, two]
    assert draw_batches([list(range(30))], [1], 2, 30, "sft_more", 0) != [one, two]


@pytest.mark.parametrize(
    ("counts", "weights"),
    [([0, 0], [1, 1]), ([3, 3], [0, 0]), ([0, 3], [1, 0]), ([3, 3], [2, -1])],
)
def test_nothing_to_draw_from_is_said(counts: list[int], weights: list[float]) -> None:
    """'--set sft.hop_weights=[0, 0, 0]' used to end in a division by zero."""
    with pytest.raises(TaskError, match=r"groups of .* with weights .*check sft\.hop_weights"):
        draw_batches(_groups(counts), weights, 1, 1, "test")


@given(st.integers(0, 100), st.integers(1, 3), st.integers(1, 4))
def test_mixed_batches_keep_the_share_of_replay(
    percent: int, main_groups: int, replay_groups: int
) -> None:
    """Over 100 examples the share is exact to the number of groups, and even within each side."""
    main = [[10 * g + i for i in range(10)] for g in range(main_groups)]
    replay = [[1000 + 10 * g + i for i in range(10)] for g in range(replay_groups)]
    batches = mixed_batches(main, replay, percent / 100, 10, 10, "test")
    drawn = Counter(index // 10 for batch in batches for index in batch)
    for g in range(main_groups):
        assert drawn[g] == pytest.approx((100 - percent) / main_groups, abs=2)
    for g in range(replay_groups):
        assert drawn[100 + g] == pytest.approx(percent / replay_groups, abs=2)
    if percent == 0:
        assert not [g for g in drawn if g >= 100]


def test_empty_groups_leave_their_share_to_their_own_side() -> None:
    """Winners of one hop length only: they still make up three quarters."""
    batches = mixed_batches([[], [0, 1]], [[2], [], [3]], 0.25, 10, 8, "test")
    drawn = Counter(index for batch in batches for index in batch)
    assert drawn == {0: 30, 1: 30, 2: 10, 3: 10}


def test_no_replay_leaves_all_to_the_winners() -> None:
    """As rsft.replay=0 has it: the other side is empty."""
    assert mixed_batches([[7]], [[], [], []], 0.0, 1, 3, "test") == [[7, 7, 7]]


def test_examples_longer_than_the_window_are_refused(scripted: Callable[..., Any]) -> None:
    """With a count, before training begins; never cut."""
    model = scripted({}, window=10)
    pairs = [("12345", "12345"), ("12345", "123456"), ("1234567890", "12345678")]
    with pytest.raises(ModelError, match="window of 10 tokens, got 2 of 3 longer, up to 18 tokens"):
        encode_pairs(model, pairs)
    [example] = encode_pairs(model, pairs[:1])
    assert example.mask == (False,) * 5 + (True,) * 5


def test_evaluated_files_are_refused_by_content(tmp_path: Path) -> None:
    """Renaming a file does not make it another one; one byte does."""
    for name, text in (("eval", "a\n"), ("dev", "b\n"), ("copy", "a\n"), ("train", "c\n")):
        (tmp_path / name).write_text(text)
    evaluated = [tmp_path / "dev", tmp_path / "eval"]
    refuse_evaluated([tmp_path / "train"], evaluated)
    with pytest.raises(LeakError, match=r"copy: wanted .*got the same content as .*eval"):
        refuse_evaluated([tmp_path / "train", tmp_path / "copy"], evaluated)


def test_empty_files_leak_nothing(tmp_path: Path) -> None:
    """tasks.train_long=0 and tasks.search=0 make two files that are equal: both are empty."""
    for name in ("train_long", "eval_search"):
        (tmp_path / name).write_text("")
    refuse_evaluated([tmp_path / "train_long"], [tmp_path / "eval_search"])
