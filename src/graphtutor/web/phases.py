"""The phases of a run: their order, which one a phase is compared with, their figures.

Figures come from metrics.json where it has them with their n, else from the episodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from graphtutor.evaluation.metrics import COMPARED_WITH
from graphtutor.report.figures import phase_label
from graphtutor.runs.cell import Cell
from graphtutor.runs.metrics import PhaseMetrics
from graphtutor.web.columns import Rows
from graphtutor.web.index import EpisodeIndex
from graphtutor.web.rates import ApiRecord, Rate, rate_at, rate_of, rate_where

__all__ = ["CellRates", "PhaseSummary", "RotationSummary", "phase_before", "phase_summaries"]

_FIRST = ("base", "sft")
"""Phases that come first, however a file lists them."""


class CellRates(ApiRecord):
    """The two rates of one hop length or tier."""

    right: Rate
    grounded: Rate | None


class RotationSummary(ApiRecord):
    """The right option moved through A-D, over ``n`` tasks.

    ``mean`` is the mean over the four letters with its interval ``low`` to ``high``, ``all_four``
    the share of tasks right at all four, ``flips`` how many tasks were right at some letters only
    (None where that is not known).
    """

    mean: float
    low: float | None
    high: float | None
    all_four: float
    n: int
    flips: int | None = None


class PhaseSummary(ApiRecord):
    """The figures of one phase on eval. None means not recorded."""

    phase: str
    title: str
    n: int
    right: Rate
    grounded: Rate | None
    format: Rate | None
    cut: float | None
    by_hop: Mapping[str, CellRates]
    by_tier: Mapping[str, CellRates]
    avg_reward: float | None
    letter_bias: Mapping[str, int] | None = None
    rotation: RotationSummary | None = None


def phase_before(phase: str, phases: Sequence[str]) -> str | None:
    """Return the phase that ``phase`` started from, else the one before it in ``phases``.

    >>> phase_before("rsft", ["base", "sft", "sft_more", "rsft"])
    'sft'
    """
    for other in COMPARED_WITH.get(phase, ()):
        if other in phases:
            return other
    place = phases.index(phase) if phase in phases else 0
    return phases[place - 1] if place else None


def in_order(phases: Iterable[str]) -> list[str]:
    """Return phases once each, base and SFT first, the others as they come."""
    found = list(dict.fromkeys(phases))
    return [p for p in _FIRST if p in found] + [p for p in found if p not in _FIRST]


def phase_summaries(
    metrics: Mapping[str, PhaseMetrics], index: EpisodeIndex | None, *, letters: bool = False
) -> list[PhaseSummary]:
    """Return the figures of every phase that metrics or episodes have.

    ``letters`` also counts the letters that each phase answered.
    """
    logged = _phases_of(index, "eval") if index else ()
    found: list[PhaseSummary] = []
    for phase in in_order([*metrics, *logged]):
        summary = _recorded(phase, metrics[phase]) if phase in metrics else None
        if index is not None and phase in logged:
            rows = index.rows(phase, "eval")
            summary = summary or _counted(phase, index, rows)
            if letters:
                summary = summary.model_copy(update={"letter_bias": letters_of(index, rows)})
        if summary is not None:
            found.append(summary)
    return found


def complete(metrics: Mapping[str, PhaseMetrics]) -> bool:
    """Tell whether every phase of metrics.json can be shown without the episodes."""
    return bool(metrics) and all(_recorded(phase, m) for phase, m in metrics.items())


def letters_of(index: EpisodeIndex, rows: Rows) -> dict[str, int]:
    """Count the letters answered."""
    answers = index.column("answer")[rows]
    return {letter: int(np.sum(answers == code)) for code, letter in enumerate("ABCD")}


def _phases_of(index: EpisodeIndex, split: str) -> list[str]:
    if split not in index.splits:
        return []
    code = index.splits.index(split)
    used = np.unique(index.column("phase")[index.column("split") == code]).tolist()
    return [index.phases[number] for number in used]


def _recorded(phase: str, figures: PhaseMetrics) -> PhaseSummary | None:
    ends = figures.intervals
    right = rate_at(figures.accuracy, figures.n, ends.get("accuracy"))
    if right is None:
        return None
    grounded, n = figures.grounded_accuracy, figures.n
    return PhaseSummary(
        phase=phase,
        title=phase_label(phase),
        n=right.n,
        right=right,
        grounded=rate_at(grounded, n, ends.get("grounded_accuracy")),
        format=rate_at(figures.format_rate, n, ends.get("format_rate")),
        cut=figures.cut_rate,
        by_hop=_cells(figures.by_hop),
        by_tier=_cells(figures.by_tier),
        avg_reward=figures.avg_total_reward,
        rotation=_rotation(figures),
    )


def _cells(cells: Mapping[str, Cell]) -> dict[str, CellRates]:
    found: dict[str, CellRates] = {}
    for name, cell in cells.items():
        ends = cell.intervals
        right = rate_at(cell.accuracy, cell.n, ends.get("accuracy"))
        if right is not None:
            grounded = rate_at(cell.grounded_accuracy, cell.n, ends.get("grounded_accuracy"))
            found[name] = CellRates(right=right, grounded=grounded)
    return found


def _rotation(figures: PhaseMetrics) -> RotationSummary | None:
    moved = figures.rotation
    if moved is None:
        return None
    low, high = moved.intervals.get("accuracy", (None, None))
    return RotationSummary(
        mean=moved.accuracy, low=low, high=high, all_four=moved.consistency, n=moved.n
    )


def _counted(phase: str, index: EpisodeIndex, rows: Rows) -> PhaseSummary:
    cut = index.column("cut")[rows]
    rewards = index.column("reward")[rows]
    rewards = rewards[~np.isnan(rewards)]
    cells = _counted_cell(index, rows)
    return PhaseSummary(
        phase=phase,
        title=phase_label(phase),
        n=len(rows),
        right=cells.right,
        grounded=cells.grounded,
        format=rate_where(index.column("valid")[rows] == 1),
        cut=float(np.mean(cut[cut >= 0])) if np.any(cut >= 0) else None,
        by_hop=_counted_cells(index, rows, "hop"),
        by_tier=_counted_cells(index, rows, "tier"),
        avg_reward=float(np.mean(rewards)) if len(rewards) else None,
    )


def _counted_cell(index: EpisodeIndex, rows: Rows) -> CellRates:
    grounded = index.column("grounded")[rows]
    known = grounded[grounded >= 0]
    return CellRates(
        right=rate_where(index.column("right")[rows] == 1),
        grounded=rate_of(int(np.sum(known)), len(known)) if len(known) else None,
    )


def _counted_cells(index: EpisodeIndex, rows: Rows, name: str) -> dict[str, CellRates]:
    values = index.column(name)[rows]
    keys = [int(key) for key in np.unique(values) if key >= 0]
    return {str(key): _counted_cell(index, rows[values == key]) for key in keys[:100]}
