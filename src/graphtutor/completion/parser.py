r"""The strict parser of completions: total, linear in the length of the text, never raises.

A completion is valid if and only if it has a line that starts with ``TRACE:``, then exactly one
line that starts with ``ANSWER:``, whose value is A, B, C or D once white space is stripped. What
happens in the cases that the contract leaves open:

- Lines end with LF, CRLF or CR, and with nothing else.
- Lines before the trace and after the answer are ignored, so a code fence around both is harmless.
- A second ``TRACE:`` line is ordinary text of the trace that the first one opened: nothing that
  stands before the answer escapes the reward.
- A second ``ANSWER:`` line makes the completion invalid, even if it repeats the letter: a model
  that answers twice has not answered.
- An ``ANSWER:`` line before the ``TRACE:`` line makes it invalid: an answer follows its reasons.
- White space is what Unicode calls so. A zero-width space or a byte order mark is not: before
  ``TRACE:`` or ``ANSWER:`` it hides the line, next to the letter it spoils the value.

>>> parse("TRACE: Rain causes Flood.\nANSWER: B")
Parsed(valid=True, answer='B', trace='Rain causes Flood.', problem=None)
>>> parse("TRACE: Rain causes Flood.\nANSWER: A or B").problem
'the value after ANSWER: is not one of A, B, C, D'
"""

from __future__ import annotations

from dataclasses import dataclass

from graphtutor.tasks.task import LETTERS, Letter

__all__ = ["Parsed", "parse"]

_TRACE = "\nTRACE:"
_ANSWER = "\nANSWER:"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a completion says.

    ``answer`` is None unless the completion is valid. ``trace`` is the stripped text from the first
    ``TRACE:`` to the next ``ANSWER:`` line, or to the end; None without a ``TRACE:`` line.
    ``problem`` says why a completion is invalid; None for a valid one.
    """

    valid: bool
    answer: Letter | None
    trace: str | None
    problem: str | None


def parse(text: str) -> Parsed:
    """Parse ``text``, whatever it holds."""
    lines = "\n" + text.replace("\r\n", "\n").replace("\r", "\n")
    opening = lines.find(_TRACE)
    if opening < 0:
        return Parsed(False, None, None, "no line starts with TRACE:")
    closing = lines.find(_ANSWER, opening)
    trace = lines[opening + len(_TRACE) : closing if closing >= 0 else len(lines)].strip()
    first = lines.find(_ANSWER)
    if first < 0:
        return Parsed(False, None, trace, "no line starts with ANSWER:")
    if lines.find(_ANSWER, first + 1) >= 0:
        return Parsed(False, None, trace, "more than one line starts with ANSWER:")
    if first < opening:
        return Parsed(False, None, trace, "the ANSWER: line stands before the TRACE: line")
    value = lines[closing + len(_ANSWER) :].partition("\n")[0].strip()
    for letter in LETTERS:
        if value == letter:
            return Parsed(True, letter, trace, None)
    return Parsed(False, None, trace, "the value after ANSWER: is not one of A, B, C, D")
