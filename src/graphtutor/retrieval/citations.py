"""Citations in what a model wrote: read, checked against the sources, never taken on trust.

``[1]``, ``[1, 2]``, ``[1][3]``, ``[1-3]`` and ``[source 2]`` are read. A citation of a source that
there is not is removed and counted; then each sentence is held against what it cites
(:mod:`graphtutor.retrieval.groundedness`).

>>> read_citations("It drops packets [1, 2]. Restart it. [7]")
[('It drops packets.', (1, 2)), ('Restart it.', (7,))]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from graphtutor.retrieval.answer import AnswerSentence, Source
from graphtutor.retrieval.groundedness import unsupported
from graphtutor.retrieval.linking import Linker
from graphtutor.retrieval.sentences import sentence_spans

__all__ = ["check_citations", "read_citations", "without_marks"]

_DASH = "[-\u2013]"
_MARK: Final = re.compile(
    rf"\[\s*(?:sources?\s*)?(\d++(?:\s*(?:[,;]|and|{_DASH})\s*\d++)*)\s*\]", re.I
)
_AFTER_END: Final = re.compile(
    rf"(?<![.!?])([.!?]++)(\s*{_MARK.pattern}(?:\s*{_MARK.pattern})*)", re.I
)
_RANGE: Final = re.compile(rf"(\d+)\s*{_DASH}\s*(\d+)")
_BEFORE_STOP: Final = re.compile(r"\s+(?=[.,;:!?])")
_LONGEST: Final = 9
"""Digits of a number that is read; no source has a longer one, and none is made of it."""
_WIDEST: Final = 50
"""Numbers that a range may stand for; "[1-999999]" cites its ends only."""


def check_citations(
    text: str, sources: Sequence[Source], linker: Linker | None = None
) -> tuple[tuple[AnswerSentence, ...], int]:
    """Return the sentences of ``text`` with checked citations, and how many were removed."""
    known = {source.number: source.chunk.indexed for source in sources}
    sentences: list[AnswerSentence] = []
    removed = 0
    for sentence, given in read_citations(text):
        cited = tuple(number for number in given if number in known)
        removed += len(given) - len(cited)
        problem = "it cites no source"
        if cited:
            problem = unsupported(sentence, "\n\n".join(known[n] for n in cited), linker)
        sentences.append(AnswerSentence(sentence, cited, not problem, problem))
    return tuple(sentences), removed


def read_citations(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """Return each sentence in one line, without its citations, and their numbers, ascending.

    What stands after a full stop belongs to the sentence before it. Sentences without a letter or
    digit are dropped with what they cite.
    """
    found: list[tuple[str, tuple[int, ...]]] = []
    text = _AFTER_END.sub(r"\2\1", text)
    for start, end in sentence_spans(text):
        row = text[start:end]
        plain = _BEFORE_STOP.sub("", " ".join(_MARK.sub(" ", row).split()))
        if any(character.isalnum() for character in plain):
            numbers = {n for mark in _MARK.finditer(row) for n in _numbers(mark.group(1))}
            found.append((without_marks(plain), tuple(sorted(numbers))))
    return found


def without_marks(text: str) -> str:
    """Return ``text`` with what looks like a citation in round brackets: a source's own "[3]".

    >>> without_marks("as shown in [3] and a[[1]]")
    'as shown in (3) and a[(1)]'
    """
    return _MARK.sub(lambda mark: f"({mark.group()[1:-1]})", text)


def _numbers(listed: str) -> set[int]:
    numbers = {_number(number) for number in re.findall(r"\d+", listed)}
    for first, last in _RANGE.findall(listed):
        low, high = _number(first), _number(last)
        if high - low < _WIDEST:
            numbers |= set(range(low, high + 1))
    return numbers


def _number(digits: str) -> int:
    return int(digits[: _LONGEST + 1])
