"""The plots of the studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from graphtutor.report.document import Figure
from graphtutor.report.figures import FIGURE_NAMES, phase_label
from graphtutor.report.plots_bars import colour
from graphtutor.report.plots_canvas import Axes, draw, percent_axis
from graphtutor.runs.studies import Contrast, DepthStudy, DriftStudy, KStudy, RetrievalStudy

__all__ = ["draw_contrasts", "draw_depth", "draw_drift", "draw_k", "draw_retrieval"]

_DOT: Final = {"fmt": "o", "capsize": 3, "markersize": 5, "linewidth": 1.2}


def draw_contrasts(contrasts: Sequence[Contrast], folder: Path, name: str) -> Figure:
    """Draw each difference with its interval, and a small dot for each seed; 0 is no effect."""
    pairs = list(dict.fromkeys((c.arm, c.against) for c in contrasts))

    def paint(panels: tuple[Axes, ...]) -> None:
        axes = panels[0]
        for number, (figure, label) in enumerate(FIGURE_NAMES.items()):
            for c in contrasts:
                if c.figure != figure:
                    continue
                y = len(pairs) - 1 - pairs.index((c.arm, c.against)) + 0.16 - 0.32 * number
                ends = [
                    [100 * (c.difference - c.interval[0])],
                    [100 * (c.interval[1] - c.difference)],
                ]
                axes.errorbar([100 * c.difference], [y], xerr=ends, color=colour(number), **_DOT)
                seeds = [100 * change for change in c.by_seed]
                axes.plot(seeds, [y] * len(seeds), "|", color=colour(number), markersize=9)
            axes.errorbar([], [], color=colour(number), label=label, **_DOT)
        axes.axvline(0, color="#777777", linewidth=0.8, linestyle=":")
        names = [f"{phase_label(a)}\nagainst {phase_label(b)}" for a, b in reversed(pairs)]
        axes.set_yticks(range(len(pairs)), names, fontsize=8)
        axes.grid(visible=True, axis="x", color="#dddddd")
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("difference in percentage points")
        axes.legend(loc="best")

    draw(folder, name, paint, size=(8.0, 0.6 * len(pairs) + 1.4))
    return Figure(name, "Differences between arms with 95 % intervals; strokes: each seed.")


def draw_k(record: KStudy, folder: Path, name: str = "k") -> Figure:
    """Draw pass@K, right and grounded, and the shares of tasks that teach nothing."""

    def paint(panels: tuple[Axes, ...]) -> None:
        ks = [row.k for row in record.by_k]
        lines = (("right", "right"), ("grounded", "grounded"))
        for number, (field, label) in enumerate(lines):
            _line(panels[0], record, field, label, number)
        guess = [row.guess for row in record.by_k]
        panels[0].plot(range(len(ks)), guess, ":", color="#777777", label="guessing letters")
        panels[0].set_title("at least one of K samples")
        for number, (field, label) in enumerate(
            (("no_winner", "no winner"), ("only_winners", "only winners"))
        ):
            _line(panels[1], record, field, label, number + 2)
        panels[1].set_title("tasks that teach nothing new")
        for axes in panels:
            axes.set_xticks(range(len(ks)), [str(k) for k in ks])
            axes.set_xlabel("K, samples a task")
            percent_axis(axes)
            axes.legend(loc="best")
        panels[1].set_ylabel("")

    draw(folder, name, paint, columns=2, size=(9.0, 3.8))
    return Figure(name, "What K samples a task are worth. 95 % intervals.")


def _line(axes: Axes, record: KStudy, field: str, label: str, number: int) -> None:
    values = [float(getattr(row, field)) for row in record.by_k]
    ends = [row.intervals[field] for row in record.by_k]
    below = [max(0.0, v - low) for v, (low, _) in zip(values, ends, strict=True)]
    above = [max(0.0, high - v) for v, (_, high) in zip(values, ends, strict=True)]
    places = range(len(values))
    look = {"fmt": "o-", "capsize": 3, "markersize": 4, "linewidth": 1.2}
    axes.errorbar(places, values, yerr=[below, above], color=colour(number), label=label, **look)


def draw_depth(record: DepthStudy, folder: Path, name: str = "depth") -> Figure:
    """Draw right and grounded by hop length, a line a depth trained to."""

    def paint(panels: tuple[Axes, ...]) -> None:
        for axes, (figure, title) in zip(panels, FIGURE_NAMES.items(), strict=True):
            for number, depth in enumerate(record.depths):
                cells = record.cells[str(depth)]
                shown = [h for h in record.hops if str(h) in cells]
                found = [cells[str(h)] for h in shown]
                values = [float(getattr(cell, figure) or 0) for cell in found]
                ends = [cell.intervals[figure] for cell in found]
                below = [max(0.0, v - low) for v, (low, _) in zip(values, ends, strict=True)]
                above = [max(0.0, high - v) for v, (_, high) in zip(values, ends, strict=True)]
                places = [h + 0.06 * (number - (len(record.depths) - 1) / 2) for h in shown]
                label = f"trained to {depth} hop{'s' if depth > 1 else ''}"
                look = {"fmt": "o-", "capsize": 2, "markersize": 4, "linewidth": 1.2}
                axes.errorbar(
                    places, values, yerr=[below, above], color=colour(number), label=label, **look
                )
            axes.set_title(title)
            axes.set_xlabel("hops of the question")
            axes.set_xticks(list(record.hops))
            percent_axis(axes)
        panels[1].set_ylabel("")
        handles, labels = panels[0].get_legend_handles_labels()
        panels[0].figure.legend(handles, labels, loc="outside lower center", ncols=4)

    draw(folder, name, paint, columns=2, size=(10.0, 4.0))
    return Figure(name, "Right and grounded by hop length and depth of training. 95 % intervals.")


def draw_drift(record: DriftStudy, folder: Path, name: str = "drift") -> Figure:
    """Draw the divergence of each phase from the base, a dot a run; English, and worlds if read."""
    phases = [p for p in dict.fromkeys(found.phase for found in record.phases) if p != "base"]
    readings = {"English passages": "english", "worlds never read before": "worlds"}
    shown = {
        title: field
        for title, field in readings.items()
        if any(getattr(found, field) is not None for found in record.phases)
    }

    def paint(panels: tuple[Axes, ...]) -> None:
        for axes, (title, field) in zip(panels, shown.items(), strict=True):
            for place, phase in enumerate(phases):
                runs = [getattr(p, field) for p in record.phases if p.phase == phase]
                texts = [run.text for run in runs if run is not None and run.text is not None]
                for number, text in enumerate(texts):
                    low, high = text.intervals["kl"]
                    x = place + 0.12 * (number - (len(texts) - 1) / 2)
                    ends = [[max(0.0, text.kl - low)], [max(0.0, high - text.kl)]]
                    axes.errorbar([x], [text.kl], yerr=ends, color=colour(number), **_DOT)
            names = [phase_label(phase).replace(", ", ",\n") for phase in phases]
            axes.set_xticks(range(len(phases)), names, fontsize=8)
            axes.set_xlim(-0.6, len(phases) - 0.4)
            axes.set_ylim(0, 1.1 * axes.get_ylim()[1])
            axes.set_title(title)
        panels[0].set_ylabel("KL(base || phase), nats per token")

    draw(folder, name, paint, columns=len(shown), size=(5.0 * len(shown), 3.8), share_y=False)
    return Figure(name, "Divergence from the base on neutral texts, a dot a run. 95 % intervals.")


def draw_retrieval(
    record: RetrievalStudy,
    sources: Mapping[str, str],
    answerers: Mapping[str, str],
    folder: Path,
    name: str = "retrieval",
) -> Figure:
    """Draw right and grounded by source of facts, a colour an answerer; both mapped to labels."""

    def paint(panels: tuple[Axes, ...]) -> None:
        for axes, (figure, title) in zip(panels, FIGURE_NAMES.items(), strict=True):
            for number, (answerer, label) in enumerate(answerers.items()):
                found = [cell for cell in record.cells if cell.answerer == answerer]
                values = [float(getattr(cell, figure) or 0) for cell in found]
                ends = [cell.intervals[figure] for cell in found]
                below = [max(0.0, v - low) for v, (low, _) in zip(values, ends, strict=True)]
                above = [max(0.0, high - v) for v, (_, high) in zip(values, ends, strict=True)]
                places = [[*sources].index(cell.source) + 0.14 * (number - 1) for cell in found]
                look = {**_DOT, "color": colour(number), "label": label}
                axes.errorbar(places, values, yerr=[below, above], **look)
            axes.set_title(title)
            names = [label.replace(" ", "\n", 1) for label in sources.values()]
            axes.set_xticks(range(len(names)), names, fontsize=8)
            percent_axis(axes)
        panels[1].set_ylabel("")
        handles, labels = panels[0].get_legend_handles_labels()
        panels[0].figure.legend(handles, labels, loc="outside lower center", ncols=3)

    draw(folder, name, paint, columns=2, size=(9.5, 4.0))
    return Figure(name, "Right and grounded by answerer and facts in the prompt. 95 % intervals.")
