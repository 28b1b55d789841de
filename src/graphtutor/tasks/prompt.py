"""The prompt: the output-format rules word for word, the question, the four options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["FORMAT_RULES", "completion_text", "prompt_text"]

FORMAT_RULES: Final = (
    "You must follow the exact output format.\n\n"
    "OUTPUT FORMAT:\n"
    "TRACE: <one or two sentences>\n"
    "ANSWER: <A|B|C|D>\n\n"
)


def prompt_text(question: str, options: Sequence[str]) -> str:
    """Render the prompt of a task; ``options`` are the four entity ids in the order A-D.

    >>> print(prompt_text("Which?", ["W", "X", "Y", "Z"])[-27:], end="")
    Which?
    A) W
    B) X
    C) Y
    D) Z
    """
    lines = [f"{letter}) {name}\n" for letter, name in zip("ABCD", options, strict=True)]
    return f"{FORMAT_RULES}Question: {question}\n{''.join(lines)}"


def completion_text(trace: str, letter: str) -> str:
    r"""Render a completion in the output format.

    >>> completion_text("Rain causes Flood.", "B")
    'TRACE: Rain causes Flood.\nANSWER: B'
    """
    return f"TRACE: {trace}\nANSWER: {letter}"
