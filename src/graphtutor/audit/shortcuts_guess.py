"""What a guesser says and how it is judged: scores of the options, credit, interval, gate.

A guesser gives every option a score and picks the highest; options that tie share the credit, so
that chance is a quarter whatever ties there are. The interval is Wilson's at the effective sample
size: tasks with one start share edges and are right or wrong together, so n is divided by the
design effect, the variance of the mean over clusters of one start against that of as many
independent tasks (Korn & Graubard 1998). A design effect below 1 counts as 1: where a generator
balances a score, the credit varies less than by chance, and the gate shall not be stricter for it.
This agrees with a bootstrap clustered by start to a few thousandths and needs no resampling.

>>> guess_credit(np.array([[1.0, 5.0, 5.0, 0.0]]), np.array([2])).tolist()
[0.5]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.audit.table import OptionTable
from graphtutor.graph.knowledge_graph import IndexArray
from graphtutor.runs.audit import Shortcut
from graphtutor.runs.metrics import Interval

__all__ = [
    "CHANCE",
    "FEWEST",
    "Floats",
    "Guess",
    "both_ends",
    "clustered_wilson",
    "guess_credit",
    "judge",
    "unknown",
]

CHANCE: Final = 0.25
FEWEST: Final = 30
"""Fewer tasks than this are told, not judged: their interval says next to nothing."""
_IDS: Final = 1000
_Z: Final = 1.959964

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """The scores of one guesser; shape (n, 4), None where it has nothing to go by.

    A task with NaN among its scores is left out. ``told`` says that it is no gate; ``note`` why, or
    what it was computed from.
    """

    name: str
    title: str
    scores: Floats | None
    note: str = ""
    told: bool = False


def both_ends(
    name: tuple[str, str], title: tuple[str, str], scores: Floats, note: str = ""
) -> list[Guess]:
    """Return the guesser that takes the highest of ``scores`` and the one that takes the lowest."""
    return [
        Guess(name[0], title[0], scores, note),
        Guess(name[1], title[1], -scores, note),
    ]


def unknown(guesses: Sequence[tuple[str, str]], note: str) -> list[Guess]:
    """Return guessers (name, title) that cannot guess, with the reason."""
    return [Guess(name, title, None, note) for name, title in guesses]


def guess_credit(scores: Floats, right: IndexArray) -> Floats:
    """Return the expected credit per task, (n,), of picking among the highest of ``scores``."""
    ahead = scores == scores.max(axis=1, keepdims=True)
    return ahead[np.arange(len(right)), right] / ahead.sum(axis=1)


def clustered_wilson(credit: Floats, cluster: IndexArray) -> Interval:
    """Return the 95 % interval of the mean of ``credit`` (n,), each 0-1, in clusters (n,).

    Wilson's score interval (1927) at n / max(1, design effect). With no tasks nothing is known:
    (0, 1).
    """
    n = len(credit)
    if not n:
        return (0.0, 1.0)
    rate = float(credit.mean())
    _, member = np.unique(cluster, return_inverse=True)
    surplus = np.bincount(member, credit - rate)
    groups = len(surplus)
    alone = rate * (1 - rate) * n
    together = float((surplus**2).sum()) * groups / max(1, groups - 1)
    effective = n / max(1.0, together / alone) if alone > 0 else float(n)
    spread = _Z * math.sqrt(rate * (1 - rate) / effective + (_Z / effective) ** 2 / 4)
    scale = 1 + _Z**2 / effective
    centre = rate + _Z**2 / (2 * effective)
    return (max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def judge(
    guess: Guess, table: OptionTable, cluster: IndexArray, file: str, gated: bool = True
) -> Shortcut:
    """Score ``guess`` on the tasks of ``table``, whose starts ``cluster`` (n,) numbers.

    The gate fails where the whole interval lies above chance; without ``gated``, or with fewer than
    :data:`FEWEST` tasks, the figure is only told.
    """
    if guess.scores is None:
        return Shortcut(name=guess.name, title=guess.title, file=file, n=0, note=guess.note)
    rows = np.flatnonzero(~np.isnan(guess.scores).any(axis=1))
    credit = guess_credit(guess.scores[rows], table.right[rows])
    notes = [guess.note] if guess.note else []
    if not len(rows):
        note = "; ".join([*notes, "no task that it can look at"])
        return Shortcut(name=guess.name, title=guess.title, file=file, n=0, note=note)
    if not gated:
        notes.append("a training file: told, not judged")
    elif len(rows) < FEWEST:
        notes.append(f"fewer than {FEWEST} tasks: told, not judged")
    interval = clustered_wilson(credit, cluster[rows])
    judged = gated and not guess.told and len(rows) >= FEWEST
    passed = interval[0] <= CHANCE if judged else None
    solved = rows[credit == 1][:_IDS] if passed is False else rows[:0]
    return Shortcut(
        name=guess.name,
        title=guess.title,
        file=file,
        n=len(rows),
        right=float(credit.sum()),
        accuracy=float(credit.mean()),
        interval=interval,
        chance=CHANCE,
        passed=passed,
        ids=tuple(table.ids[int(row)] for row in solved),
        note="; ".join(notes),
    )
