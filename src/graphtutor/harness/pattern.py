r"""The output format as one regular expression, for programs that read answers with a pattern.

It finds the letter of exactly the completions that :func:`graphtutor.completion.parser.parse` calls
valid: the first ``TRACE:`` line, then the only ``ANSWER:`` line, whose value is one of A-D. Lines
end with LF, CRLF or CR. A test holds the two to each other on arbitrary text.

>>> strict_letter("TRACE: Rain causes Flood.\nANSWER: B")
'B'
>>> strict_letter("TRACE: Rain causes Flood.\nANSWER: A or B") is None
True
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["STRICT_ANSWER", "strict_letter"]

_TRACE_LINE: Final = r"(?<![^\r\n])TRACE:"
_ANSWER_LINE: Final = r"(?<![^\r\n])ANSWER:"
# Up to the first of these lines, so that there is one way to match and no backtracking to speak of.
_BEFORE: Final = rf"(?:(?!{_TRACE_LINE}|{_ANSWER_LINE})[\s\S])*"
_TRACE: Final = rf"(?:(?!{_ANSWER_LINE})[\s\S])*"
STRICT_ANSWER: Final = (
    rf"\A{_BEFORE}{_TRACE_LINE}{_TRACE}{_ANSWER_LINE}"
    rf"[^\S\r\n]*([ABCD])[^\S\r\n]*(?![^\r\n])(?![\s\S]*{_ANSWER_LINE})"
)
"""Matches a valid completion from its start; group 1 is the letter."""


def strict_letter(text: str) -> str | None:
    """Return the letter of a valid completion, None for any other text."""
    found = re.match(STRICT_ANSWER, text)
    return found[1] if found else None
