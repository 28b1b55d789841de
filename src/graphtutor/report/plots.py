"""Which plots a report has, and what stands beneath each.

Bars carry 95 % intervals; a cell of fewer than 30 tasks is hatched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from graphtutor.report.document import Figure
from graphtutor.report.figures import SMALL_CELL, phase_label
from graphtutor.report.plots_canvas import COLOURS, Axes, draw, percent_axis
from graphtutor.report.plots_phases import FIGURES, paint_cells, paint_phases
from graphtutor.report.plots_probes import paint_probes
from graphtutor.report.plots_training import paint_candidates, paint_curve, paint_loss
from graphtutor.report.summary import Summary

__all__ = ["draw_plots", "draw_spread"]

_CELL_NOTE = f"95 % intervals; hatched: fewer than {SMALL_CELL} tasks."


def draw_plots(summary: Summary, folder: Path) -> list[Figure]:
    """Draw what the run has figures for; return the plots in the order of the report."""
    return [*_result_plots(summary, folder), *_training_plots(summary, folder)]


def draw_spread(
    values: Mapping[str, Mapping[str, Sequence[float]]], folder: Path, name: str = "spread"
) -> Figure:
    """Draw the mean of each phase over several runs with a dot for every run.

    ``values`` holds, by figure and phase, one share a run.
    """

    def paint(panels: tuple[Axes, ...]) -> None:
        for axes, (title, phases) in zip(panels, values.items(), strict=True):
            for place, shares in enumerate(phases.values()):
                axes.bar([place], [sum(shares) / len(shares)], 0.7, color=COLOURS[0], alpha=0.45)
                # Side by side, so that runs which came out the same can still be counted.
                places = [place + 0.08 * (i - (len(shares) - 1) / 2) for i in range(len(shares))]
                axes.plot(places, shares, "o", color="#222222", markersize=3.5)
            names = [phase_label(phase).replace(", ", ",\n") for phase in phases]
            axes.set_xticks(range(len(names)), names, fontsize=8)
            axes.set_title(title)
            percent_axis(axes)
        for axes in panels[1:]:
            axes.set_ylabel("")

    draw(folder, name, paint, columns=len(values), size=(5.2 * len(values), 3.6))
    return Figure(name, "Mean over the runs (bars) and each run (dots).")


def _result_plots(summary: Summary, folder: Path) -> list[Figure]:
    phases = summary.metrics.phases
    if not phases:
        return []

    def headline(panels: tuple[Axes, ...]) -> None:
        paint_phases(panels[0], phases)
        _legend_below(panels[0])

    draw(folder, "accuracy", headline)
    figures = [Figure("accuracy", "Right, and right by a grounded chain, on eval. 95 % intervals.")]
    for table, name in (("by_tier", "answer sets"), ("by_hop", "hop lengths")):
        if any(getattr(phase, table) for phase in phases.values()):
            draw(folder, table, _cells(summary, table), columns=2, size=(10.0, 3.8))
            figures.append(Figure(table, f"Right and grounded by {name}. {_CELL_NOTE}"))
    if any(phase.rotation for phase in phases.values()):

        def probes(panels: tuple[Axes, ...]) -> None:
            paint_probes(panels[0], phases)
            _legend_below(panels[0])

        draw(folder, "probes", probes, size=(8.5, 3.8))
        figures.append(Figure("probes", f"The same tasks asked in other ways. {_CELL_NOTE}"))
    return figures


def _cells(summary: Summary, table: str) -> Callable[[tuple[Axes, ...]], None]:
    def paint(panels: tuple[Axes, ...]) -> None:
        for axes, (figure, title) in zip(panels, FIGURES.items(), strict=True):
            paint_cells(axes, summary.metrics.phases, table, figure)
            axes.set_title(title)
        panels[1].set_ylabel("")
        _legend_below(panels[0])

    return paint


def _legend_below(axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    axes.figure.legend(handles, labels, loc="outside lower center", ncols=5)


def _training_plots(summary: Summary, folder: Path) -> list[Figure]:
    figures: list[Figure] = []
    if summary.train_log:
        draw(folder, "loss", lambda panels: paint_loss(panels[0], summary.train_log))
        figures.append(Figure("loss", "Training loss, raw and smoothed; later rounds dashed."))
    curves = summary.metrics.curves
    if curves.steps:
        draw(folder, "curve", lambda panels: paint_curve(panels[0], curves))
        figures.append(Figure("curve", "Evaluations on dev during training."))
    if summary.candidates:
        sampled = {(s.phase, s.round): s for s in summary.metrics.sampling}

        def paint(panels: tuple[Axes, ...]) -> None:
            for axes, rewards in zip(panels, summary.candidates, strict=True):
                paint_candidates(axes, rewards, sampled.get((rewards.phase, rewards.round)))

        columns = len(summary.candidates)
        size = (max(7.0, 4.5 * columns), 3.8)
        # Rounds differ in size, so each has a scale of its own.
        draw(folder, "candidates", paint, columns=columns, size=size, share_y=False)
        figures.append(Figure("candidates", "Rewards of the samples of rejection sampling."))
    return figures
