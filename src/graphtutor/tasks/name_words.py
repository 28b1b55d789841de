"""The words that a text or a CamelCase name is made of: what a guesser by words can see.

>>> words_of("SlowQuery is fixed by DB_index2")
['slow', 'query', 'slowquery', 'is', 'fixed', 'by', 'db', 'index2', 'db_index2']
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["words_of"]

_WORD: Final = re.compile(r"\w+")
_PART: Final = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z0-9]+|[^\W_A-Za-z0-9]+")


def words_of(text: str) -> list[str]:
    """Return the distinct words of ``text`` in lower case, and the parts of CamelCase words."""
    words: dict[str, None] = {}
    for word in _WORD.findall(text):
        for part in _PART.findall(word):
            words.setdefault(part.lower())
        words.setdefault(word.lower())
    return list(words)
