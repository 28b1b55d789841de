"""What guessers may know of the dataset: option texts by number, counts of the training files.

Options are told apart by their text, which is what a model sees, so that counting needs no graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphtutor.audit.table import OptionTable
from graphtutor.graph.knowledge_graph import IndexArray
from graphtutor.io.seed import random_stream

__all__ = ["Known", "NumberedFile", "answers_of", "joined", "known_of", "numbered", "taken"]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The training files as one, and their counts per option text.

    ``number`` maps an option's text to its number; ``answered`` counts how often each is the right
    one in training, ``offered`` how often it is an option; shape (texts,). ``options`` (n, 4) are
    the training options by number. Without training files the table is empty.
    """

    number: Mapping[str, int]
    train: OptionTable
    options: IndexArray
    answered: IndexArray
    offered: IndexArray


@dataclass(frozen=True, slots=True, eq=False)
class NumberedFile:
    """A file with its options by text number, (n, 4), and its tasks grouped by start, (n,).

    ``half`` splits it in two so that no start is on both sides; shape (n,).
    """

    name: str
    table: OptionTable
    options: IndexArray
    cluster: IndexArray
    half: NDArray[np.bool_]


def known_of(train: Mapping[str, OptionTable], evaluated: Mapping[str, OptionTable]) -> Known:
    """Number all option texts and count those of the training files."""
    number: dict[str, int] = {}
    for table in (*train.values(), *evaluated.values()):
        for names in table.names:
            for name in names:
                number.setdefault(name, len(number))
    whole = joined(train.values())
    options = _options(whole, number)
    return Known(
        number=number,
        train=whole,
        options=options,
        answered=np.bincount(answers_of(whole, options), minlength=len(number)).astype(np.int64),
        offered=np.bincount(options.ravel(), minlength=len(number)).astype(np.int64),
    )


def numbered(name: str, table: OptionTable, known: Known) -> NumberedFile:
    """Number the options of a file and split it in halves by start.

    Where the start is unknown, tasks with the same question stay together.
    """
    first: dict[str, int] = {}
    by_question = [first.setdefault(question, len(first)) for question in table.questions]
    offset = int(table.start.max(initial=-1)) + 1
    cluster = np.where(
        table.start >= 0, table.start, offset + np.array(by_question, dtype=np.int64)
    ).astype(np.int64)
    groups, member = np.unique(cluster, return_inverse=True)
    # Starts in random order, cut where half of the tasks are reached.
    order = random_stream("audit", "halves", len(groups)).permutation(len(groups))
    size = np.bincount(member, minlength=len(groups))[order]
    second = np.zeros(len(groups), dtype=np.bool_)
    second[order] = 2 * np.cumsum(size) - size > len(table)
    return NumberedFile(name, table, _options(table, known.number), cluster, second[member])


def answers_of(table: OptionTable, options: IndexArray) -> IndexArray:
    """Return the right one of ``options`` (n, 4) per task; shape (n,)."""
    return options[np.arange(len(table)), table.right]


def joined(tables: Iterable[OptionTable]) -> OptionTable:
    """Return the tasks of all ``tables`` as one."""
    every = list(tables)
    none = np.zeros(0, dtype=np.int64)
    return OptionTable(
        ids=[task_id for table in every for task_id in table.ids],
        questions=[question for table in every for question in table.questions],
        names=[names for table in every for names in table.names],
        options=np.concatenate([none.reshape(0, 4), *(table.options for table in every)]),
        right=np.concatenate([none, *(table.right for table in every)]),
        start=np.concatenate([none, *(table.start for table in every)]),
        answer_hops=np.concatenate([none, *(table.answer_hops for table in every)]),
        last_relation=np.concatenate([none, *(table.last_relation for table in every)]),
    )


def taken(table: OptionTable, rows: IndexArray) -> OptionTable:
    """Return the tasks ``rows`` (m,) of ``table``."""
    chosen: list[int] = rows.tolist()
    return OptionTable(
        ids=[table.ids[row] for row in chosen],
        questions=[table.questions[row] for row in chosen],
        names=[table.names[row] for row in chosen],
        options=table.options[rows],
        right=table.right[rows],
        start=table.start[rows],
        answer_hops=table.answer_hops[rows],
        last_relation=table.last_relation[rows],
    )


def _options(table: OptionTable, number: Mapping[str, int]) -> IndexArray:
    flat = [number[name] for names in table.names for name in names]
    return np.array(flat, dtype=np.int64).reshape(-1, 4)
