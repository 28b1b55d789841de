"""Follow-up questions: what they leave out is taken from the question before, by a plain rule.

A question that says "it" or "they", or names at most one thing, is a follow-up. "It" and "they"
(also "its", "their") become the name of the first entity that the question before named; where
there is none, or no such word, the content words of the question before are added in brackets. The
question as it is then asked is shown to the user.

>>> with_context("And how long does it take?", "How do I drain a node?", None)
'And how long does it take? (drain node)'
>>> with_context("What is the port of the proxy?", "How do I drain a node?", None)
'What is the port of the proxy?'
"""

from __future__ import annotations

import re
from typing import Final

from graphtutor.retrieval.coverage import content_words
from graphtutor.retrieval.linking import Linker

__all__ = ["with_context"]

_PRONOUN: Final = re.compile(r"\b(its|their|it|they|them)\b", re.I)
_POINTS_BACK: Final = re.compile(r"\b(?:its|their|it|they|them|this|that|these|those)\b", re.I)


def with_context(question: str, previous: str, linker: Linker | None) -> str:
    """Return ``question`` with what it takes from ``previous``, itself with its context."""
    if not previous or not _is_follow_up(question, linker):
        return question
    names = (
        [linker.names(mention.entity)[1] for mention in linker.matcher.find(previous)]
        if linker
        else []
    )
    if names and _PRONOUN.search(question):
        return _PRONOUN.sub(lambda word: _name(names[0], word.group()), question, count=1)
    words = names or content_words(previous)
    known = {word.lower() for word in content_words(question)}
    added = [word for word in dict.fromkeys(words) if word.lower() not in known]
    return f"{question} ({' '.join(added)})" if added else question


def _is_follow_up(question: str, linker: Linker | None) -> bool:
    if linker and linker.matcher.find(question):
        return False
    return bool(_POINTS_BACK.search(question)) or len(content_words(question)) < 2


def _name(entity: str, pronoun: str) -> str:
    return f"{entity}'s" if pronoun.lower() in ("its", "their") else entity
