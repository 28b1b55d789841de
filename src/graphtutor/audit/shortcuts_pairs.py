"""Guessers that throw out what training has already joined to the question's start.

A split contract keeps every evaluated pair of start and answer out of training. It binds the answer
alone: where training leads from the start to a wrong option, that option can be thrown out unseen.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.audit.shortcuts_guess import Guess, unknown
from graphtutor.audit.shortcuts_known import Known
from graphtutor.audit.table import OptionTable

__all__ = ["pair_guesses"]

_ANY: Final = (
    "untaught-with-start",
    "an option that is the answer of no training task from the same start",
)
_EDGE: Final = (
    "untaught-with-start-edge",
    "an option that is the answer of no 1-hop training task from the same start",
)


def pair_guesses(table: OptionTable, known: Known) -> list[Guess]:
    """Guess among the options that training does not pair with the start, as start and answer.

    Once by all training tasks, once by those of one hop alone. One-hop tasks of the file are left
    out, as theirs is the edge that training is to teach. Entities count as the same where the
    tables number them alike.
    """
    train = known.train
    if not len(train):
        return unknown([_ANY, _EDGE], "no training file")
    strange = (table.options < 0).any(axis=1) | (table.start < 0) | (table.answer_hops == 1)
    answer = train.options[np.arange(len(train)), train.right]
    told = (train.start >= 0) & (answer >= 0)
    if strange.all() or not told.any():
        return unknown([_ANY, _EDGE], "no known start in training or in tasks of two hops or more")
    note = f"{int(strange.sum())} tasks of one hop or with unknown entities left out"
    note = note if strange.any() else ""
    width = int(max(table.options.max(), train.options.max())) + 1
    wanted = table.start[:, None] * width + table.options

    def untaught(rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        pairs = np.isin(wanted, (train.start * width + answer)[rows])
        return np.where(strange[:, None], np.nan, ~pairs)

    return [
        Guess(*_ANY, untaught(told), note),
        Guess(*_EDGE, untaught(told & (train.answer_hops == 1)), note),
    ]
