"""A chunk as sentences that can be quoted, with what a reader of each takes for granted.

Headings, code fences and lines without a letter are no sentences, nor is what the end of the chunk
cuts off: the next chunk holds the whole of it. What stands before a sentence belongs to its
context: the headings, and the sentence before it in the same chunk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.sentences import sentence_spans

__all__ = ["Passage", "items_after", "items_around", "passages_of"]

_ITEM: Final = re.compile(r"\s*(?:[-*+\u2022]|\(?\d{1,3}[.)]|\(?[a-z][)])\s")
_BULLET: Final = re.compile(r"^\s*[-*+\u2022]\s+")
_HEADING: Final = re.compile(r"^\s*#{1,6}\s+|\s+#*\s*$|[*_:]+$")
_TITLE: Final = re.compile(r"(?:[^\W\d_]+[ '\u2019-]*){1,6}")
"""A few words without a full stop: a heading that the document does not mark as one."""
_ENDED: Final = re.compile(r"[.!?:;\u2026\u3002][\"'\u201d\u2019)\]`*_]*$")
_LONG: Final = 8
"""Words from which on a last line without a full stop has been cut off, not laid out so."""
_MOST_ITEMS: Final = 12
"""Items of one list that are quoted; a longer list is read in its document."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence of a chunk: ``text`` in one line, ``start`` in the document."""

    text: str
    start: int
    context: str
    is_item: bool


def passages_of(chunk: Chunk) -> tuple[Passage, ...]:
    """Return the sentences of ``chunk`` in order."""
    headings = {_plain(part) for part in (chunk.title, *chunk.section)}
    found: list[Passage] = []
    before = ""
    spans = sentence_spans(chunk.text)
    for start, end in spans:
        raw = chunk.text[start:end]
        text = " ".join(_BULLET.sub("", raw).split())
        if not any(c.isalpha() for c in text) or text.startswith(("```", "~~~", "#")):
            continue
        item = bool(_ITEM.match(raw))
        cut = end == spans[-1][1] and len(text.split()) >= _LONG and chunk.kind == "text"
        open_end = not _ENDED.search(text)
        title = not item and bool(_TITLE.fullmatch(text))
        if _plain(text) in headings or (open_end and (cut or title)):
            continue
        context = f"{chunk.heading}\n{before}"
        found.append(Passage(text, chunk.start + start, context, item))
        before = text
    return tuple(found)


def items_after(passages: Sequence[Passage], place: int) -> range:
    """Return the places of the list that the passage at ``place`` introduces; may be empty."""
    end = place + 1
    while end < len(passages) and passages[end].is_item and end - place <= _MOST_ITEMS:
        end += 1
    return range(place + 1, end)


def items_around(passages: Sequence[Passage], place: int) -> range:
    """Return the places of the list that the item at ``place`` is part of."""
    start = place
    while start > 0 and passages[start - 1].is_item and place - start < _MOST_ITEMS:
        start -= 1
    return range(start, items_after(passages, place).stop)


def _plain(text: str) -> str:
    return " ".join(_HEADING.sub("", text).split()).lower()
