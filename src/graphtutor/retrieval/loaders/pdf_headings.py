"""Which paragraphs of a PDF are headings, of which level: by its outline, else by how it is set."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from graphtutor.retrieval.loaders.pdf_glyphs import Style
from graphtutor.retrieval.loaders.pdf_paragraphs import Paragraph

__all__ = ["Entry", "heading_levels"]

_DEEPEST = 6
_LONGEST, _MOST_LINES = 200, 3
_NUMBERING = re.compile(r"^\s*((\d+|[ivxlc]+|[a-z])[.)]?([.\d]+[.)]?)*|§\s*\d+)\s+", re.IGNORECASE)
_WORD_NUMBER = re.compile(
    r"^\s*(chapter|appendix|part|section|kapitel|anhang|teil)\s+", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{3}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}")

Look = tuple[float, bool]
"""The size of a style and whether it is bold."""


class Entry(NamedTuple):
    """A line of the outline: ``level`` from 1, ``page`` from 1."""

    level: int
    title: str
    page: int


def heading_levels(paragraphs: Sequence[Paragraph], outline: Sequence[Entry]) -> list[int]:
    """Return the level of each paragraph, 0 for what is no heading.

    Headings that the outline names have its level; what is set like them has the same, though the
    outline leaves it out. Without an outline the larger, then the bolder, is the higher.
    """
    body = _body(paragraphs)
    levels = _from_outline(paragraphs, outline)
    known = _levels_of_looks(paragraphs, levels)
    by_size = [
        at for at, paragraph in enumerate(paragraphs) if _stands_out(paragraph, body, not known)
    ]
    names = [at for at in by_size if at not in levels]
    if known:
        for at in names:
            levels[at] = min(_level_beside(_look(paragraphs[at].style), known), _DEEPEST)
    else:
        names = _without_title_block(paragraphs, names)
        looks = sorted({_look(paragraphs[at].style) for at in names}, reverse=True)
        levels |= {at: min(1 + looks.index(_look(paragraphs[at].style)), _DEEPEST) for at in names}
    return [levels.get(at, 0) for at in range(len(paragraphs))]


def _body(paragraphs: Sequence[Paragraph]) -> Style:
    weights: Counter[Style] = Counter()
    for paragraph in paragraphs:
        for line in paragraph.lines:
            weights[line.style] += len(line.text)
    return weights.most_common(1)[0][0] if weights else Style(10.0, False, "")


def _look(style: Style) -> Look:
    return style.size, style.bold


def _normal(text: str) -> str:
    """Return the letters and digits of a heading without its number."""
    text = _NUMBERING.sub("", _WORD_NUMBER.sub("", text), count=1)
    return "".join(char for char in text.casefold() if char.isalnum())


def _from_outline(paragraphs: Sequence[Paragraph], outline: Sequence[Entry]) -> dict[int, int]:
    """Find each entry on its page, or the next one, as a short paragraph; those below in order."""
    on_page: dict[int, list[int]] = defaultdict(list)
    for at, paragraph in enumerate(paragraphs):
        if len(paragraph.lines) <= _MOST_LINES and not paragraph.table:
            on_page[paragraph.lines[0].page].append(at)
    texts = {at: _normal(_text(paragraphs[at])) for page in on_page.values() for at in page}
    levels: dict[int, int] = {}
    for entry in outline:
        name = _normal(entry.title)
        near = [at for page in (entry.page, entry.page + 1) for at in on_page[page]]
        free = [at for at in near if at not in levels and name and texts[at] == name]
        if free:
            # The same words may stand in the text above: the heading is what is set largest.
            best = max(free, key=lambda at: (_look(paragraphs[at].style), -at))
            levels[best] = min(max(entry.level, 1), _DEEPEST)
    return levels


def _text(paragraph: Paragraph) -> str:
    return " ".join(line.text for line in paragraph.lines)


def _levels_of_looks(paragraphs: Sequence[Paragraph], levels: dict[int, int]) -> dict[Look, int]:
    votes: dict[Look, Counter[int]] = defaultdict(Counter)
    for at, level in levels.items():
        votes[_look(paragraphs[at].style)][level] += 1
    return {look: count.most_common(1)[0][0] for look, count in votes.items()}


def _level_beside(look: Look, known: dict[Look, int]) -> int:
    """Return the level of a look: the outline's, or one below the next larger."""
    if look in known:
        return known[look]
    return max((level for other, level in known.items() if other > look), default=0) + 1


def _stands_out(paragraph: Paragraph, body: Style, bold_counts: bool) -> bool:
    text = _text(paragraph)
    if paragraph.table or len(paragraph.lines) > _MOST_LINES or len(text) > _LONGEST:
        return False
    if not _WORD.search(text) or len(paragraph.lines[0].cells) > 1:
        return False
    if paragraph.style.size >= max(1.08 * body.size, body.size + 0.9):
        return text[-1] not in ",;" and sum(char.isalpha() for char in text) >= 0.4 * len(text)
    bold = all(line.style.bold for line in paragraph.lines) and not body.bold
    return (
        bold_counts
        and bold
        and paragraph.style.size >= 0.95 * body.size
        and text[-1] not in ".,;:!"
        and text[:1].isalnum()
    )


def _without_title_block(paragraphs: Sequence[Paragraph], names: list[int]) -> list[int]:
    """Leave out authors, date and the like: larger than text, but heading none.

    They stand on the first page, right below what is set larger, in a look that heads nothing
    elsewhere, and are not bold.
    """
    first = [at for at in names if paragraphs[at].lines[0].page == paragraphs[0].lines[0].page]
    block: list[int] = []
    for before, at in pairwise(first):
        look = _look(paragraphs[at].style)
        if at != before + 1 or look >= _look(paragraphs[first[0]].style) or look[1]:
            break
        block.append(at)
    elsewhere = {_look(paragraphs[at].style) for at in names if at not in block}
    return [at for at in names if at not in block or _look(paragraphs[at].style) in elsewhere]
