"""A chunk as sentences that can be quoted, with what a reader of each takes for granted.

Headings, code fences and lines without a letter are no sentences, nor is what the end of the chunk
cuts off: the next chunk holds the whole of it. What stands before a sentence belongs to its
context: the headings, and the sentence before it in the same chunk. Lines of code, fenced or
indented, are passages of their own; what stands before them is the sentence that introduces them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.sentences import sentence_spans

__all__ = ["Passage", "listed_after", "listed_around", "passages_of"]

_ITEM: Final = re.compile(r"\s*(?:[-*+\u2022]|\(?\d{1,3}[.)]|\(?[a-z][)])\s")
_BULLET: Final = re.compile(r"^\s*[-*+\u2022]\s+")
_HEADING: Final = re.compile(r"^\s*#{1,6}\s+|\s+#*\s*$|[*_:]+$")
_TITLE: Final = re.compile(r"(?:[^\W\d_]+[ '\u2019-]*){1,6}")
"""A few words without a full stop: a heading that the document does not mark as one."""
_ENDED: Final = re.compile(r"[.!?:;\u2026\u3002][\"'\u201d\u2019)\]`*_]*$")
_LONG: Final = 8
"""Words from which on a last line without a full stop has been cut off, not laid out so."""
_MOST_ITEMS: Final = 12
"""Items of one list, or lines of code, that are quoted; more are read in their document."""
_FENCE: Final = ("```", "~~~")
_INDENT: Final = re.compile(r"(?: {4}|\t)[ \t]*")


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence of a chunk: ``text`` in one line, ``start`` in the document."""

    text: str
    start: int
    context: str
    kind: Literal["sentence", "item", "code"] = "sentence"


def passages_of(chunk: Chunk) -> tuple[Passage, ...]:
    """Return the sentences of ``chunk`` in order."""
    headings = {_plain(part) for part in (chunk.title, *chunk.section)}
    found: list[Passage] = []
    before = ""
    fenced = False
    spans = sentence_spans(chunk.text)
    for start, end in spans:
        raw = chunk.text[start:end]
        if raw.startswith(_FENCE):
            fenced = not fenced
            continue
        item = bool(_ITEM.match(raw))
        context = f"{chunk.heading}\n{before}"
        if fenced or (not item and _is_indented(chunk.text, start)):
            found += _code_lines(raw, chunk.start + start, context)
            continue
        text = " ".join(_BULLET.sub("", raw).split())
        if not any(c.isalpha() for c in text) or text.startswith("#"):
            continue
        cut = end == spans[-1][1] and len(text.split()) >= _LONG and chunk.kind == "text"
        open_end = not _ENDED.search(text)
        title = not item and bool(_TITLE.fullmatch(text))
        if _plain(text) in headings or (open_end and (cut or title)):
            continue
        found.append(Passage(text, chunk.start + start, context, "item" if item else "sentence"))
        before = text
    return tuple(found)


def _is_indented(text: str, start: int) -> bool:
    """Tell whether ``start`` is the first letter of an indented line."""
    line = text.rfind("\n", 0, start) + 1
    return bool(_INDENT.fullmatch(text, line, start))


def _code_lines(raw: str, start: int, context: str) -> Iterator[Passage]:
    for line in re.finditer(r"\S.*", raw):
        text = line[0].rstrip()
        if any(c.isalpha() for c in text):
            yield Passage(text, start + line.start(), context, "code")


def listed_after(passages: Sequence[Passage], place: int) -> range:
    """Return the places of the list or code that the passage at ``place`` introduces, if any."""
    kinds = [passage.kind for passage in passages[place + 1 : place + 2]]
    if kinds in ([], ["sentence"]):
        return range(0)
    return range(place + 1, _end(passages, place, kinds[0]))


def listed_around(passages: Sequence[Passage], place: int) -> range:
    """Return the places of the list or code around ``place``, code with its introduction."""
    kind = passages[place].kind
    start = place
    while start > 0 and passages[start - 1].kind == kind and place - start < _MOST_ITEMS:
        start -= 1
    if kind == "code" and start > 0 and place - start < _MOST_ITEMS:
        start -= 1
    return range(start, _end(passages, place, kind))


def _end(passages: Sequence[Passage], place: int, kind: str) -> int:
    """Return the place after the last passage of ``kind`` in a row behind ``place``."""
    end = place + 1
    while end < len(passages) and passages[end].kind == kind and end - place <= _MOST_ITEMS:
        end += 1
    return end


def _plain(text: str) -> str:
    return " ".join(_HEADING.sub("", text).split()).lower()
