"""Curves of the training: loss by step, dev accuracy by step, rewards of the RSFT samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from graphtutor.report.figures import phase_label
from graphtutor.report.plots_canvas import COLOURS, Axes, percent_axis
from graphtutor.report.summary import CandidateRewards
from graphtutor.runs.episodes import TrainLogLine
from graphtutor.runs.metrics import Curves, SamplingMetrics

__all__ = ["paint_candidates", "paint_curve", "paint_loss"]

_SMOOTH: Final = 0.1
"""Weight of the newest step in the smoothed loss."""
_BIN: Final = 0.25
"""Width of a bar of the reward histogram: the smallest step of the profiles' penalties."""


def paint_loss(axes: Axes, log: Sequence[TrainLogLine]) -> None:
    """Draw each training's loss, raw in the background and exponentially smoothed above it."""
    colours: dict[str, str] = {}
    for (phase, number), group in groupby(log, key=lambda line: (line.phase, line.round)):
        lines = list(group)
        first = phase not in colours
        colour = colours.setdefault(phase, COLOURS[len(colours) % len(COLOURS)])
        steps, losses = [line.step for line in lines], [line.loss for line in lines]
        axes.plot(steps, losses, color=colour, linewidth=0.8, alpha=0.3)
        axes.plot(
            steps,
            _smoothed(losses),
            color=colour,
            linewidth=1.6,
            linestyle="-" if (number or 1) == 1 else "--",
            label=phase_label(phase) if first else None,
        )
    axes.set_xlabel("optimiser step of the training")
    axes.set_ylabel("loss per trained token (nats)")
    axes.set_ylim(bottom=0)
    axes.legend()


def paint_curve(axes: Axes, curves: Curves) -> None:
    """Draw accuracy and path coverage on dev over the steps of the whole run."""
    axes.plot(curves.steps, curves.eval_accuracy, "o-", color=COLOURS[0], label="right letter")
    axes.plot(
        curves.steps, curves.eval_path_coverage, "s--", color=COLOURS[2], label="path coverage"
    )
    previous = None
    for step, phase in zip(curves.steps, curves.phases, strict=False):
        if phase != previous:
            axes.annotate(
                phase_label(phase),
                (step, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(3, 0),
                textcoords="offset points",
                fontsize=8,
                color="#555555",
                va="top",
            )
            axes.axvline(step, color="#bbbbbb", linewidth=0.8)
        previous = phase
    sizes = sorted(set(curves.n))
    axes.set_xlabel(
        "optimiser step of the run" + (f" (n = {'-'.join(map(str, sizes))})" if sizes else "")
    )
    percent_axis(axes, "% on dev")
    axes.legend(loc="lower right")


def paint_candidates(
    axes: Axes,
    rewards: CandidateRewards,
    sampling: SamplingMetrics | None,
) -> None:
    """Draw the rewards that a round sampled: what was kept on top of what was not."""
    others, kept = _binned(rewards.other), _binned(rewards.kept)
    _histogram(axes, others, {}, "#999999", "not kept")
    _histogram(axes, kept, others, COLOURS[2], "kept")
    title = f"{phase_label(rewards.phase)}, round {rewards.round}"
    if sampling is not None:
        title += (
            f": K = {sampling.k}, n = {sampling.tasks} tasks\n"
            f"pass@K {100 * sampling.pass_at_k:.0f} %, no winner {100 * sampling.no_winner:.0f} %, "
            f"only winners {100 * sampling.only_winners:.0f} %"
        )
    axes.set_title(title, fontsize=9)
    axes.set_xlabel("reward under the selecting profile")
    axes.set_ylabel("samples")
    axes.yaxis.get_major_locator().set_params(integer=True)
    # Room for the legend above the highest bar.
    axes.set_ylim(0, 1.2 * max(1, *(others.get(p, 0) + kept.get(p, 0) for p in {*others, *kept})))
    axes.legend(loc="upper center", ncols=2)


def _histogram(
    axes: Axes, bins: Mapping[int, int], below: Mapping[int, int], colour: str, name: str
) -> None:
    places = sorted(bins)
    axes.bar(
        [place * _BIN for place in places],
        [bins[place] for place in places],
        _BIN * 0.92,
        bottom=[below.get(place, 0) for place in places],
        color=colour,
        label=f"{name} ({sum(bins.values())})",
    )


def _smoothed(values: Sequence[float]) -> list[float]:
    smooth: list[float] = []
    for value in values:
        smooth.append(value if not smooth else smooth[-1] + _SMOOTH * (value - smooth[-1]))
    return smooth


def _binned(values: Sequence[float]) -> Mapping[int, int]:
    bins: dict[int, int] = {}
    for value in values:
        place = round(value / _BIN)
        bins[place] = bins.get(place, 0) + 1
    return bins
