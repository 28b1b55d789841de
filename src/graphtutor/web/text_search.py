"""Finds the rows whose text holds some words, fast enough to search while one types.

The lower-cased texts lie in one block of bytes with a separator between them. A hit moves on to the
next text, so a search never costs more than one look at each text.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from graphtutor.web.columns import Mask

__all__ = ["TextBlock"]

_SEPARATOR = b"\x1e"


class TextBlock:
    """Texts by row number, only ever appended to."""

    def __init__(self) -> None:
        """Begin without texts."""
        self._bytes = bytearray()
        self._starts: list[int] = []

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self._starts)

    @property
    def memory(self) -> int:
        """The bytes of memory that the texts take."""
        return len(self._bytes) + 36 * len(self._starts)

    def append(self, *texts: str) -> None:
        """Add the next row's texts."""
        self._starts.append(len(self._bytes))
        for text in texts:
            self._bytes += folded(text) + _SEPARATOR

    def rows_with(self, query: str, rows: int) -> Mask:
        """Mark those of the first ``rows`` rows that hold ``query``, whatever its case."""
        wanted = folded(query)
        found = np.zeros(rows, dtype=np.bool_)
        starts = self._starts
        end = starts[rows] if rows < len(starts) else len(self._bytes)
        at = self._bytes.find(wanted, 0, end) if rows else -1
        while at >= 0:
            row = bisect_right(starts, at) - 1
            found[row] = True
            if row + 1 >= rows:
                break
            at = self._bytes.find(wanted, starts[row + 1], end)
        return found


def folded(text: str) -> bytes:
    """Return ``text`` as it is compared: lower case, without separators."""
    return text.casefold().encode("utf-8", "replace").replace(_SEPARATOR, b" ")
