"""The placebo arm: a path reward that speaks of another task's path.

Everything else stays: the letter has to be right, the reward has the same form and size. What such
an arm gains, path rewards do not owe to the path.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from graphtutor.io.seed import random_stream
from graphtutor.reward.profiles import Scored
from graphtutor.tasks.task import PathStar, Task
from graphtutor.training.rejection import Scorer

__all__ = ["PlaceboScorer"]


class PlaceboScorer:
    """Scores as ``scorer`` does, but pays spec-1.0's path term for another task's path.

    Paths are exchanged among tasks of one hop length; no task keeps its own unless it is the only
    one of its length. Whether a completion is right and grounded is told as it is.
    """

    def __init__(self, scorer: Scorer, tasks: Sequence[Task], seed: int) -> None:
        """Exchange the paths of ``tasks``; the same ``seed`` exchanges them alike."""
        self._scorer = scorer
        self._paths: dict[str, PathStar] = {}
        by_hops: dict[int, list[Task]] = defaultdict(list)
        for task in tasks:
            by_hops[task.hop_len].append(task)
        for hops, group in by_hops.items():
            order: list[int] = random_stream("placebo", seed, hops).permutation(len(group)).tolist()
            # Each gives its path to the next in a random circle.
            for place, number in enumerate(order):
                self._paths[group[number].id] = group[order[place - 1]].path_star

    def score(self, task: Task, completion: str) -> Scored:
        """Return the scores of ``completion``; spec-1.0 counts the entities of the wrong path."""
        true = self._scorer.score(task, completion)
        other = task.model_copy(update={"path_star": self._paths[task.id]})
        wrong = self._scorer.score(other, completion)
        return replace(true, spec=wrong.spec, hits=wrong.hits)
