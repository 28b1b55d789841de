"""The canvas of all plots: one style, no display, SVG and PNG that depend on the figures alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from graphtutor.runs.metrics import Interval

__all__ = [
    "COLOURS",
    "Axes",
    "draw",
    "error_bar",
    "percent_axis",
    "plots_available",
    "write_values",
]

Axes = Any
"""A matplotlib Axes; the library is imported only when a plot is drawn."""

COLOURS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
"""Okabe and Ito's, which colour-blind readers can tell apart."""

_STYLE: Final[Mapping[str, Any]] = {
    "svg.hashsalt": "graphtutor",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "grid.color": "#dddddd",
    "font.size": 10,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
}
_DPI: Final = 150


def plots_available() -> bool:
    """Tell whether matplotlib is installed: the extra ``plots``."""
    return find_spec("matplotlib") is not None


def draw(
    folder: Path,
    name: str,
    paint: Callable[[tuple[Axes, ...]], None],
    *,
    columns: int = 1,
    size: tuple[float, float] = (7.0, 3.6),
    share_y: bool = True,
) -> None:
    """Write ``name``.svg and ``name``.png; ``paint`` gets the axes, left to right.

    ``size`` is width and height in inches.
    """
    import matplotlib
    from matplotlib.figure import Figure

    library: Any = matplotlib
    with library.rc_context(dict(_STYLE)):
        figure: Any = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(1, columns, sharey=share_y, squeeze=False)
        paint(tuple(grid[0]))
        folder.mkdir(parents=True, exist_ok=True)
        # A date or a version in the file would make two equal runs differ.
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
        figure.savefig(folder / f"{name}.png", dpi=_DPI, metadata={"Software": None})


def percent_axis(axes: Axes, label: str = "% of tasks") -> None:
    """Scale the upright axis from 0 to 100 %; values are shares."""
    axes.set_ylim(0, 1.12)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100"])
    axes.set_ylabel(label)


def error_bar(axes: Axes, x: float, value: float, interval: Interval | None) -> None:
    """Draw a 95 % interval around ``value``, if there is one."""
    if interval is None:
        return
    # An interval of a mean may miss its value by rounding; lengths below zero are refused.
    below, above = max(0.0, value - interval[0]), max(0.0, interval[1] - value)
    axes.errorbar([x], [value], yerr=[[below], [above]], color="#222222", capsize=3, linewidth=1)


def write_values(axes: Axes, x: float, top: float, text: str) -> None:
    """Write ``text`` just above ``top``, centred on ``x``."""
    axes.annotate(
        text, (x, top), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8
    )
