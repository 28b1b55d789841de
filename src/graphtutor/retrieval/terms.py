r"""The terms that a text is found by, for BM25, in documents and in questions alike.

A word becomes its stem in lower case; stop words go. An identifier stays as it is written, and its
parts stand beside it, so that each of these finds the others:

>>> terms("The ConnectionTimeout of `pump_v2`")
['connectiontimeout', 'connect', 'timeout', 'pump_v2', 'pump', 'v2']
>>> terms("connection timeouts"), terms("ERR-42"), terms("v1.2.3")
(['connect', 'timeout'], ['err-42', 'err', '42'], ['1.2.3'])

Scripts that part no words (Chinese, Japanese) give overlapping pairs of characters. The stemmer and
the stop words are English; words of other languages are found by their form.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from threading import Lock
from typing import Any, Final

from graphtutor.errors import RetrievalError

__all__ = ["STOP_WORDS", "term_id", "term_ids", "terms"]

# The words that Snowball lists for English (snowballstem.org, BSD), without those that deny, and
# "can't", "won't" without their end. Questions are full of them; in a small collection a
# "what" is rare enough to outweigh what is asked for.
STOP_WORDS: Final = frozenset(
    "i me my myself we our ours ourselves you your yours yourself yourselves he him his himself "
    "she her hers herself it its itself they them their theirs themselves what which who whom "
    "this that these those am is are was were be been being have has had having do does did doing "
    "would should could ought a an the and but if or because as until while of at by for with "
    "about against between into through during before after above below to from up down in out "
    "on off over under again further then once here there when where why how all any both each "
    "few more most other some such only own same so than too very can will just ca wo".split()
)

# Letters and digits of any script; marks belong to the letter before them.
_LETTERS = r"(?:[^\W_][\u0300-\u036f]*)+"
_WORD = re.compile(rf"{_LETTERS}(?:(?:[-'.]|_+){_LETTERS})*(?:\+\+|#)?")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ENDING = re.compile(r"(?<=.)(?:'s|n't)$", re.IGNORECASE)
_PLAIN = {0xAD: None, 0x2010: "-", 0x2019: "'"}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_VERSION = re.compile(r"v?(\d+(?:\.\d+)+)", re.IGNORECASE)
_LOCK = Lock()
_UNPARTED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")


def terms(text: str) -> list[str]:
    """Return the terms of ``text`` in order, repeated as often as they stand there."""
    return [term for word in _words(text) for term in _terms_of(word)]


def term_ids(text: str) -> list[int]:
    """Return what :func:`term_id` gives for each of :func:`terms`, in order."""
    return [number for word in _words(text) for number in _ids_of(word)]


def term_id(term: str) -> int:
    """Return the 32-bit number of a term, the same on every machine.

    It is a hash, so two terms may share a number and find each other's chunks: among 50,000
    different terms 0.3 pairs are expected, among a million 116.
    """
    return int.from_bytes(blake2b(term.encode(), digest_size=4).digest(), "little")


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return _WORD.findall(_GROUPED.sub("", plain))


@lru_cache(maxsize=1 << 17)
def _ids_of(word: str) -> tuple[int, ...]:
    return tuple(term_id(term) for term in _terms_of(word))


@lru_cache(maxsize=1 << 17)
def _terms_of(word: str) -> tuple[str, ...]:
    word = _ENDING.sub("", word)
    parts = _parts(word)
    if len(parts) == 1:
        return _prose(parts[0])
    found = tuple(
        term for part in parts if len(part) > 1 or part.isdigit() for term in _prose(part)
    )
    # Hyphens and apostrophes between plain words make no identifier: "state-of-the-art".
    if found and not _CAMEL.search(word) and re.sub("[-']", "", word).isalpha():
        return found
    return (*_prose(word), *found)


def _parts(word: str) -> list[str]:
    parts: list[str] = []
    for piece in re.split(r"[-_']+", word):
        if version := _VERSION.fullmatch(piece):
            parts.append(version.group(1))
        else:
            parts.extend(part for dotted in piece.split(".") for part in _CAMEL.split(dotted))
    return [part for part in parts if part]


def _prose(part: str) -> tuple[str, ...]:
    lower = part.lower()
    if lower in STOP_WORDS:
        return ()
    if _UNPARTED.search(lower):
        return tuple(_pairs(lower))
    # A stem of what has digits would be another identifier: "ps2s".
    return (_stem(lower) if lower.isalpha() else lower,)


def _pairs(text: str) -> list[str]:
    found: list[str] = []
    end = 0
    for run in _UNPARTED.finditer(text):
        found += [text[end : run.start()]] if run.start() > end else []
        found += [run[0][at : at + 2] for at in range(max(1, len(run[0]) - 1))]
        end = run.end()
    return found + ([text[end:]] if end < len(text) else [])


def _stem(word: str) -> str:
    # A stemmer keeps the word it is at, so one thread at a time; each word is stemmed once.
    with _LOCK:
        return _stemmer().stemWord(word)


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    try:
        import snowballstemmer
    except ImportError as error:
        raise RetrievalError(
            "search by words",
            wanted="the package snowballstemmer",
            got="none installed",
            remedy="pip install 'graphtutor[rag]'",
        ) from error
    package: Any = snowballstemmer
    return package.stemmer("english")
