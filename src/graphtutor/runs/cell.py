"""What every table of figures is made of: a rate with its n and interval, a paired test."""

from __future__ import annotations

from pydantic import Field

from graphtutor.runs.record_file import RunRecord

__all__ = ["Cell", "Interval", "PairedTest"]

Interval = tuple[float, float]
"""Low and high end of a 95 % interval."""


class Cell(RunRecord):
    """The rates of one hop length, one tier, or one of both; rates are shares of ``n`` tasks."""

    n: int
    accuracy: float
    grounded_accuracy: float | None = None
    intervals: dict[str, Interval] = Field(default_factory=dict)


class PairedTest(RunRecord):
    """Exact McNemar test of one figure on the same tasks.

    ``gained`` tasks are right only in this phase, ``lost`` only in ``against``; ``difference`` is
    (gained - lost) / n.
    """

    against: str
    figure: str
    n: int
    gained: int
    lost: int
    difference: float
    p_value: float
