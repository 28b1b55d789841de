"""What changed between two phases: tasks that became right, tasks that were lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graphtutor.web.columns import NONE
from graphtutor.web.index import EpisodeIndex
from graphtutor.web.problem import NotFound
from graphtutor.web.rates import ApiRecord

__all__ = ["Changes", "changes_between", "checked_phase"]


class Changes(ApiRecord):
    """The ``n`` tasks that both phases answered, by what became of them."""

    n: int
    fixed: tuple[str, ...]
    regressed: tuple[str, ...]
    same_right: int
    same_wrong: int
    grounded_fixed: int
    grounded_regressed: int


def changes_between(index: EpisodeIndex, before: str, after: str, split: str = "eval") -> Changes:
    """Compare two phases on the same tasks, in the order of the later one.

    Raises NotFound for a phase that the log does not have.
    """
    right = _by_task(index, checked_phase(index, before), split, "right")
    grounded = _by_task(index, before, split, "grounded")
    rows = index.rows(checked_phase(index, after), split)
    tasks = index.column("task")[rows]
    rows = rows[right[tasks] != NONE]
    tasks = index.column("task")[rows]
    was, now = right[tasks] == 1, index.column("right")[rows] == 1
    was_grounded, now_grounded = grounded[tasks], index.column("grounded")[rows]

    def named(mask: NDArray[np.bool_]) -> tuple[str, ...]:
        chosen: list[int] = tasks[mask].tolist()
        return tuple(dict.fromkeys(index.tasks.ids[task] for task in chosen))

    return Changes(
        n=len(rows),
        fixed=named(~was & now),
        regressed=named(was & ~now),
        same_right=int(np.sum(was & now)),
        same_wrong=int(np.sum(~was & ~now)),
        grounded_fixed=int(np.sum((was_grounded == 0) & (now_grounded == 1))),
        grounded_regressed=int(np.sum((was_grounded == 1) & (now_grounded == 0))),
    )


def checked_phase(index: EpisodeIndex, phase: str) -> str:
    """Return ``phase``. Raises NotFound if no episode is of it."""
    if phase not in index.phases:
        raise NotFound(
            "phase",
            wanted=f"one of {', '.join(index.phases)[:200]}" if index.phases else "a phase",
            got=repr(phase)[:80],
            remedy="see the phases of the run",
        )
    return phase


def _by_task(index: EpisodeIndex, phase: str, split: str, name: str) -> NDArray[np.int8]:
    found = np.full(max(1, len(index.tasks.ids)), NONE, dtype=np.int8)
    rows = index.rows(phase, split)
    found[index.column("task")[rows]] = index.column(name)[rows]
    return found
