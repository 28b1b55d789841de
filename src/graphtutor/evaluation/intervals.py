"""Intervals and tests for what a phase scored: Wilson, cluster bootstrap, exact McNemar.

Wilson (1927) for rates: it keeps its coverage near 0 and 1 and for small n, where the usual normal
interval fails. Bootstrap for means, resampling start entities rather than tasks, because tasks with
the same start share edges and are right or wrong together. McNemar in its exact binomial form for
two phases on the same tasks.

>>> tuple(round(end, 3) for end in wilson(8, 10))
(0.49, 0.943)
>>> round(mcnemar(gained=9, lost=1), 4)
0.0215
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from graphtutor.io.seed import random_stream
from graphtutor.runs.metrics import Interval

__all__ = ["cluster_bootstrap", "mcnemar", "wilson"]

_CELLS: Final = 1 << 22
"""Resampling counts held at once: (resamples in a block) * clusters."""


def wilson(successes: int, n: int, z: float = 1.959964) -> Interval:
    """Return the Wilson score interval of a rate; ``z`` 1.959964 gives 95 %.

    With ``n`` 0 nothing is known: (0, 1).
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must be between 0 and n: {successes} of {n}")
    if n == 0:
        return (0.0, 1.0)
    rate = successes / n
    spread = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    centre = rate + z * z / (2 * n)
    low = 0.0 if successes == 0 else max(0.0, (centre - spread) / scale)
    high = 1.0 if successes == n else min(1.0, (centre + spread) / scale)
    return (low, high)


def cluster_bootstrap(
    values: Sequence[float],
    clusters: Sequence[str],
    weights: Sequence[float] | None = None,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return the 95 % percentile interval of the weighted mean, resampling whole clusters.

    ``values``, ``clusters`` and ``weights`` (default all 1) have one entry an item. The result
    depends on the values and clusters alone, not on their order.
    """
    if not values:
        raise ValueError("no values to resample")
    names, member = np.unique(np.asarray(clusters), return_inverse=True)
    item_weight = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    total = np.bincount(member, np.asarray(values, dtype=np.float64) * item_weight, len(names))
    weight = np.bincount(member, item_weight, len(names))
    stream = random_stream("cluster bootstrap", seed, len(names))
    means: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = []
    block = max(1, _CELLS // len(names))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        counts = stream.multinomial(len(names), np.full(len(names), 1 / len(names)), size=size)
        drawn = counts @ weight
        # A resample may hold none of the clusters that have any weight; it tells nothing.
        some = drawn > 0
        means.append((counts @ total)[some] / drawn[some])
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return (float(low), float(high))


def mcnemar(gained: int, lost: int) -> float:
    """Return the exact two-sided p-value of ``gained`` against ``lost`` discordant pairs.

    Under the null hypothesis each discordant pair falls either way with probability 1/2. Integer
    arithmetic throughout, so it is exact for any count.
    """
    if gained < 0 or lost < 0:
        raise ValueError(f"counts must not be negative: {gained}, {lost}")
    pairs = gained + lost
    ways = tail = 1
    for count in range(min(gained, lost)):
        ways = ways * (pairs - count) // (count + 1)
        tail += ways
    return min(1.0, 2 * tail / 2**pairs)
