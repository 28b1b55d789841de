"""A rate with its n and 95 % interval, as every figure is sent."""

from __future__ import annotations

from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from graphtutor.evaluation.intervals import wilson
from graphtutor.runs.cell import Interval
from graphtutor.web.columns import Mask

__all__ = ["ApiRecord", "Rate", "rate_at", "rate_of", "rate_where"]

_MOST: Final = 2**53
"""No evaluation has as many tasks, and a browser cannot count further."""


class ApiRecord(BaseModel):
    """What the API sends: these fields and no others; numbers that are not finite become null."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )


class Rate(ApiRecord):
    """``k`` of ``n`` and the 95 % interval of the share; None without anything to count."""

    k: float | None
    n: int
    rate: float | None
    low: float | None
    high: float | None


def rate_of(k: int, n: int) -> Rate:
    """Return ``k`` of ``n`` with Wilson's interval.

    >>> rate_of(15, 20).model_dump()["low"]
    0.531...
    """
    if n <= 0:
        return Rate(k=0, n=0, rate=None, low=None, high=None)
    low, high = wilson(k, n)
    return Rate(k=k, n=n, rate=k / n, low=low, high=high)


def rate_where(marks: Mask) -> Rate:
    """Return how many of ``marks`` are set."""
    return rate_of(int(np.count_nonzero(marks)), len(marks))


def rate_at(share: float | None, n: int | None, interval: Interval | None = None) -> Rate | None:
    """Return a recorded share of ``n``; without its interval Wilson's.

    None where there is no such share: not recorded, or not between 0 and 1.
    """
    if share is None or n is None or not 0 < n < _MOST or not 0 <= share <= 1:
        return None
    k = round(share * n, 6)
    low, high = interval or wilson(min(n, round(k)), n)
    return Rate(k=int(k) if k == int(k) else k, n=n, rate=share, low=low, high=high)
