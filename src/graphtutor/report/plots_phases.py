"""Bars of a run's phases: right and grounded, per hop length, per size of the answer set."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from graphtutor.report.figures import SMALL_CELL, phase_label, tier_label
from graphtutor.report.plots_canvas import COLOURS, Axes, error_bar, percent_axis, write_values
from graphtutor.runs.metrics import Cell, Interval, PhaseMetrics

__all__ = ["FIGURES", "paint_cells", "paint_phases"]

_CHANCE: Final = 0.25
FIGURES: Final[Mapping[str, str]] = {
    "accuracy": "right letter",
    "grounded_accuracy": "right and grounded",
}
_WIDTH: Final = 0.8
"""Width of a group of bars; groups stand 1 apart."""


def paint_phases(axes: Axes, phases: Mapping[str, PhaseMetrics]) -> None:
    """Draw accuracy and grounded accuracy beside each other for each phase, n below."""
    groups = [_two_lines(phase, figures.n) for phase, figures in phases.items()]
    for number, (name, label) in enumerate(FIGURES.items()):
        for group, figures in enumerate(phases.values()):
            value: float | None = getattr(figures, name)
            _bar(axes, _place(group, number, 2), value, figures.intervals.get(name), 2, number)
        axes.bar([0], [0], color=COLOURS[number], label=label)
    _finish(axes, groups)


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
            place = _place(group, number, len(tables))
            small = cell.n < SMALL_CELL
            ends = cell.intervals.get(figure)
            _bar(axes, place, value, ends, len(tables), number, small=small)
        axes.bar([0], [0], color=_colour(number), label=phase_label(phase))
    _finish(axes, [_cell_name(table, key, tables.values()) for key in keys])


def _bar(
    axes: Axes,
    x: float,
    value: float | None,
    interval: Interval | None,
    bars: int,
    number: int,
    *,
    small: bool = False,
) -> None:
    if value is None:
        return
    look = {"hatch": "////", "facecolor": "white", "edgecolor": _colour(number)}
    axes.bar([x], [value], _WIDTH / bars * 0.94, **(look if small else {"color": _colour(number)}))
    error_bar(axes, x, value, interval)
    write_values(axes, x, max(value, interval[1] if interval else 0), f"{100 * value:.0f}")


def _finish(axes: Axes, groups: Sequence[str]) -> None:
    axes.axhline(_CHANCE, color="#777777", linewidth=0.8, linestyle=":")
    axes.text(len(groups) - 0.45, _CHANCE, "guessing", fontsize=8, color="#555555", va="center")
    axes.set_xticks(range(len(groups)), groups)
    axes.set_xlim(-0.55, len(groups) - 0.45)
    percent_axis(axes)


def _place(group: int, number: int, bars: int) -> float:
    return group + (number - (bars - 1) / 2) * _WIDTH / bars


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _two_lines(phase: str, n: int | None) -> str:
    name = phase_label(phase).replace(", ", ",\n")
    return name if n is None else f"{name}\nn = {n}"


def _cell_name(table: str, key: str, tables: Collection[Mapping[str, Cell]]) -> str:
    sizes = sorted({cells[key].n for cells in tables if key in cells})
    name = (
        f"{key} hops" if table == "by_hop" else tier_label(key).replace(" possible", "\npossible")
    )
    return f"{name}\nn = {'-'.join(str(size) for size in sizes)}"
