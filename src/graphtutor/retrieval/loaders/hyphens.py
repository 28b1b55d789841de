"""Lines put together to running text; words that a line's end parted are mended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["join_lines", "vocabulary"]

_WORD = re.compile(r"\w+(?:[-\u2010\u2011]\w+)*")
_PARTED = re.compile(r"([\w\u2010\u2011-]*\w)[-\u2010\u00ad]$")
_FIRST = re.compile(r"\w+")


def vocabulary(lines: Iterable[str]) -> frozenset[str]:
    """Return the words of ``lines``, compounds with their hyphens, in lower case."""
    return frozenset(word.casefold() for line in lines for word in _WORD.findall(line))


def join_lines(lines: Sequence[str], words: frozenset[str]) -> tuple[str, tuple[int, ...]]:
    """Return the lines as one text, and where in it each line begins.

    A hyphen at a line's end goes, unless the document has the word with it elsewhere (and not
    without), or what follows is no small letter: "X-Ray", "GPT-4", "Black-Scholes".

    >>> join_lines(["A well-", "known exam-", "ple"], vocabulary(["a well-known"]))
    ('A well-known example', (0, 7, 17))
    """
    text = ""
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    for line in lines:
        parted = _PARTED.search(text[-80:])
        follows = _FIRST.match(line)
        if parted and follows:
            if not _keeps(parted[1], follows[0], words):
                parts[-1] = parts[-1][:-1]
                length -= 1
        elif parts:
            parts.append(" ")
            length += 1
        starts.append(length)
        parts.append(line)
        length += len(line)
        text = line
    return "".join(parts), tuple(starts)


def _keeps(left: str, right: str, words: frozenset[str]) -> bool:
    """Tell whether the hyphen between ``left`` and ``right`` belongs to the word."""
    if not (left[-1].isalpha() and right[0].islower()):
        return True
    if (left + right).casefold() in words:
        return False
    return f"{left}-{right}".casefold() in words or "-" in left
