"""The headline table as it is printed in a terminal: each phase with n and 95 % intervals."""

from __future__ import annotations

from rich import box
from rich.markup import escape
from rich.table import Table

from graphtutor.report.figures import ABSENT, SMALL_CELL, phase_label
from graphtutor.runs.metrics import Cell, Interval, RunMetrics

__all__ = ["headline_table"]


def headline_table(metrics: RunMetrics) -> Table:
    """Return the table of a run's phases on eval; each figure stands over its interval.

    Cells of fewer than 30 tasks show only their n.
    """
    table = Table(
        title=f"{escape(metrics.run_id)}: evaluation without the graph, % (95 % interval)",
        box=box.SIMPLE_HEAD,
        title_justify="left",
        padding=(0, 1),
    )
    table.add_column("phase")
    for name in (
        "n",
        "valid\nformat",
        "right",
        "grounded",
        "right,\n1 answer",
        "grounded,\n1 answer",
    ):
        table.add_column(name, justify="right")
    for phase, figures in metrics.phases.items():
        ends = figures.intervals
        single = figures.by_tier.get("1")
        table.add_row(
            phase_label(phase),
            ABSENT if figures.n is None else str(figures.n),
            _percent(figures.format_rate, ends.get("format_rate")),
            _percent(figures.accuracy, ends.get("accuracy")),
            _percent(figures.grounded_accuracy, ends.get("grounded_accuracy")),
            _cell(single, "accuracy"),
            _cell(single, "grounded_accuracy"),
        )
    return table


def _percent(value: float | None, interval: Interval | None) -> str:
    if value is None:
        return ABSENT
    ends = f"\n{100 * interval[0]:.1f}-{100 * interval[1]:.1f}" if interval else ""
    return f"{100 * value:.1f}{ends}"


def _cell(cell: Cell | None, figure: str) -> str:
    if cell is None:
        return ABSENT
    if cell.n < SMALL_CELL:
        return f"[dim]n = {cell.n}[/dim]"
    value = cell.accuracy if figure == "accuracy" else cell.grounded_accuracy
    return _percent(value, cell.intervals.get(figure))
