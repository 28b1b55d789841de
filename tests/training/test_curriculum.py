"""A curriculum goes stage by stage, replays what came before, and forgets no stage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphtutor.errors import TaskError
from graphtutor.training.curriculum import curriculum_batches


def test_later_stages_come_later_and_earlier_ones_come_back() -> None:
    stages = [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]
    batches = curriculum_batches(stages, 12, 4, "s", 0)
    assert [sum(index >= 10 for index in batch) for batch in batches[:4]] == [0] * 4
    middle = [index for batch in batches[4:8] for index in batch]
    assert sum(index >= 10 for index in middle) == 12
    assert max(middle) < 20
    last = [index for batch in batches[8:] for index in batch]
    assert sum(index >= 20 for index in last) == 12
    assert any(index < 10 for index in last)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=6),
    st.integers(1, 40),
    st.integers(1, 5),
)
def test_steps_are_dealt_out_whole(sizes: list[int], steps: int, batch: int) -> None:
    starts = [sum(sizes[:n]) for n in range(len(sizes))]
    stages = [list(range(s, s + size)) for s, size in zip(starts, sizes, strict=True)]
    held = sum(size > 0 for size in sizes)
    if held == 0 or steps < held:
        with pytest.raises(TaskError, match="curriculum"):
            curriculum_batches(stages, steps, batch, 0)
        return
    batches = curriculum_batches(stages, steps, batch, 0)
    assert len(batches) == steps
    assert {len(one) for one in batches} == {batch}
    assert batches == curriculum_batches(stages, steps, batch, 0)
