"""Who gets which path: draws that ask for more than there is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.config import TasksConfig
from graphtutor.graph.load import load_graph
from graphtutor.tasks import splits
from graphtutor.tasks.generate import generate_splits
from graphtutor.tasks.splits import draw_spread
from graphtutor.tasks.task import Task


def test_a_large_pool_may_be_smaller_than_eight_times_what_is_needed() -> None:
    """A graph of 11,568 edges asked for 42,000 of 100,000 paths and stopped with a ValueError.

    The pool is thinned to eight times the need first, which was more than it held.
    """
    rows = 30_100
    drawn = draw_spread(
        np.arange(rows)[:, None],
        np.arange(rows) // 6_020,
        5_000,
        np.zeros(rows, dtype=np.int64),
        np.random.default_rng(0),
    )
    # Five groups, and at most one row of each.
    assert len(set((drawn // 6_020).tolist())) == len(drawn) == 5


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=1, max_size=6),
    st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=6),
)
def test_stretches_are_found_wherever_they_stand(long: list[list[int]], short: list[list[int]]):
    """Against plain slices: a chain of four edges inside one of five, from either side."""
    longer, shorter = np.array(long), np.array(short)
    held = [any(row[at : at + 4] in short for at in (0, 1)) for row in long]
    assert splits._contains(longer, shorter).tolist() == held
    inside = [any(row in (other[:4], other[1:]) for other in long) for row in short]
    assert splits._is_part(shorter, longer).tolist() == inside


@pytest.mark.slow
def test_no_evaluated_chain_stands_inside_a_training_chain() -> None:
    """Four edges asked for in eval, dev or the search file are nowhere in a row in training."""
    graph = load_graph("software_troubleshooting")
    made = generate_splits(graph, TasksConfig(eval=300, dev=60, train_long=300, search=60))

    def edges(task: Task) -> tuple[tuple[str, str, str], ...]:
        return tuple((edge.src, edge.rel, edge.dst) for edge in task.path_star.edges)

    trained = {edges(t)[at : at + 4] for t in made["train_long"] for at in (0, 1)}
    for split in ("eval", "dev", "eval_search"):
        assert not trained & {edges(task) for task in made[split] if task.hop_len == 4}
