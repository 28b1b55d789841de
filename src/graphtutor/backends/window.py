"""The checks that texts fit: every engine refuses what it would otherwise have to cut."""

from __future__ import annotations

from collections.abc import Sequence

from graphtutor.errors import ModelError

__all__ = ["refuse_too_long", "refuse_unreadable"]


def refuse_too_long(lengths: Sequence[int], new: int, window: int) -> None:
    """Raise ModelError with a count if prompts leave less than ``new`` tokens of the window.

    ``lengths`` are the prompts' lengths in tokens.

    >>> refuse_too_long([10, 20], 12, 32)
    """
    too_long = [length for length in lengths if length + new > window]
    if too_long:
        raise ModelError(
            "generation",
            wanted=f"prompts that leave {new} tokens of the model's window of {window}",
            got=f"{len(too_long)} of {len(lengths)} longer, up to {max(too_long)} tokens",
            remedy="lower evaluation.max_new_tokens, or take a model with a longer window",
        )


def refuse_unreadable(lengths: Sequence[int], window: int) -> None:
    """Raise ModelError with counts if texts are longer than the window or have no next token.

    ``lengths`` are the texts' lengths in tokens.

    >>> refuse_unreadable([2, 32], 32)
    """
    long = sum(length > window for length in lengths)
    short = sum(length < 2 for length in lengths)
    if long or short:
        raise ModelError(
            "texts to read",
            wanted=f"2 to {window} tokens each, as the model's window holds",
            got=f"{long} of {len(lengths)} longer, up to {max(lengths)} tokens, {short} shorter",
            remedy="split the longer ones, leave out the shorter ones",
        )
