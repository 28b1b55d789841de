"""Whether a text supports a sentence, by a rule that anybody can follow; no model judges.

A sentence is supported by what it cites if

1. every number in it stands there too (1,000 is 1000; a step's own number does not count);
2. every entity in it is named there: those of the graph by any of their names, identifiers
   (letters with digits, inner capitals, underscores) as they are or by their parts, and other words
   with a capital inside the sentence;
3. at least :data:`LEAST_SHARE` of its content words stand there, as stems;
4. where one sentence of the source has most of these words, both deny or neither does.

It sees words, not meaning: "A causes B" and "B causes A" look alike to it, as do two numbers that
change places. What it marks is certainly not said there in these words; what it passes may still
be put together wrongly.

>>> unsupported("The pool holds 20 connections.", "The pool holds 10 connections by default.")
'20 does not stand in the source'
>>> unsupported("By default a pool holds 10.", "The pool holds 10 connections by default.")
''
"""

from __future__ import annotations

import re
from typing import Final

from graphtutor.retrieval.linking import Linker
from graphtutor.retrieval.sentences import sentence_spans
from graphtutor.retrieval.terms import terms

__all__ = ["LEAST_SHARE", "numbers_in", "unsupported"]

LEAST_SHARE: Final = 2 / 3
"""Of the content words. A paraphrase exchanges some words, an invention most of them."""
_SAME: Final = 0.5
"""From this share on a sentence of the source says the same thing, so denial can be compared."""

_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?:[.,:]\d+)*(?![\w])|\d+(?:[.,]\d+)*")
_STEP: Final = re.compile(r"^\s*(?:[-*+\u2022]\s+)?\(?\d{1,3}[.)]\s+")
_GROUPED: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_WORD: Final = re.compile(r"[^\W_](?:[\w.\-/]*\w)?")
_IDENTIFIER: Final = re.compile(r"(?=.*[a-zA-Z])(?=.*\d)|.*[a-z][A-Z]|.*\w_\w")
_DENIALS: Final = re.compile(
    r"\b(?:not|no|never|none|nor|neither|without|cannot|nothing|nobody)\b|n['\u2019]t\b", re.I
)


def unsupported(sentence: str, source: str, linker: Linker | None = None) -> str:
    """Return why ``source``, the whole text cited, does not support ``sentence``; empty if it does.

    ``linker`` is that of the graph whose entities count, if there is one.
    """
    sentence = _STEP.sub("", sentence)
    words = frozenset(terms(sentence))
    held = frozenset(terms(source))
    if not words:
        return "nothing in it can be checked"
    missing = _missing_number(sentence, source)
    if linker and not missing:
        missing, named = _graph_entities(sentence, source, held, linker)
        held |= named
    missing = missing or _missing_name(sentence, held)
    if missing:
        return f"{missing} does not stand in the source"
    share = len(words & held) / len(words)
    if share < LEAST_SHARE:
        return f"{round(100 * share)} % of its words stand in the source"
    if _denies_otherwise(sentence, words, source):
        return "the source denies it, or it denies what the source says"
    return ""


def numbers_in(text: str) -> frozenset[str]:
    """Return the numbers in ``text``, also those inside identifiers, without grouping commas.

    >>> sorted(numbers_in("1,000 retries on v2.1 in 3.5 s"))
    ['1000', '2.1', '3.5']
    """
    return frozenset(found.group() for found in _NUMBER.finditer(_GROUPED.sub("", text)))


def _missing_number(sentence: str, source: str) -> str:
    return min(numbers_in(sentence) - numbers_in(source), default="")


def _graph_entities(
    sentence: str, source: str, held: frozenset[str], linker: Linker
) -> tuple[str, frozenset[str]]:
    """Return the first entity that the source lacks, and the terms of those that it names."""
    there = linker.entities_in(source)
    named: set[str] = set()
    for mention in linker.matcher.find(sentence):
        name = sentence[mention.start : mention.end]
        if there.isdisjoint(mention.candidates) and not held.issuperset(terms(name)):
            return name, frozenset()
        named.update(terms(name))
    return "", frozenset(named)


def _missing_name(sentence: str, held: frozenset[str]) -> str:
    """Return the first identifier or capitalised word, but for the first word, not held."""
    first = True
    for found in _WORD.finditer(sentence):
        word = found.group()
        named = word[0].isupper() and not first
        first = False
        if (named or _IDENTIFIER.match(word)) and not _is_held(word, held):
            return word
    return ""


def _is_held(word: str, held: frozenset[str]) -> bool:
    parts = terms(word)
    return not parts or parts[0] in held or (len(parts) > 1 and held.issuperset(parts[1:]))


def _denies_otherwise(sentence: str, words: frozenset[str], source: str) -> bool:
    rows = [source[start:end] for start, end in sentence_spans(source)]
    shares = [len(words.intersection(terms(row))) / len(words) for row in rows]
    best = max(shares, default=0.0)
    if best < _SAME:
        return False
    denies = bool(_DENIALS.search(sentence))
    nearest = [row for row, share in zip(rows, shares, strict=True) if share == best]
    return all(bool(_DENIALS.search(row)) != denies for row in nearest)
