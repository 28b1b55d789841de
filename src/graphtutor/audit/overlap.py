"""What an evaluated file shares with the files that a model trains on, and with other evaluations.

Each kind of overlap gives every task of the dataset a number; tasks with the same number share what
the kind is about, and -1 leaves a task out. Chains, pairs and paths count from two hops on: a
single edge has to be taught, so it is no leak that training states it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from graphtutor.audit.columns import ABSENT, Mask, TaskColumns
from graphtutor.audit.dataset import AuditFile, Dataset
from graphtutor.audit.finding import Demand, not_looked_at, task_check
from graphtutor.graph.chains import chain_ids
from graphtutor.graph.knowledge_graph import IndexArray
from graphtutor.runs.audit import Check

__all__ = ["Overlap", "normalised", "overlap_checks", "overlaps", "repeat_checks"]

_WORD: Final = re.compile(r"\w+")
_NO_PATH: Final = "the path, or one of two hops or more, is not stated"


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """One kind of overlap: ``numbers`` (n,) are equal where tasks share it, -1 is left out.

    ``unstated`` (n,) marks what had to be left out because the task does not say enough.
    """

    name: str
    title: str
    numbers: IndexArray
    unstated: Mask
    gate: bool = True


def normalised(text: str) -> str:
    """Return the words of ``text``, folded to one case and joined by single spaces.

    >>> normalised("Which  TOOL is it?") == normalised("which tool is it")
    True
    """
    return " ".join(_WORD.findall(text.casefold()))


def overlaps(tasks: TaskColumns, words: Sequence[str]) -> list[Overlap]:
    """Return every kind of overlap for all tasks; ``words`` are the normalised questions."""
    start, answer = tasks.start, tasks.answer
    edges = np.column_stack([tasks.source, tasks.relation, tasks.target])
    content = zip(words, map(frozenset, tasks.names), answer.tolist(), strict=True)
    chains, pairs = np.column_stack([start, tasks.chain]), np.column_stack([start, answer])
    return [
        _by_value("question", "question, word for word", tasks.questions),
        _by_value("question-normalised", "question, whatever its case and punctuation", words),
        _by_value("task", "whole task, whatever its id", content),
        _by_row(
            tasks,
            "start-chain",
            "start and chain of relations",
            chains,
            (start >= 0) & (tasks.chain_size > 0),
        ),
        _by_row(tasks, "start-answer", "start and answer", pairs, start >= 0),
        _by_row(tasks, "path-entities", "path, by its entities", tasks.path, tasks.path_size > 1),
        _by_row(tasks, "path-edges", "path, by its edges", edges, tasks.edge_count > 0),
        replace(_by_value("id", "task id", tasks.ids), gate=False),
    ]


def overlap_checks(dataset: Dataset, kinds: Sequence[Overlap]) -> Iterator[Check]:
    """Compare every evaluated file with the training files and with the other evaluated files."""
    training, evaluated = dataset.of_role("train"), dataset.of_role("evaluated")
    for kind in kinds:
        for file in evaluated:
            demand = _demand(kind, "training", "in training")
            if training:
                yield _compared(dataset, file, training, kind, demand)
            else:
                yield not_looked_at(demand, file, "there is no training file")
            rest = [other for other in evaluated if other is not file]
            if rest:
                demand = _demand(kind, "evaluation", "in another evaluated file")
                yield _compared(dataset, file, rest, kind, demand)


def _demand(kind: Overlap, side: str, where: str) -> Demand:
    return Demand(f"{kind.name}-in-{side}", "leaks", f"{kind.title}: also {where}", _NO_PATH)


def repeat_checks(dataset: Dataset, kinds: Sequence[Overlap]) -> Iterator[Check]:
    """Look for ids and whole tasks that occur more than once within a file.

    Ids have to be unique everywhere, tasks in evaluated files: one that counts twice makes the
    intervals too narrow. Training may show a task again.
    """
    by_name = {kind.name: kind for kind in kinds}
    for kind, what in ((by_name["id"], "task id"), (by_name["task"], "whole task")):
        demand = Demand(f"repeated-{kind.name}", "leaks", f"{what} more than once in a file")
        for file in dataset.files:
            gate = kind.name == "id" or file.role == "evaluated"
            yield _repeated(dataset, file, kind.numbers, demand, gate)


def _repeated(
    dataset: Dataset, file: AuditFile, numbers: IndexArray, demand: Demand, gate: bool
) -> Check:
    ours = numbers[file.rows]
    number, counts = np.unique(ours, return_counts=True)
    repeated = np.zeros(len(numbers), dtype=np.bool_)
    repeated[file.rows] = np.isin(ours, number[counts > 1])

    def say(row: int) -> str:
        places = np.flatnonzero(ours == numbers[row])[:4] + 1
        return f"tasks {', '.join(map(str, places.tolist()))} of the file"

    every = np.ones(len(numbers), dtype=np.bool_)
    return task_check(dataset, file, demand, every, repeated, say, gate=gate)


def _compared(
    dataset: Dataset, file: AuditFile, others: Sequence[AuditFile], kind: Overlap, demand: Demand
) -> Check:
    numbers, known, there = kind.numbers, kind.numbers != ABSENT, dataset.mask(others)
    silent = int((there & kind.unstated).sum())
    if not there.any():
        return not_looked_at(demand, file, "the other files are empty")
    if silent == there.sum():
        return not_looked_at(demand, file, "no task of the other files states its path")
    among = there & known
    ids = dataset.tasks.ids

    def say(row: int) -> str:
        same = int(np.flatnonzero(among & (numbers == numbers[row]))[0])
        return f"as {ids[same]} of {dataset.file_of(same).name}: {_short(dataset, row)}"

    shared = np.isin(numbers, numbers[among])
    notes = [] if kind.gate else ["an id alone is no leak, tasks are compared by content"]
    if silent:
        notes.append(f"{silent} tasks of the other files left out: they do not state their path")
    note = "; ".join(notes)
    return task_check(dataset, file, demand, known, shared, say, gate=kind.gate, note=note)


def _short(dataset: Dataset, row: int, limit: int = 120) -> str:
    text = dataset.tasks.questions[row]
    return text if len(text) <= limit else text[:limit] + "…"


def _by_value(name: str, title: str, values: Iterable[Hashable]) -> Overlap:
    """Number equal values alike, in order of appearance; every task has one."""
    seen: dict[Hashable, int] = {}
    numbers = np.fromiter((seen.setdefault(value, len(seen)) for value in values), dtype=np.int64)
    return Overlap(name, title, numbers, np.zeros(len(numbers), dtype=np.bool_))


def _by_row(
    tasks: TaskColumns, name: str, title: str, columns: IndexArray, stated: Mask
) -> Overlap:
    """Number equal rows of ``columns`` (n, m) alike, for stated paths of two hops or more."""
    hops = tasks.hops
    among = stated & (hops >= 2)
    numbers = np.full(len(columns), ABSENT, dtype=np.int64)
    numbers[among] = chain_ids(columns[among] + 1)
    return Overlap(name, title, numbers, ~among & (hops != 1))
