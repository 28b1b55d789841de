"""Bars of a blueprint run: the share of held-out answers that meet each demand, by phase."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from graphtutor.report.document import Figure
from graphtutor.report.figures import phase_label
from graphtutor.report.plots_bars import bar, colour, place_of
from graphtutor.report.plots_canvas import Axes, draw, percent_axis
from graphtutor.runs.blueprint import BlueprintMetrics, BlueprintPhase, Rate

__all__ = ["draw_blueprint"]

_NAME: Final = "structure"
_SMALL: Final = 30


def draw_blueprint(metrics: BlueprintMetrics, folder: Path) -> list[Figure]:
    """Draw structure by demand and phase into ``folder``; nothing without whole answers."""
    phases = {name: phase for name, phase in metrics.phases.items() if phase.well_formed}
    if not phases:
        return []
    found = {name: _values(phase) for name, phase in phases.items()}
    groups = list(next(iter(found.values())))

    def paint(axes: tuple[Axes, ...]) -> None:
        for number, (name, values) in enumerate(found.items()):
            for place, group in enumerate(groups):
                if (rate := values.get(group)) is not None:
                    x = place_of(place, number, len(found))
                    small = rate.n < _SMALL
                    bar(axes[0], x, rate.share, rate.interval, len(found), number, small=small)
            axes[0].bar([0], [0], color=colour(number), label=phase_label(name))
        axes[0].set_xticks(range(len(groups)), groups)
        axes[0].set_xlim(-0.55, len(groups) - 0.45)
        percent_axis(axes[0], "% of answers")
        axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1))

    draw(folder, _NAME, paint, size=(9.5, 3.6))
    caption = "Share of whole answers on held-out topics that meet each demand, before and after."
    return [Figure(_NAME, caption)]


def _values(phase: BlueprintPhase) -> dict[str, Rate]:
    whole = {"well-formed": phase.well_formed} if phase.well_formed else {}
    return whole | phase.components
