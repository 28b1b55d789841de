"""From marked tasks to a check of audit.json: counts, ids, examples in words, and the verdict.

A gate passes when nothing was found. Without anything to look at it does not pass: it has no
verdict, and its note says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from graphtutor.audit.columns import Mask
from graphtutor.audit.dataset import AuditFile, Dataset
from graphtutor.graph.knowledge_graph import IndexArray
from graphtutor.runs.audit import NOT_LOOKED_AT, TOLD, Check

__all__ = ["EXAMPLES", "ID_LIMIT", "Demand", "ids_at", "not_looked_at", "task_check"]

ID_LIMIT: Final = 1000
"""Task ids that a check names at most; ``found`` counts them all."""
EXAMPLES: Final = 5
"""Findings that are put into words."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a check asks; ``lack`` says what a task must state to be looked at."""

    name: str
    group: Literal["leaks", "well-posedness"]
    title: str
    lack: str = ""


def ids_at(dataset: Dataset, rows: IndexArray) -> tuple[str, ...]:
    """Return the ids of the tasks at ``rows`` (k,), at most :data:`ID_LIMIT`."""
    named: list[int] = rows[:ID_LIMIT].tolist()
    return tuple(dataset.tasks.ids[row] for row in named)


def not_looked_at(demand: Demand, file: AuditFile, why: str, unit: str = "tasks") -> Check:
    """Return a check without a verdict."""
    return Check(
        name=demand.name,
        group=demand.group,
        title=demand.title,
        file=file.name,
        found=0,
        n=0,
        unit=unit,
        note=f"{NOT_LOOKED_AT}: {why}",
    )


def task_check(
    dataset: Dataset,
    file: AuditFile,
    demand: Demand,
    looked: Mask,
    broken: Mask,
    say: Callable[[int], str],
    *,
    gate: bool = True,
    note: str = "",
) -> Check:
    """Judge the tasks of ``file``.

    ``looked`` and ``broken`` (tasks of the dataset,) mark what could be looked at and what breaks
    the demand; ``say`` puts the finding at a row into words.
    """
    n = int(looked[file.rows].sum())
    if not n:
        why = demand.lack or "no task states what this needs"
        return not_looked_at(demand, file, why if len(file) else "the file is empty")
    rows = np.flatnonzero((looked & broken)[file.rows]) + file.first
    notes = [note] if note else []
    if not gate:
        notes.insert(0, TOLD)
    if n < len(file):
        notes.append(f"{len(file) - n} of {len(file)} tasks left out: {demand.lack}")
    ids = ids_at(dataset, rows)
    told: list[int] = rows[:EXAMPLES].tolist()
    return Check(
        name=demand.name,
        group=demand.group,
        title=demand.title,
        file=file.name,
        found=len(rows),
        n=n,
        passed=not len(rows) if gate else None,
        share=len(rows) / n,
        ids=ids,
        examples=tuple(f"{ids[place]}: {say(row)}" for place, row in enumerate(told)),
        note="; ".join(notes),
    )
