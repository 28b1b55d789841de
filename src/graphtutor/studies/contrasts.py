"""Two arms on the same tasks over several seeds: the difference, its interval, a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphtutor.evaluation.intervals import cluster_bootstrap
from graphtutor.evaluation.metrics import compare
from graphtutor.runs.episodes import Episode
from graphtutor.runs.studies import Contrast, Verdict

__all__ = ["contrast"]

Arms = Mapping[str, Sequence[Episode]]
"""Episodes by phase, of one seed."""


def contrast(seeds: Sequence[Arms], question: str, arm: str, against: str, figure: str) -> Contrast:
    """Compare ``arm`` with ``against`` in ``figure`` ("accuracy" or "grounded_accuracy").

    Each seed must have answered the same tasks in both arms. The interval resamples start entities
    over the tasks' differences, each averaged over the seeds; how seeds differ is told beside it.
    """
    tests = [
        next(test for test in compare(arms[against], arms[arm]) if test.figure == figure)
        for arms in seeds
    ]
    by_task: dict[str, list[float]] = {}
    starts: dict[str, str] = {}
    for arms in seeds:
        before = {e.ex_id: _mark(e, figure) for e in arms[against]}
        for episode in arms[arm]:
            change = float(_mark(episode, figure)) - float(before[episode.ex_id])
            by_task.setdefault(episode.ex_id, []).append(change)
            starts[episode.ex_id] = episode.start
    changes = {task: sum(found) / len(found) for task, found in by_task.items()}
    interval = cluster_bootstrap(list(changes.values()), [starts[task] for task in changes])
    by_seed = tuple(test.difference for test in tests)
    return Contrast(
        question=question,
        arm=arm,
        against=against,
        figure=figure,
        n=len(changes),
        difference=sum(changes.values()) / len(changes),
        interval=interval,
        by_seed=by_seed,
        p_values=tuple(test.p_value for test in tests),
        verdict=_verdict(by_seed, interval),
    )


def _mark(episode: Episode, figure: str) -> bool:
    return episode.right if figure == "accuracy" else bool(episode.grounded)


def _verdict(by_seed: Sequence[float], interval: tuple[float, float]) -> Verdict:
    if interval[0] > 0 and min(by_seed) > 0:
        return "higher"
    if interval[1] < 0 and max(by_seed) < 0:
        return "lower"
    return "not settled"
