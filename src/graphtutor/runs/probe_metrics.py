"""The figures of the probes: what an accuracy on eval leaves open."""

from __future__ import annotations

from pydantic import Field

from graphtutor.runs.cell import Interval, PairedTest
from graphtutor.runs.record_file import RunRecord

__all__ = ["CompositionGap", "PassAtK", "RotationMetrics", "VariantMetrics"]


class RotationMetrics(RunRecord):
    """The right option moved through A-D; each of ``n`` tasks was asked four times.

    ``accuracy`` and ``grounded_accuracy`` are means over the four; ``consistency`` is the share of
    tasks right at all four letters. ``recall`` is, by letter, the share right where the right
    option stands there.
    """

    n: int
    accuracy: float
    grounded_accuracy: float | None = None
    consistency: float
    recall: dict[str, float]
    intervals: dict[str, Interval] = Field(default_factory=dict)


class VariantMetrics(RunRecord):
    """``n`` tasks asked in another way, beside the same tasks as they stand in the file.

    ``before`` and ``grounded_before`` are the shares of the same tasks as the file asks them;
    ``paired`` tests the one against the other.
    """

    n: int
    accuracy: float
    grounded_accuracy: float | None = None
    before: float
    grounded_before: float | None = None
    intervals: dict[str, Interval] = Field(default_factory=dict)
    paired: tuple[PairedTest, ...] = ()


class PassAtK(RunRecord):
    """The chance that at least one of k samples is right (or grounded), by k.

    ``guess`` is what guessing letters would have: 1 - 0.75^k. Intervals by "right/k" and
    "grounded/k".
    """

    n: int
    samples: int
    temperature: float | None = None
    right: dict[str, float]
    grounded: dict[str, float]
    guess: dict[str, float]
    intervals: dict[str, Interval] = Field(default_factory=dict)


class CompositionGap(RunRecord):
    """Grounded accuracy of one hop length against the product of the recalls of its hops.

    ``known`` is the mean over tasks of that product: what a model would reach that strings together
    the facts it knows. ``gap`` is ``known`` minus ``grounded_accuracy``. ``of_known`` is the
    grounded accuracy where every hop is known, of ``n_known`` tasks.
    """

    n: int
    known: float
    grounded_accuracy: float
    gap: float
    n_known: int
    of_known: float | None = None
    intervals: dict[str, Interval] = Field(default_factory=dict)
