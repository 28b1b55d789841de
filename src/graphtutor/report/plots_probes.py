"""Bars of the probes: the same tasks as in the file, rotated, in other words, with their facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphtutor.report.figures import SMALL_CELL, phase_label
from graphtutor.report.plots_bars import bar, colour, finish, place_of
from graphtutor.report.plots_canvas import Axes
from graphtutor.runs.cell import Interval
from graphtutor.runs.metrics import PhaseMetrics

__all__ = ["paint_probes"]

_GROUPS: Final = (
    "as in the file",
    "letters rotated,\nmean of four",
    "right at all\nfour letters",
    "a wording\nnever trained on",
    "facts in\nthe prompt",
)

Value = tuple[float, Interval | None, int]


def paint_probes(axes: Axes, phases: Mapping[str, PhaseMetrics]) -> None:
    """Draw the share right of each probe, one bar a phase; fewer than 30 tasks are hatched."""
    asked = {name: figures for name, figures in phases.items() if figures.rotation}
    for number, (name, figures) in enumerate(asked.items()):
        for group, found in enumerate(_values(figures)):
            if found is None:
                continue
            value, interval, n = found
            place = place_of(group, number, len(asked))
            bar(axes, place, value, interval, len(asked), number, small=n < SMALL_CELL)
        axes.bar([0], [0], color=colour(number), label=phase_label(name))
    finish(axes, _GROUPS)


def _values(figures: PhaseMetrics) -> tuple[Value | None, ...]:
    rotation, wording, told = figures.rotation, figures.wording, figures.retrieval
    plain = wording or told
    return (
        (plain.before, plain.intervals.get("before"), plain.n) if plain else None,
        (rotation.accuracy, rotation.intervals.get("accuracy"), rotation.n) if rotation else None,
        (rotation.consistency, rotation.intervals.get("consistency"), rotation.n)
        if rotation
        else None,
        (wording.accuracy, wording.intervals.get("accuracy"), wording.n) if wording else None,
        (told.accuracy, told.intervals.get("accuracy"), told.n) if told else None,
    )
