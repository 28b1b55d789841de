"""A reward between 0 and 1, which is what most programs want."""

from __future__ import annotations

from graphtutor.reward.profiles import Scored, Scorer, best_total
from graphtutor.tasks.task import Task

__all__ = ["unit_score"]


def unit_score(scorer: Scorer, task: Task, scored: Scored, profile: str) -> float:
    """Return the total as a share of the best total of ``task``; 0 unless the answer is right.

    Under grounded-1.0 a grounded answer has 1; a right letter with a false, incomplete or missing
    chain has something between. Raises ConfigError for an unknown profile.
    """
    total = scored.breakdown(profile).total
    best = best_total(task, scorer.config, profile)
    if not scored.right or best <= 0:
        return float(scored.right and total >= best)
    return min(1.0, max(0.0, total / best))
