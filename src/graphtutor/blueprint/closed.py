"""Whether a closed question is answered rightly: exact match, by program."""

from __future__ import annotations

__all__ = ["is_right"]


def is_right(closed: str, answer: str) -> bool:
    """Tell whether ``answer`` is ``closed``, the one right answer, or begins with it as a word.

    Letter case counts; white space around lines does not.

    >>> is_right("B", "B) Ions calm repulsion"), is_right("B", "Because"), is_right("B", "A) B")
    (True, False, False)
    """
    wanted, given = _lines(closed), _lines(answer)
    return given.startswith(wanted) and not given[len(wanted) : len(wanted) + 1].isalnum()


def _lines(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
