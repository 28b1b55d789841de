"""Text of documents inside a prompt: quoted so that nothing in it can pass for the prompt's own.

Chat templates and tokenizers know control tokens such as ``<|im_end|>``, ``</s>`` and ``[INST]``,
and answers cite as ``[1]``. In a quotation angle and square brackets are replaced by look-alikes,
so a document can hold none of these, whatever the model; characters that cannot be printed go. A
boundary holds a mark that is the digest of all that stands between boundaries, so no text can
contain its own.

>>> unquoted(quoted("run <cmd>")), set("<>[]") & set(quoted("<|im_end|> [INST] </s> [2]"))
('run <cmd>', set())
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from graphtutor.io.digest import digest_of

__all__ = ["boundary_mark", "quoted", "unquoted"]

_STAND_INS: Final = str.maketrans("<>[]", "\u2039\u203a\u27e6\u27e7")
_BACK: Final = str.maketrans("\u2039\u203a\u27e6\u27e7", "<>[]")
_JOINERS: Final = "\u200c\u200d"
"""Not printable, but some scripts are misspelt without them."""


def quoted(text: str) -> str:
    """Return ``text`` without brackets and control characters; lines stay lines."""
    lines = text.translate(_STAND_INS).splitlines()
    return "\n".join(
        "".join(c if c.isprintable() or c in _JOINERS else " " for c in line) for line in lines
    )


def unquoted(text: str) -> str:
    """Return what a model copied from a quotation with the brackets of the document."""
    return text.translate(_BACK)


def boundary_mark(texts: Sequence[str]) -> str:
    """Return a mark of 16 hexadecimal digits that none of ``texts`` contains."""
    mark = digest_of(list(texts))[:16]
    while any(mark in text for text in texts):
        mark = digest_of([mark, *texts])[:16]
    return mark
