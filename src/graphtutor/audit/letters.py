"""Whether the right letter is spread evenly, per file and hop length.

The gate is a chi-square test against equal shares (3 degrees of freedom), one for each hop length
and one for the whole file: it fails at p < 0.001, so that a dataset of twenty cells with letters
drawn at random fails once in fifty. It sees 35 % for one letter in 400 tasks. Below eight tasks a
cell is not judged.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from graphtutor.audit.dataset import AuditFile, Dataset
from graphtutor.audit.finding import Demand, ids_at, not_looked_at
from graphtutor.graph.knowledge_graph import IndexArray
from graphtutor.runs.audit import Check
from graphtutor.tasks.task import LETTERS

__all__ = ["SIGNIFICANCE", "SMALLEST_CELL", "letter_checks", "uneven"]

SIGNIFICANCE: Final = 0.001
SMALLEST_CELL: Final = 8
"""Tasks below which a cell is not judged; from here on the test's p is right within a factor 3."""

_BALANCE: Final = Demand("letters", "well-posedness", "right letters are not spread evenly")


def uneven(counts: IndexArray) -> float:
    """Return the p-value of the chi-square test that ``counts`` (4,) come from equal shares.

    >>> round(uneven(np.array([40, 20, 20, 20])), 4)
    0.0074
    """
    total = int(counts.sum())
    if not total:
        return 1.0
    statistic = float(((counts - total / 4) ** 2).sum() / (total / 4))
    # The upper tail of the chi-square distribution with 3 degrees of freedom, in closed form.
    tail = math.erfc(math.sqrt(statistic / 2))
    return tail + math.sqrt(2 * statistic / math.pi) * math.exp(-statistic / 2)


def letter_checks(dataset: Dataset) -> Iterator[Check]:
    """Judge every file; the tasks named are those with a too frequent letter."""
    for file in dataset.files:
        yield _balance(dataset, file)


def _balance(dataset: Dataset, file: AuditFile) -> Check:
    right, hops = dataset.tasks.right[file.rows], dataset.tasks.hops[file.rows]
    cells = [(f"{hop} hops", hops == hop) for hop in np.unique(hops[hops > 0]).tolist()]
    cells.append(("all tasks", np.ones(len(right), dtype=np.bool_)))
    judged = 0
    too_many = np.zeros(len(right), dtype=np.bool_)
    examples: list[str] = []
    for name, cell in cells:
        counts = np.bincount(right[cell], minlength=4).astype(np.int64)
        if counts.sum() < SMALLEST_CELL:
            continue
        judged += 1
        p = uneven(counts)
        if p < SIGNIFICANCE:
            too_many |= cell & (right == int(counts.argmax()))
            shown = ", ".join(f"{a} {n}" for a, n in zip(LETTERS, counts.tolist(), strict=True))
            examples.append(f"{name}: {shown} (p = {p:.1g})")
    if not judged:
        return not_looked_at(_BALANCE, file, f"fewer than {SMALLEST_CELL} tasks", "cells")
    all_counts = np.bincount(right, minlength=4).tolist()
    return Check(
        name=_BALANCE.name,
        group=_BALANCE.group,
        title=_BALANCE.title,
        file=file.name,
        found=len(examples),
        n=judged,
        unit="hop lengths",
        passed=not examples,
        ids=ids_at(dataset, np.flatnonzero(too_many) + file.first),
        examples=tuple(examples),
        counts=dict(zip(LETTERS, all_counts, strict=True)),
        note=f"chi-square against equal shares, fails at p < {SIGNIFICANCE}",
    )
