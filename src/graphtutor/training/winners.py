"""The winners of all rounds so far, each chain once, at most so many a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from graphtutor.reward.profiles import Scored
from graphtutor.reward.selection import normalised_chain
from graphtutor.runs.episodes import CandidateRecord
from graphtutor.runs.record_file import RunRecord
from graphtutor.tasks.task import Task

__all__ = ["Winner", "select_union"]


class _Scorer(Protocol):
    def score(self, task: Task, completion: str) -> Scored: ...


class Winner(RunRecord):
    """One line of rsft.jsonl: a completion that the model wrote and the graph confirmed."""

    ex_id: str
    phase: str
    round: int
    k: int
    hop_len: int
    prompt: str
    completion: str
    total: float


def select_union(
    candidates: Iterable[CandidateRecord],
    tasks: Mapping[str, Task],
    scorer: _Scorer,
    max_per_task: int,
) -> list[Winner]:
    """Return the kept candidates, deduplicated by normalised chain, in the order of sampling.

    Of a task's chains the ``max_per_task`` with the highest totals stay, the earlier on a tie.
    """
    by_task: dict[str, dict[str, Winner]] = {}
    for candidate in candidates:
        if not candidate.kept or candidate.ex_id not in tasks:
            continue
        task = tasks[candidate.ex_id]
        chain = normalised_chain(scorer.score(task, candidate.completion))
        winner = Winner(
            ex_id=task.id,
            phase=candidate.phase,
            round=candidate.round,
            k=candidate.k,
            hop_len=task.hop_len,
            prompt=task.prompt,
            completion=candidate.completion,
            total=candidate.reward.total,
        )
        by_task.setdefault(task.id, {}).setdefault(chain, winner)
    chosen: list[Winner] = []
    for chains in by_task.values():
        ranked = sorted(chains.values(), key=lambda winner: -winner.total)[:max_per_task]
        chosen += sorted(ranked, key=lambda winner: (winner.round, winner.k))
    return chosen
