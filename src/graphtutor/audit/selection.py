"""Leave out evaluated tasks that guessers solve, until no shortcut is above chance.

In a sparse or skewed graph few wrong options fit a question as well as its answer does, whatever
options are drawn. What can be done then is what WinoGrande does with its surplus (AFLite:
Sakaguchi et al. 2020, arXiv 1907.10641; Le Bras et al. 2020, arXiv 2002.04108): tasks that a
guesser solves leave the file. A guesser whose gate has failed has to come down to chance itself,
not only to an interval that touches chance, which a file made small enough would always have.

What is left is fair to these guessers by construction: their gates say no more of such a file than
that they were met. So how many tasks were left out is told wherever it happens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.audit.audit import option_tables
from graphtutor.audit.dataset import dataset_of
from graphtutor.audit.facts import graph_facts
from graphtutor.audit.record import AuditTask
from graphtutor.audit.shortcuts import Learnt, every_guess, learnt
from graphtutor.audit.shortcuts_guess import CHANCE, FEWEST, Floats, guess_credit, judge
from graphtutor.audit.shortcuts_known import numbered, taken
from graphtutor.audit.table import OptionTable
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.tasks.task import Task
from graphtutor.tasks.variants import balanced

__all__ = ["fair_splits"]

_ROUNDS: Final = 40
"""Selections of a file at most; each leaves out a task or more, and few graphs need more than 5."""


def fair_splits(
    graph: KnowledgeGraph, splits: Mapping[str, Sequence[Task]], evaluated: Sequence[str]
) -> dict[str, list[Task]]:
    """Return ``splits`` without the tasks of the ``evaluated`` files that had to leave.

    A file all of whose gates hold keeps every task, and so does a file of fewer than
    :data:`~graphtutor.audit.shortcuts_guess.FEWEST`, which no gate judges; a file that comes below
    that number is judged no longer. Tasks keep their ids and their order; where some have gone,
    options are rotated so that the letters stay balanced.
    """
    dataset = dataset_of(
        [
            (
                name,
                "evaluated" if name in evaluated else "train",
                "",
                [AuditTask.model_validate(task.model_dump()) for task in tasks],
            )
            for name, tasks in splits.items()
        ]
    )
    facts = graph_facts(dataset, graph)
    train = option_tables(dataset, facts, "train")
    tables = option_tables(dataset, facts, "evaluated")
    known = learnt(train, tables)
    kept = {name: list(tasks) for name, tasks in splits.items()}
    for name, table in tables.items():
        rows: list[int] = _fair_rows(name, table, graph, known).tolist()
        if len(rows) < len(table):
            kept[name] = balanced([splits[name][row] for row in rows])
    return kept


def _fair_rows(name: str, table: OptionTable, graph: KnowledgeGraph, known: Learnt) -> IndexArray:
    """Return the rows of ``table`` (n,) that stay, in order."""
    rows, followed = np.arange(len(table), dtype=np.int64), set[str]()
    for _ in range(_ROUNDS):
        if len(rows) < FEWEST:
            break
        credits, failed = _credits(name, taken(table, rows), graph, known)
        if not failed:
            break
        followed |= failed
        rows = rows[_kept(np.stack([credits[guesser] for guesser in sorted(followed)]))]
    return rows


def _credits(
    name: str, table: OptionTable, graph: KnowledgeGraph, known: Learnt
) -> tuple[dict[str, Floats], set[str]]:
    """Return the credit per task, (n,), of each guesser, and the names of those that fail.

    Where a guesser cannot look at a task, its credit is that of chance.
    """
    file = numbered(name, table, known.known)
    credits: dict[str, Floats] = {}
    failed: set[str] = set()
    for guess in every_guess(file, graph, known):
        if guess.scores is None:
            continue
        blind = np.isnan(guess.scores).any(axis=1)
        credit = guess_credit(np.nan_to_num(guess.scores), table.right)
        credits[guess.name] = np.where(blind, CHANCE, credit)
        if judge(guess, table, file.cluster, name).passed is False:
            failed.add(guess.name)
    return credits, failed


def _kept(credit: Floats) -> NDArray[np.bool_]:
    """Mark the tasks that stay so that no row of ``credit`` (guessers, n) has a mean above chance.

    The task that goes next is the one whose going brings the guessers nearest to chance: that with
    the most credit among those that are above it, each counted by how far it is above.
    """
    kept = np.ones(credit.shape[1], dtype=np.bool_)
    surplus = (credit - CHANCE).sum(axis=1)
    while kept.any() and surplus.max() > 0:
        gain = np.maximum(surplus, 0) @ (credit - CHANCE)
        leaves = int(np.where(kept, gain, -np.inf).argmax())
        kept[leaves] = False
        surplus -= credit[:, leaves] - CHANCE
    return kept
