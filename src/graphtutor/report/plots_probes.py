"""Bars of the probes: the same tasks as in the file, rotated, in other words, with their facts."""

from __future__ import annotations

from collections.abc import Mapping

from graphtutor.report.figures import SMALL_CELL, phase_label
from graphtutor.report.plots_bars import bar, colour, finish, place_of
from graphtutor.report.plots_canvas import Axes
from graphtutor.runs.cell import Interval
from graphtutor.runs.metrics import PhaseMetrics

__all__ = ["paint_probes"]


Value = tuple[float, Interval | None, int]


def paint_probes(axes: Axes, phases: Mapping[str, PhaseMetrics]) -> None:
    """Draw the share right of each probe, one bar a phase; fewer than 30 tasks are hatched."""
    asked = {name: figures for name, figures in phases.items() if figures.rotation}
    found = {name: _values(figures) for name, figures in asked.items()}
    groups = list(dict.fromkeys(group for values in found.values() for group in values))
    for number, (name, values) in enumerate(found.items()):
        for group, (value, interval, n) in values.items():
            place = place_of(groups.index(group), number, len(found))
            bar(axes, place, value, interval, len(found), number, small=n < SMALL_CELL)
        axes.bar([0], [0], color=colour(number), label=phase_label(name))
    finish(axes, groups)


def _values(figures: PhaseMetrics) -> dict[str, Value]:
    found: dict[str, Value] = {}
    rotation, told = figures.rotation, figures.retrieval
    plain = next(iter(figures.wording.values()), told)
    if plain:
        found["as in the file"] = (plain.before, plain.intervals.get("before"), plain.n)
    if rotation:
        ends = rotation.intervals
        mean = (rotation.accuracy, ends.get("accuracy"), rotation.n)
        found["letters rotated,\nmean of four"] = mean
        steady = (rotation.consistency, ends.get("consistency"), rotation.n)
        found["right at all\nfour letters"] = steady
    for template, asked in figures.wording.items():
        share = (asked.accuracy, asked.intervals.get("accuracy"), asked.n)
        found[f'unseen wording\n"{template}"'] = share
    if told:
        found["facts in\nthe prompt"] = (told.accuracy, told.intervals.get("accuracy"), told.n)
    return found
