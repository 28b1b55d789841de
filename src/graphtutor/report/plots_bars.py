"""Grouped bars with 95 % intervals and the line of guessing: the shape of most plots here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from graphtutor.report.plots_canvas import COLOURS, Axes, error_bar, percent_axis, write_values
from graphtutor.runs.cell import Interval

__all__ = ["bar", "colour", "finish", "place_of"]

_CHANCE: Final = 0.25
_WIDTH: Final = 0.8
"""Width of a group of bars; groups stand 1 apart."""


def bar(
    axes: Axes,
    x: float,
    value: float | None,
    interval: Interval | None,
    bars: int,
    number: int,
    *,
    small: bool = False,
) -> None:
    """Draw bar ``number`` of the ``bars`` of a group at ``x``; a ``small`` cell is hatched."""
    if value is None:
        return
    look = {"hatch": "////", "facecolor": "white", "edgecolor": colour(number)}
    axes.bar([x], [value], _WIDTH / bars * 0.94, **(look if small else {"color": colour(number)}))
    error_bar(axes, x, value, interval)
    write_values(axes, x, max(value, interval[1] if interval else 0), f"{100 * value:.0f}")


def finish(axes: Axes, groups: Sequence[str]) -> None:
    """Name the groups and draw the line of guessing."""
    axes.axhline(_CHANCE, color="#777777", linewidth=0.8, linestyle=":")
    axes.text(len(groups) - 0.45, _CHANCE, "guessing", fontsize=8, color="#555555", va="center")
    axes.set_xticks(range(len(groups)), groups)
    axes.set_xlim(-0.55, len(groups) - 0.45)
    percent_axis(axes)


def place_of(group: int, number: int, bars: int) -> float:
    """Return where bar ``number`` of the ``bars`` of ``group`` stands."""
    return group + (number - (bars - 1) / 2) * _WIDTH / bars


def colour(number: int) -> str:
    """Return the colour of bar ``number``."""
    return COLOURS[number % len(COLOURS)]
