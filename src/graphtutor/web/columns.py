"""The columns of an episode log: a few bytes a line, grown while reading, frozen for questions.

Text columns are numbers into a vocabulary. None is -1 in columns of whole numbers and NaN in
those of figures.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["NONE", "ColumnBuilder", "Mask", "Rows", "Vocabulary", "whole"]

Rows = NDArray[np.int64]
"""Numbers of rows, shape (k,)."""
Mask = NDArray[np.bool_]
"""One truth value a row."""

NONE: Final = -1
_TYPES: Final[Mapping[str, Any]] = {
    "b": np.int8,
    "i": np.int32,
    "q": np.int64,
    "d": np.float64,
}


def whole(value: bool | int | None) -> int:
    """Return a value as a column of whole numbers has it."""
    return NONE if value is None else int(value)


class ColumnBuilder:
    """Columns of equal length by name; ``kinds`` has the type code of ``array`` for each."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        """Begin without rows."""
        self._columns: dict[str, array[Any]] = {n: array(k) for n, k in kinds.items()}

    def append(self, **row: float | None) -> None:
        """Add one row; a value for each column."""
        for name, column in self._columns.items():
            value = row[name]
            if value is None:
                column.append(float("nan"))
            else:
                column.append(value)

    def freeze(self) -> dict[str, NDArray[Any]]:
        """Return copies as arrays that nobody can change."""
        frozen: dict[str, NDArray[Any]] = {}
        for name, column in self._columns.items():
            values = np.array(column, dtype=_TYPES[column.typecode])
            values.setflags(write=False)
            frozen[name] = values
        return frozen


@dataclass(slots=True)
class Vocabulary:
    """Words by number, in the order in which they first came."""

    words: list[str]
    numbers: dict[str, int]

    @classmethod
    def empty(cls) -> Vocabulary:
        """Return a vocabulary without words."""
        return cls([], {})

    def number(self, word: str) -> int:
        """Return the number of ``word``, a new one if it is new."""
        found = self.numbers.setdefault(word, len(self.words))
        if found == len(self.words):
            self.words.append(word)
        return found
