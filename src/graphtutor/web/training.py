"""The curves of a run, from its logs: the loss of every training, the evaluations on dev."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from graphtutor.web.lines import Position, read_lines
from graphtutor.web.phases import phase_before
from graphtutor.web.rates import ApiRecord, Rate, rate_at
from graphtutor.web.run_files import RunFiles
from graphtutor.web.values import integer, listed, mapping, number, text

__all__ = ["Step", "TrainingView", "thinned", "training_view"]

_MOST_POINTS: Final = 500


class Step(NamedTuple):
    """One optimiser step; None for what is not recorded or no number."""

    total_step: int
    step: int
    loss: float | None
    lr: float | None


class LossCurve(ApiRecord):
    """One training: points (total step, step, loss, learning rate), at most 500.

    Of more steps, the lowest and the highest loss of each stretch are kept.
    """

    phase: str
    round: int | None
    points: tuple[tuple[int, int, float | None, float | None], ...]
    steps: int


class CurveMark(ApiRecord):
    """One evaluation on dev during training."""

    phase: str
    step: int
    total_step: int
    n: int
    accuracy: Rate
    grounded: Rate | None


class PhaseEnd(ApiRecord):
    """The step at which a phase's training ends; 0 for the base model."""

    total_step: int
    phase: str


class TrainingView(ApiRecord):
    """All curves; a phase's total step begins where the phase that it started from ended."""

    loss: tuple[LossCurve, ...]
    curve: tuple[CurveMark, ...]
    marks: tuple[PhaseEnd, ...]


def training_view(files: RunFiles) -> TrainingView:
    """Read the curves of a run; empty where it has no logs."""
    run = files.run
    logs = [run.train_log, run.curve, run.metrics, run.config]
    return files.keep("training", logs, lambda: _view(files))


def _view(files: RunFiles) -> TrainingView:
    trainings: dict[tuple[str, int | None], list[tuple[int, float | None, float | None]]] = {}
    for line in _records(files.run.train_log):
        phase, step = text(line.get("phase")), integer(line.get("step"))
        if phase and step is not None:
            key = (phase, integer(line.get("round")))
            found = (step, number(line.get("loss")), number(line.get("lr")))
            trainings.setdefault(key, []).append(found)
    lengths: dict[str, int] = {}
    for (phase, _), steps in trainings.items():
        lengths[phase] = max(lengths.get(phase, 0), *(step for step, _, _ in steps))
    curve = list(_curve(files))
    ends = _ends(files, lengths, curve)
    loss: list[LossCurve] = []
    for (phase, number_), steps in trainings.items():
        begin = ends[phase] - lengths[phase]
        points = [Step(begin + step, step, loss_, lr) for step, loss_, lr in steps]
        kept = tuple((p.total_step, p.step, p.loss, p.lr) for p in thinned(points))
        loss.append(LossCurve(phase=phase, round=number_, points=kept, steps=len(points)))
    marks = tuple(PhaseEnd(total_step=step, phase=phase) for phase, step in ends.items())
    return TrainingView(loss=tuple(loss), curve=tuple(curve), marks=marks)


def thinned(points: Sequence[Step], most: int = _MOST_POINTS) -> list[Step]:
    """Return at most ``most`` points: of each stretch the lowest and the highest loss, in order.

    The first and the last point always stay.
    """
    if len(points) <= most:
        return list(points)
    inner = points[1:-1]
    stretches = (most - 2) // 2
    kept = {0, len(points) - 1}
    for number_ in range(stretches):
        first = number_ * len(inner) // stretches
        last = (number_ + 1) * len(inner) // stretches
        places = [p for p in range(first, last) if inner[p].loss is not None]
        if places:
            kept.add(1 + min(places, key=lambda p: inner[p].loss or 0.0))
            kept.add(1 + max(places, key=lambda p: inner[p].loss or 0.0))
    return [points[place] for place in sorted(kept)]


def _ends(files: RunFiles, lengths: dict[str, int], curve: Sequence[CurveMark]) -> dict[str, int]:
    """Return the total step at which each phase ends, in the order of the phases."""
    index = files.episodes()
    logged = index.phases if index else ()
    phases = list(dict.fromkeys([*files.figures.phases, *logged, *lengths]))
    ends: dict[str, int] = {}
    for phase in phases:
        if phase not in lengths:
            steps = [mark.total_step for mark in curve if mark.phase == phase]
            ends[phase] = max(steps, default=0)
            continue
        before = phase_before(phase, phases)
        ends[phase] = ends.get(before or "", 0) + lengths[phase]
    return ends


def _curve(files: RunFiles) -> Iterator[CurveMark]:
    """Yield the points of curve.jsonl; without one those of metrics.json, as the seed has them."""
    if files.run.curve.exists():
        lines = _records(files.run.curve)
    else:
        lines = _seed_curve(mapping(files.figures.raw.get("curves")))
    for line in lines:
        step, total = integer(line.get("step")), integer(line.get("total_step"))
        n = integer(line.get("n"))
        accuracy = rate_or_share(number(line.get("accuracy")), n)
        if total is None or accuracy is None:
            continue
        yield CurveMark(
            phase=text(line.get("phase")) or "",
            step=total if step is None else step,
            total_step=total,
            n=n or 0,
            accuracy=accuracy,
            grounded=rate_at(number(line.get("grounded_accuracy")), n),
        )


def rate_or_share(share: float | None, n: int | None) -> Rate | None:
    """Return a rate; a share whose n is not recorded has no interval."""
    if share is not None and not n and 0 <= share <= 1:
        return Rate(k=None, n=0, rate=share, low=None, high=None)
    return rate_at(share, n)


def _seed_curve(curves: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    lists = {name: listed(value) for name, value in curves.items()}
    for place, step in enumerate(lists.get("steps", [])):
        at = {name: value[place] for name, value in lists.items() if place < len(value)}
        yield {
            "total_step": step,
            "accuracy": at.get("eval_accuracy"),
            "phase": at.get("phases"),
            "n": at.get("n"),
        }


def _records(path: Path) -> Iterator[Any]:
    try:
        for line in read_lines(path, Position()):
            if line.record is not None:
                yield line.record
    except OSError:
        return
