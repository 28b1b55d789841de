"""Documents to chunks: pieces that stand under one heading and fit the embedding model.

A chunk holds whole paragraphs where it can, else whole sentences, else lines, else words; code and
tables stay whole where they fit. It never crosses a section, except that a heading without text
goes with what follows below it, and neighbours that are tiny share a chunk under their parent.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphtutor.io.digest import digest_bytes
from graphtutor.retrieval.chunk import Chunk, chunk_id
from graphtutor.retrieval.document import Document, Section
from graphtutor.retrieval.embedder import Spans
from graphtutor.retrieval.sentences import sentence_spans

__all__ = ["LEAST_TOKENS", "chunk_document", "word_spans"]

LEAST_TOKENS = 32
"""The smallest ``most``: below it headings would leave no room for text."""

# No token of ours is longer: a run of letters without a space, such as Chinese, is no one word.
_WORD = re.compile(r"\w{1,24}|[^\w\s]")
_LONGEST_TOKEN = 200
_TINY = 8
_BLOCK = re.compile(r"[ \t]*(?:```|~~~)|\n[ \t]*\n\s*")


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return the span of each word and sign: the count of tokens without an embedding model.

    >>> word_spans("Stop it.")
    [(0, 4), (5, 7), (7, 8)]
    """
    return [match.span() for match in _WORD.finditer(text)]


def chunk_document(document: Document, spans: Spans, most: int, overlap: int) -> list[Chunk]:
    """Return the chunks of ``document`` in order; together they hold all of its text.

    ``most`` bounds the tokens of ``chunk.indexed``, heading included, counted by ``spans``;
    at least ``LEAST_TOKENS``. A chunk begins with the last sentences of the one before it in the
    same section, as many as fit in ``overlap`` tokens, at most a quarter of ``most``.
    """
    if most < LEAST_TOKENS or not 0 <= overlap <= most // 4:
        raise ValueError(f"most={most} below {LEAST_TOKENS}, or overlap={overlap} not in 0..most/4")
    cutter = _Cutter(document, spans, most, overlap)
    return [chunk for section in _joined(document, spans, most) for chunk in cutter.cut(section)]


def _joined(document: Document, spans: Spans, most: int) -> Iterator[Section]:
    """Yield the sections to be cut: headings without text and tiny neighbours joined."""
    waiting: list[Section] = []
    size = 0
    for section in _with_bare_headings(document):
        text = document.text[section.start : section.end]
        # No tokenizer gives less than one token for twenty characters of prose.
        tokens = len(spans(text)) if len(text) < 20 * most else most
        tiny = tokens <= most // _TINY
        fits = size + tokens <= most // 2
        if waiting and not (tiny and fits and waiting[-1].path[:-1] == section.path[:-1]):
            yield _merged(waiting)
            waiting, size = [], 0
        waiting.append(section)
        size += tokens
        if not tiny:
            yield _merged(waiting)
            waiting, size = [], 0
    if waiting:
        yield _merged(waiting)


def _merged(sections: list[Section]) -> Section:
    if len(sections) == 1:
        return sections[0]
    # What they share: saying the first one's heading for all would be wrong.
    return Section(sections[0].path[:-1], sections[0].start, sections[-1].end)


def _with_bare_headings(document: Document) -> Iterator[Section]:
    """Yield sections; one that is a heading alone is part of the next, if that is below it."""
    start: int | None = None
    sections = document.sections or (Section((), 0, len(document.text)),)
    for section, after in zip(sections, [*sections[1:], None], strict=True):
        start = section.start if start is None else start
        text = " ".join(
            document.text[section.start : min(section.end, section.start + 400)].split()
        )
        below = after is not None and after.path[: len(section.path)] == section.path
        if below and section.path and text == section.path[-1]:
            continue
        yield Section(section.path, start, section.end)
        start = None


@dataclass(frozen=True, slots=True)
class _Borders:
    """Where a section may be cut: numbers of the tokens before which each kind of border is."""

    text: str
    starts: list[int]
    kinds: tuple[list[int], ...]
    whole: list[tuple[int, int]]


class _Cutter:
    """Cuts the sections of one document."""

    def __init__(self, document: Document, spans: Spans, most: int, overlap: int) -> None:
        """Take what :func:`chunk_document` takes."""
        self._document = document
        self._spans = spans
        self._most = most
        self._overlap = overlap

    def cut(self, section: Section) -> Iterator[Chunk]:
        """Yield the chunks of a section."""
        text = self._document.text[section.start : section.end]
        if not text.strip():
            return
        title, path, heading = self._heading(section.path)
        borders = _borders(text, _bounded(self._spans(text)))
        count = len(borders.starts)
        begin = done = 0
        while done < count:
            room = self._most - heading
            while True:
                end = _choose(borders, begin, done, room)
                chunk = self._chunk(section, text, borders, (begin, end), (title, path))
                excess = len(self._spans(chunk.indexed)) - self._most
                if excess <= 0 or end - begin <= 1:
                    break
                # What is before the new text goes first: it has been said already.
                if begin < done:
                    begin = done
                else:
                    room = max(1, min(room, end - begin) - excess)
            yield chunk
            done = end
            begin = self._overlapped(borders, begin, end) if done < count else done

    def _heading(self, path: tuple[str, ...]) -> tuple[str, tuple[str, ...], int]:
        """Return title, path and their tokens; what leaves no room is cut, outermost first."""
        title = self._document.title
        ways: list[tuple[str, tuple[str, ...]]] = [
            (title, path),
            *((title, path[-depth:]) for depth in range(len(path) - 1, 0, -1)),
            ("", path[-1:]),
            (title, ()),
        ]
        for way in ways:
            chunk = self._made(way, 0, 0)
            tokens = len(self._spans(chunk.indexed)) if chunk.heading else 0
            if tokens <= self._most // 2:
                return way[0], way[1], tokens
        return "", (), 0

    def _made(self, way: tuple[str, tuple[str, ...]], start: int, end: int) -> Chunk:
        document = self._document
        text = document.text[start:end]
        return Chunk(
            id=chunk_id(document.id, start, end, text),
            doc=document.id,
            title=way[0],
            section=way[1],
            page=document.page_at(start),
            start=start,
            end=end,
            text=text,
            sha256=digest_bytes(text.encode("utf-8", "surrogatepass")),
            date=document.date,
        )

    def _chunk(
        self,
        section: Section,
        text: str,
        borders: _Borders,
        tokens: tuple[int, int],
        way: tuple[str, tuple[str, ...]],
    ) -> Chunk:
        """Return the chunk from one token up to another, without the space around it."""
        start = borders.starts[tokens[0]] if tokens[0] else 0
        end = borders.starts[tokens[1]] if tokens[1] < len(borders.starts) else len(text)
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        end = start + len(piece.strip())
        return self._made(way, section.start + start, section.start + end)

    def _overlapped(self, borders: _Borders, begin: int, end: int) -> int:
        """Return the first sentence of the last ``overlap`` tokens before ``end``."""
        sentences = borders.kinds[1]
        at = bisect_left(sentences, max(end - self._overlap, begin + 1))
        return sentences[at] if at < len(sentences) and sentences[at] < end else end


def _bounded(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return where tokens start; one that is very long counts as several."""
    starts: list[int] = []
    for start, end in spans:
        if end - start <= _LONGEST_TOKEN:
            starts.append(start)
        else:
            starts += range(start, end, _LONGEST_TOKEN)
    return starts or [0]


def _choose(borders: _Borders, begin: int, done: int, room: int) -> int:
    """Return where a chunk from ``begin`` ends: after ``done``, at most ``room`` tokens on."""
    limit = begin + max(room, 1)
    if limit >= len(borders.starts):
        return len(borders.starts)
    limit = max(limit, done + 1)
    at = bisect_right(borders.whole, (limit, 0)) - 1
    if at >= 0:
        start, end = borders.whole[at]
        if start < limit < end and start > done and end - start <= room:
            return start
    half, quarter = begin + room // 2, begin + room // 4
    for kind, least in zip(borders.kinds, (half, quarter, quarter), strict=True):
        place = bisect_right(kind, limit) - 1
        if place >= 0 and kind[place] > max(least, done):
            return kind[place]
    words = range(limit, max(quarter, done), -1)
    return next((at for at in words if borders.text[borders.starts[at] - 1].isspace()), limit)


def _borders(text: str, starts: list[int]) -> _Borders:
    paragraphs, whole = _paragraphs(text)
    sentences = [start for start, _ in sentence_spans(text)]
    lines = [match.end() for match in re.finditer(r"\n", text)]
    order = np.array(starts)
    kinds = tuple(_tokens(places, order) for places in (paragraphs, sentences, lines))
    blocks = [(bisect_left(starts, start), bisect_left(starts, end)) for start, end in whole]
    return _Borders(text, starts, kinds, sorted(blocks))


def _tokens(places: list[int], starts: NDArray[np.int64]) -> list[int]:
    """Return the numbers of the tokens that begin at ``places``, or are the first after them."""
    numbers = np.unique(np.searchsorted(starts, places))
    return [int(n) for n in numbers if 0 < n < len(starts)]


def _paragraphs(text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Return where paragraphs begin, and from where to where code and tables go.

    An empty line in code is no border.
    """
    begins = [0]
    whole: list[tuple[int, int]] = []
    fence: int | None = None
    for match in _BLOCK.finditer(text):
        mark = "\n" not in match[0]
        if mark and match.start() > 0 and text[match.start() - 1] != "\n":
            continue
        if mark and fence is None:
            fence = match.start()
        elif mark and fence is not None:
            whole.append((fence, match.end()))
            fence = None
        elif fence is None:
            begins.append(match.end())
    for start, end in zip(begins, [*begins[1:], len(text)], strict=True):
        if " | " in text[start:end] and text.count("\n", start, end) > 1:
            whole.append((start, end))
    return begins, whole
