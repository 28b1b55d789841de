"""Applies a filter expression to the columns of an index.

A value that is not recorded fits no comparison but the one with null.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.web.columns import NONE, Mask
from graphtutor.web.index import EpisodeIndex
from graphtutor.web.problem import BadRequest
from graphtutor.web.where import And, Comparison, Expression, Literal, Not, Or

__all__ = ["mask_where"]

_TEXTS: Final = ("phase", "split", "id", "answer", "star")
_FLAGS: Final = ("right", "grounded", "valid", "cut")
_FIGURES: Final = {
    "hop": "hop",
    "tier": "tier",
    "tokens": "tokens",
    "length": "size",
    "reward": "reward",
    "coverage": "coverage",
    "i": "place",
}
_ORDERS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def mask_where(expression: Expression, index: EpisodeIndex) -> Mask:
    """Mark the rows that fit. Raises BadRequest for a value that its column cannot have."""
    if isinstance(expression, And):
        return mask_where(expression.left, index) & mask_where(expression.right, index)
    if isinstance(expression, Or):
        return mask_where(expression.left, index) | mask_where(expression.right, index)
    if isinstance(expression, Not):
        return ~mask_where(expression.item, index)
    if expression.operator == "in":
        return _any(expression, index)
    if expression.column in _TEXTS:
        return _text(expression, index)
    return _figure(expression, index)


def _any(expression: Comparison, index: EpisodeIndex) -> Mask:
    found = np.zeros(index.n, dtype=np.bool_)
    for value in expression.values:
        found |= mask_where(Comparison(expression.column, "=", (value,)), index)
    return found


def _text(expression: Comparison, index: EpisodeIndex) -> Mask:
    codes, words = _coded(expression.column, index)
    value = expression.values[0]
    if value is None:
        return _null(expression, codes == NONE)
    if not isinstance(value, str):
        raise _wrong(expression, "a text, in quotes where it is a number")
    if not words:
        return np.zeros(index.n, dtype=np.bool_)
    fits = np.array([_fits(word, expression.operator, value) for word in words], dtype=np.bool_)
    return fits[codes] & (codes != NONE)


def _coded(column: str, index: EpisodeIndex) -> tuple[NDArray[Any], Sequence[str]]:
    if column == "phase":
        return index.column("phase"), index.phases
    if column == "split":
        return index.column("split"), index.splits
    if column == "id":
        return index.column("task"), index.tasks.ids
    return index.column(column), "ABCD"


def _fits(word: str, how: str, value: str) -> bool:
    if how == "~":
        return value.casefold() in word.casefold()
    return bool(_ORDERS[how](word, value))


def _figure(expression: Comparison, index: EpisodeIndex) -> Mask:
    """Compare numbers, and flags, which are 0 and 1."""
    flags = expression.column in _FLAGS
    values = index.column(expression.column if flags else _FIGURES[expression.column])
    absent = np.isnan(values) if values.dtype.kind == "f" else values == NONE
    value = expression.values[0]
    if value is None:
        return _null(expression, absent)
    if expression.operator == "~" or (flags and expression.operator not in ("=", "!=")):
        raise _wrong(expression, "= or !=" if flags else "=, !=, <, <=, > or >=")
    if value is True and not flags and expression.operator == "=":
        # A column of figures alone: whether it is recorded.
        return ~absent
    if isinstance(value, str) or (flags and not _is_flag(value)):
        raise _wrong(expression, "true or false" if flags else "a number")
    return _ORDERS[expression.operator](values, value) & ~absent


def _is_flag(value: Literal) -> bool:
    return value is True or value is False or value in (0.0, 1.0)


def _null(expression: Comparison, absent: Mask) -> Mask:
    if expression.operator not in ("=", "!="):
        raise _wrong(expression, "= or != before null")
    return absent if expression.operator == "=" else ~absent


def _wrong(expression: Comparison, wanted: str) -> BadRequest:
    value = expression.values[0]
    return BadRequest(
        f"where, {expression.column}",
        wanted=wanted,
        got=f"{expression.operator} {'null' if value is None else value}",
    )
