"""Bars of a run's phases: right and grounded, per hop length, per size of the answer set."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from graphtutor.report.figures import SMALL_CELL, phase_label, tier_label
from graphtutor.report.plots_bars import bar, colour, finish, place_of
from graphtutor.report.plots_canvas import Axes
from graphtutor.runs.metrics import Cell, PhaseMetrics

__all__ = ["FIGURES", "paint_cells", "paint_phases"]

FIGURES: Final[Mapping[str, str]] = {
    "accuracy": "right letter",
    "grounded_accuracy": "right and grounded",
}


def paint_phases(axes: Axes, phases: Mapping[str, PhaseMetrics]) -> None:
    """Draw accuracy and grounded accuracy beside each other for each phase, n below."""
    groups = [_two_lines(phase, figures.n) for phase, figures in phases.items()]
    for number, (name, label) in enumerate(FIGURES.items()):
        for group, figures in enumerate(phases.values()):
            value: float | None = getattr(figures, name)
            bar(axes, place_of(group, number, 2), value, figures.intervals.get(name), 2, number)
        axes.bar([0], [0], color=colour(number), label=label)
    finish(axes, groups)


def paint_cells(axes: Axes, phases: Mapping[str, PhaseMetrics], table: str, figure: str) -> None:
    """Draw ``figure`` for each cell of ``table`` ("by_hop", "by_tier"), one bar a phase.

    Cells of fewer than 30 tasks are hatched.
    """
    tables: dict[str, dict[str, Cell]] = {
        phase: getattr(figures, table) for phase, figures in phases.items()
    }
    keys = sorted({key for cells in tables.values() for key in cells}, key=int)
    for number, (phase, cells) in enumerate(tables.items()):
        for group, key in enumerate(keys):
            cell = cells.get(key)
            if cell is None:
                continue
            value: float | None = getattr(cell, figure)
            place = place_of(group, number, len(tables))
            small = cell.n < SMALL_CELL
            ends = cell.intervals.get(figure)
            bar(axes, place, value, ends, len(tables), number, small=small)
        axes.bar([0], [0], color=colour(number), label=phase_label(phase))
    finish(axes, [_cell_name(table, key, tables.values()) for key in keys])


def _two_lines(phase: str, n: int | None) -> str:
    name = phase_label(phase).replace(", ", ",\n")
    return name if n is None else f"{name}\nn = {n}"


def _cell_name(table: str, key: str, tables: Collection[Mapping[str, Cell]]) -> str:
    sizes = sorted({cells[key].n for cells in tables if key in cells})
    name = (
        f"{key} hops" if table == "by_hop" else tier_label(key).replace(" possible", "\npossible")
    )
    return f"{name}\nn = {'-'.join(str(size) for size in sizes)}"
