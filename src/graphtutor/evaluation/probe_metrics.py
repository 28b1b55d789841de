"""Figures of the probes, from the episode logs alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import comb
from typing import Final

from graphtutor.evaluation.intervals import cluster_bootstrap, wilson
from graphtutor.evaluation.metrics import compare
from graphtutor.runs.cell import Interval
from graphtutor.runs.episodes import Episode
from graphtutor.runs.probe_metrics import PassAtK, RotationMetrics, VariantMetrics
from graphtutor.tasks.task import LETTERS

__all__ = ["pass_at_k", "rotation_metrics", "sample_metrics", "variant_metrics"]

_CHANCE: Final = 0.25


def rotation_metrics(
    plain: Sequence[Episode], rotated: Sequence[Episode]
) -> RotationMetrics | None:
    """Join the answers of tasks as they stand in the file with those of their three rotations.

    Tasks that lack one of the four are left out; None if that leaves none.
    """
    whole = _whole_rotations(plain, rotated)
    if not whole:
        return None
    starts = [group[0].start for group in whole]
    means = [sum(e.right for e in group) / 4 for group in whole]
    steady = sum(all(e.right for e in group) for group in whole)
    intervals: dict[str, Interval] = {
        "accuracy": cluster_bootstrap(means, starts),
        "consistency": wilson(steady, len(whole)),
    }
    recall: dict[str, float] = {}
    for letter in LETTERS:
        marks = [e.right for group in whole for e in group if e.answer_star == letter]
        recall[letter] = sum(marks) / len(marks)
        intervals[f"recall {letter}"] = wilson(sum(marks), len(marks))
    grounded = [sum(bool(e.grounded) for e in group) / 4 for group in whole]
    intervals["grounded_accuracy"] = cluster_bootstrap(grounded, starts)
    return RotationMetrics(
        n=len(whole),
        accuracy=sum(means) / len(means),
        grounded_accuracy=sum(grounded) / len(grounded),
        consistency=steady / len(whole),
        recall=recall,
        intervals=intervals,
    )


def _whole_rotations(plain: Sequence[Episode], rotated: Sequence[Episode]) -> list[list[Episode]]:
    groups: dict[str, list[Episode]] = defaultdict(list)
    for episode in rotated:
        groups[episode.ex_id].append(episode)
    joined = [[first, *groups[first.ex_id]] for first in plain if first.ex_id in groups]
    return [group for group in joined if {e.answer_star for e in group} == {*LETTERS}]


def variant_metrics(plain: Sequence[Episode], asked: Sequence[Episode]) -> VariantMetrics | None:
    """Compare the answers to tasks asked in another way with those to the same tasks as they stand.

    ``plain`` may hold further tasks. None if the two share no task.
    """
    before = {episode.ex_id: episode for episode in plain}
    pairs = [(before[e.ex_id], e) for e in asked if e.ex_id in before]
    if not pairs:
        return None
    flags = {
        "accuracy": [e.right for _, e in pairs],
        "grounded_accuracy": [bool(e.grounded) for _, e in pairs],
        "before": [e.right for e, _ in pairs],
        "grounded_before": [bool(e.grounded) for e, _ in pairs],
    }
    rates = {name: sum(marks) / len(marks) for name, marks in flags.items()}
    tests = compare([e for e, _ in pairs], [e for _, e in pairs])
    return VariantMetrics(
        n=len(pairs),
        accuracy=rates["accuracy"],
        grounded_accuracy=rates["grounded_accuracy"],
        before=rates["before"],
        grounded_before=rates["grounded_before"],
        intervals={name: wilson(sum(marks), len(marks)) for name, marks in flags.items()},
        paired=tuple(test.model_copy(update={"against": "as in the file"}) for test in tests),
    )


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """Return the chance that at least one of ``k`` of the ``samples`` passes, drawn without return.

    The unbiased estimator of Chen et al. 2021 (arXiv 2107.03374, equation 1).

    >>> pass_at_k(4, 1, 1), pass_at_k(4, 1, 2), pass_at_k(4, 0, 4)
    (0.25, 0.5, 0.0)
    """
    return 1.0 - comb(samples - passed, k) / comb(samples, k)


def sample_metrics(
    episodes: Sequence[Episode], ks: Sequence[int] = (1, 2, 4, 8, 16, 32)
) -> PassAtK | None:
    """Estimate pass@k from the samples of each task, for those ``ks`` that there are samples for.

    Intervals are bootstrapped over start entities. None without episodes.
    """
    by_task: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        by_task[episode.ex_id].append(episode)
    if not by_task:
        return None
    most = min(len(group) for group in by_task.values())
    chosen = [k for k in ks if k <= most]
    intervals: dict[str, Interval] = {}
    marks: Mapping[str, Callable[[Episode], bool]] = {
        "right": lambda e: e.right,
        "grounded": lambda e: bool(e.grounded),
    }
    shares: dict[str, dict[str, float]] = {name: {} for name in marks}
    starts = [group[0].start for group in by_task.values()]
    for name, mark in marks.items():
        passed = [(len(group), sum(map(mark, group))) for group in by_task.values()]
        for k in chosen:
            values = [pass_at_k(samples, count, k) for samples, count in passed]
            shares[name][str(k)] = sum(values) / len(values)
            intervals[f"{name}/{k}"] = cluster_bootstrap(values, starts)
    return PassAtK(
        n=len(by_task),
        samples=most,
        right=shares["right"],
        grounded=shares["grounded"],
        guess={str(k): 1 - (1 - _CHANCE) ** k for k in chosen},
        intervals=intervals,
    )
