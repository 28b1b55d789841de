"""How figures are written: percentages with intervals, p-values, names of phases and tiers.

>>> rate(0.8625, (0.8369, 0.8847))
'86.2 % (83.7-88.5)'
>>> rate(None)
'-'
>>> p_value(0.000012), p_value(0.0312)
('< 0.0001', '0.031')
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphtutor.runs.metrics import Interval

__all__ = [
    "ABSENT",
    "FIGURE_NAMES",
    "SMALL_CELL",
    "number",
    "p_value",
    "phase_label",
    "points",
    "rate",
    "tier_label",
]

ABSENT: Final = "-"
"""Stands where a figure was not computed, which is not zero."""

FIGURE_NAMES: Final[Mapping[str, str]] = {"accuracy": "right", "grounded_accuracy": "grounded"}
"""How a report calls the two figures that everything is told in."""

SMALL_CELL: Final = 30
"""Cells with fewer tasks are shown faint or hatched and never as a headline."""

_PHASES: Final = {
    "base": "base",
    "sft": "SFT",
    "sft_more": "SFT, further steps",
    "rsft": "RSFT",
    "rsft_short": "RSFT, short chains",
    "rsft_answer": "RSFT, answer only",
    "rsft_placebo": "RSFT, placebo",
}
_TIERS: Final = {"1": "1 possible answer", "2": "2-4 possible answers", "3": "5 or more"}


def rate(value: float | None, interval: Interval | None = None) -> str:
    """Write a share as a percentage with one decimal and its 95 % interval."""
    if value is None:
        return ABSENT
    ends = f" ({100 * interval[0]:.1f}-{100 * interval[1]:.1f})" if interval else ""
    return f"{100 * value:.1f} %{ends}"


def number(value: float | None, interval: Interval | None = None) -> str:
    """Write a mean with two decimals and its 95 % interval."""
    if value is None:
        return ABSENT
    ends = f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else ""
    return f"{value:.2f}{ends}"


def points(difference: float) -> str:
    """Write a difference of two shares in percentage points, with its sign."""
    return f"{100 * difference:+.1f}"


def p_value(value: float) -> str:
    """Write a p-value with two significant digits, or as below 0.0001."""
    return "< 0.0001" if value < 0.0001 else f"{value:.2g}"


def phase_label(phase: str) -> str:
    """Return how a report names a phase."""
    return _PHASES.get(phase, phase)


def tier_label(tier: str) -> str:
    """Return how a report names a tier of answer-set sizes."""
    return _TIERS.get(tier, f"tier {tier}")
