r"""Words of a text, and a table of word sequences that finds the longest one at a position.

A token is a whole word or one punctuation mark. A dot, hyphen, slash, at sign or ampersand between
two word characters belongs to the word, so ``T1059`` is not found in ``T1059.001`` nor ``DNS`` in
``DNS-over-HTTPS``. Everything that is neither white space nor punctuation is a word character, also
combining marks and zero-width characters, so a name never ends in the middle of a letter.

>>> [token.text for token in tokenise("T1059.001 uses AT&T (a carrier).")]
['T1059.001', 'uses', 'AT&T', '(', 'a', 'carrier', ')', '.']
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

__all__ = ["PrefixTable", "Token", "plain_words", "tokenise"]

_PUNCTUATION: Final = (
    r"""!"$%&'()*,\-./:;<=>?@\[\\\]^`{|}~"""
    "\u00a1\u00a7\u00ab\u00b6\u00b7\u00bb\u00bf"
    "\u2010-\u2027\u2030-\u205e\u2190-\u21ff"
    "\u3001-\u3003\u3008-\u3011\u3014-\u301f\uff01\uff0c\uff0e\uff1a\uff1b\uff1f"
)
_WORD: Final = rf"[^\s{_PUNCTUATION}]+"
_TOKEN: Final = re.compile(rf"(?P<word>{_WORD}(?:[.\-/&@]{_WORD})*)|[{_PUNCTUATION}]")
_PLAIN: Final = re.compile(_WORD)

Value = TypeVar("Value")


class Token(NamedTuple):
    """``text`` is ``source[start:end]``; ``is_word`` is False for a punctuation mark."""

    text: str
    start: int
    end: int
    is_word: bool


def tokenise(text: str) -> list[Token]:
    """Split ``text`` into words and punctuation marks, in time linear in its length."""
    return [
        Token(found.group(), found.start(), found.end(), found.lastgroup == "word")
        for found in _TOKEN.finditer(text)
    ]


def plain_words(text: str) -> list[Token]:
    """Split ``text`` into lower-cased words without any punctuation, with their places.

    >>> [token.text for token in plain_words("Clock-Skew (NTP)")]
    ['clock', 'skew', 'ntp']
    """
    return [
        Token(found.group().lower(), found.start(), found.end(), True)
        for found in _PLAIN.finditer(text)
    ]


class PrefixTable(Generic[Value]):
    """Maps sequences of words to values; a look-up costs the length of a sequence, not of a table.

    >>> table = PrefixTable({("leads",): 1, ("leads", "to"): 2})
    >>> table.longest(["leads", "to", "ruin"], 0)
    (2, 2)
    """

    def __init__(self, entries: Mapping[tuple[str, ...], Value], joint: str = " ") -> None:
        """Index ``entries``; ``joint`` stands between the words of a key."""
        self._joint = joint
        self._values: dict[str, Value] = {}
        self._prefixes: set[str] = set()
        for words, value in entries.items():
            self._values[joint.join(words)] = value
            self._prefixes.update(joint.join(words[:size]) for size in range(1, len(words)))

    def longest(
        self, words: Sequence[str], at: int, skip: Collection[str] = ()
    ) -> tuple[int, Value] | None:
        """Return (index after the last word, value) of the longest entry at ``words[at]``.

        Words of ``skip`` may stand between the words of an entry. None if no entry begins there.
        """
        key = words[at].lstrip(" ")
        following = at + 1
        best = (following, self._values[key]) if key in self._values else None
        while key in self._prefixes and following < len(words):
            longer = f"{key}{self._joint}{words[following]}"
            following += 1
            if longer in self._values:
                best = (following, self._values[longer])
            elif longer not in self._prefixes:
                if words[following - 1] in skip:
                    continue
                break
            key = longer
        return best
