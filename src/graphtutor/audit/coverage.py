"""Which edges and stretches of the evaluated paths training has shown, and the other way round.

With the graph gone, an edge that is never taught cannot be known: every edge of an evaluated path
has to be a 1-hop task of a training file. A whole chain that stands inside a longer training path
is memory as well. Other stretches that training has shown are told by length, because they say how
much of an evaluated chain could be memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from graphtutor.audit.columns import Mask
from graphtutor.audit.dataset import AuditFile, Dataset
from graphtutor.audit.finding import EXAMPLES, Demand, ids_at, not_looked_at, task_check
from graphtutor.graph.chains import chain_ids
from graphtutor.graph.knowledge_graph import IndexArray
from graphtutor.runs.audit import TOLD, Check

__all__ = ["coverage_checks", "edge_numbers"]

_TAUGHT: Final = Demand(
    "untaught-edge", "leaks", "edges of evaluated paths that no 1-hop training task teaches"
)
_SEEN: Final = Demand("seen-edge", "leaks", "edges of evaluated paths on any training path")
_INSIDE: Final = Demand(
    "chain-inside-training", "leaks", "whole chain inside a longer training path"
)
_USED: Final = Demand("used-edge", "leaks", "edges of training paths that the evaluation uses")


def edge_numbers(dataset: Dataset) -> IndexArray:
    """Number the edges of all paths, equal edges alike; shape (n, w), -1 where there is none."""
    tasks = dataset.tasks
    numbers = np.full(tasks.source.shape, -1, dtype=np.int64)
    there = tasks.source >= 0
    numbers[there] = chain_ids(
        np.column_stack([tasks.source[there], tasks.relation[there], tasks.target[there]])
    )
    return numbers


def coverage_checks(dataset: Dataset) -> Iterator[Check]:
    """Yield the coverage of every evaluated file by the training files."""
    edges = edge_numbers(dataset)
    training = dataset.mask(dataset.of_role("train"))
    for file in dataset.of_role("evaluated"):
        why = _missing(dataset, file, edges, training)
        if why:
            for demand in (_TAUGHT, _INSIDE, _SEEN, _USED):
                yield not_looked_at(demand, file, why, "edges")
            continue
        yield _untaught(dataset, file, edges, training)
        yield _inside(dataset, file, edges, training)
        ours, theirs = _distinct(edges[file.rows]), _distinct(edges[training])
        yield _told(_SEEN, file, int(np.isin(ours, theirs).sum()), len(ours), "edges")
        yield _told(_USED, file, int(np.isin(theirs, ours).sum()), len(theirs), "edges")
        yield from _stretches(file, edges, training)


def _missing(dataset: Dataset, file: AuditFile, edges: IndexArray, training: Mask) -> str:
    if not dataset.of_role("train"):
        return "there is no training file"
    if not len(file):
        return "the file is empty"
    if not (edges[file.rows] >= 0).any():
        return "no task states the edges of its path"
    return "" if (edges[training] >= 0).any() else "no training task states the edges of its path"


def _untaught(dataset: Dataset, file: AuditFile, edges: IndexArray, training: Mask) -> Check:
    tasks = dataset.tasks
    taught = _distinct(edges[training & (tasks.edge_count == 1)])
    ours = edges[file.rows]
    never = np.setdiff1d(_distinct(ours), taught)
    users = np.flatnonzero(np.isin(ours, never).any(axis=1)) + file.first
    flat = edges.ravel()
    first = [int(np.flatnonzero(flat == edge)[0]) for edge in never[:EXAMPLES].tolist()]
    width, n = edges.shape[1], len(_distinct(ours))
    silent = tasks.edge_count == 0
    notes = [
        f"{count} {whose} tasks left out: they do not state their edges"
        for whose, count in (
            ("evaluated", int(silent[file.rows].sum())),
            ("training", int((silent & training).sum())),
        )
        if count
    ]
    return Check(
        name=_TAUGHT.name,
        group=_TAUGHT.group,
        title=_TAUGHT.title,
        file=file.name,
        found=len(never),
        n=n,
        unit="edges",
        passed=not len(never),
        share=len(never) / n,
        ids=ids_at(dataset, users),
        examples=tuple(_in_words(dataset, place // width, place % width) for place in first),
        note="; ".join(notes),
    )


def _inside(dataset: Dataset, file: AuditFile, edges: IndexArray, training: Mask) -> Check:
    """Find the chains of two edges and more that a longer training path contains whole."""
    count = dataset.tasks.edge_count
    looked = count >= 2
    broken = np.zeros(len(count), dtype=np.bool_)
    for length in range(2, edges.shape[1]):
        numbers = _windows(edges, length)
        longer = numbers[training & (count > length)]
        broken |= (count == length) & np.isin(numbers[:, 0], longer[longer >= 0])

    def say(row: int) -> str:
        return f"all {int(count[row])} edges stand in a row on a longer training path"

    return task_check(dataset, file, _INSIDE, looked, broken, say)


def _windows(edges: IndexArray, length: int) -> IndexArray:
    """Number the stretches of ``length`` edges, equal ones alike; -1 where there is none."""
    windows = np.lib.stride_tricks.sliding_window_view(edges, length, axis=1)
    whole = (windows >= 0).all(axis=2)
    numbers = np.full(whole.shape, -1, dtype=np.int64)
    numbers[whole] = chain_ids(windows[whole])
    return numbers


def _stretches(file: AuditFile, edges: IndexArray, training: Mask) -> Iterator[Check]:
    """Tell, for each length from 2 on, how many stretches of the file training has shown."""
    for length in range(2, edges.shape[1] + 1):
        numbers = _windows(edges, length)
        ours = _distinct(numbers[file.rows])
        if len(ours):
            demand = Demand(
                f"seen-stretch-{length}", "leaks", f"stretches of {length} edges seen in training"
            )
            seen = int(np.isin(ours, numbers[training]).sum())
            yield _told(demand, file, seen, len(ours), "stretches")


def _told(demand: Demand, file: AuditFile, found: int, n: int, unit: str) -> Check:
    return Check(
        name=demand.name,
        group=demand.group,
        title=demand.title,
        file=file.name,
        found=found,
        n=n,
        unit=unit,
        share=found / n,
        note=TOLD,
    )


def _distinct(numbers: IndexArray) -> IndexArray:
    return np.unique(numbers[numbers >= 0])


def _in_words(dataset: Dataset, row: int, hop: int) -> str:
    tasks = dataset.tasks
    source, target = (int(column[row, hop]) for column in (tasks.source, tasks.target))
    relation = dataset.relations[int(tasks.relation[row, hop])]
    return f"{dataset.entities[source]} {relation} {dataset.entities[target]}"
