"""Who gets which path: draws that ask for more than there is."""

from __future__ import annotations

import numpy as np

from graphtutor.tasks.splits import draw_spread


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
