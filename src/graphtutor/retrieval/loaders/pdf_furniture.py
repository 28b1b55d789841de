"""Running heads and page numbers, which are no part of the text of a page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from graphtutor.retrieval.loaders.pdf_lines import Segment

__all__ = ["without_furniture"]

_NUMBER = re.compile(
    r"[-\u2013—\[(|\s]*(?:page|seite|p\.|s\.)?\s*(\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of|von|de)\s*\d{1,4})?"
    r"[-\u2013—\])|\s]*",
    re.IGNORECASE,
)
_ENDS = re.compile(r"^(\d{1,4})\b|\b(\d{1,4})$")
# Head and foot may have as many rows each.
_DEEPEST = 3
_NEAR = 3.0


def without_furniture(pages: Sequence[Sequence[Segment]]) -> list[list[Segment]]:
    """Return the pages without the rows at their edges that count or name the pages.

    A row at an edge is such if there is a gap to the text and it is the page's number, holds a
    number that grows by one from page to page, or says the same as others in its place; without a
    gap if it says the same on half of the pages.
    """
    kept = [list(page) for page in pages]
    for _ in range(_DEEPEST):
        for top in (True, False):
            rows = [_edge(page, top) for page in kept]
            for number in _furniture(rows, kept):
                gone = set(map(id, rows[number]))
                kept[number] = [s for s in kept[number] if id(s) not in gone]
    return kept


def _edge(page: Sequence[Segment], top: bool) -> list[Segment]:
    """Return the first or the last row of a page."""
    if not page:
        return []
    edge = (min if top else max)(page, key=lambda s: s.baseline)
    return sorted(
        (s for s in page if abs(s.baseline - edge.baseline) < 0.3 * edge.style.size),
        key=lambda s: s.left,
    )


def _furniture(rows: list[list[Segment]], pages: list[list[Segment]]) -> list[int]:
    """Return the numbers, from 0, of the pages whose row is furniture."""
    texts = [" ".join(s.text for s in row) for row in rows]
    same = Counter(_place(row, text) for row, text in zip(rows, texts, strict=True) if row)
    offsets = Counter(
        number - at for at, text in enumerate(texts) for number in _numbers(text) if number
    )
    enough = min(3, len(pages))
    found: list[int] = []
    for at, (row, text, page) in enumerate(zip(rows, texts, pages, strict=True)):
        if not row or row[0].style.size > 1.3 * _body(page):
            continue
        repeats = same[_place(row, text)]
        counts = any(offsets[number - at] >= 2 for number in _numbers(text))
        counts |= bool(_NUMBER.fullmatch(text)) and (at + 1 in _numbers(text) or text.isalpha())
        says_same = repeats >= max(2, enough)
        everywhere = repeats >= 3 and 2 * repeats >= len(pages)
        if everywhere or ((counts or says_same) and _apart(row, page)):
            found.append(at)
    return found


def _place(row: list[Segment], text: str) -> tuple[str, int]:
    return re.sub(r"\d+", "#", text), round(row[0].baseline / _NEAR)


def _numbers(text: str) -> list[int]:
    """Return the numbers at the ends of a row."""
    bare = _NUMBER.fullmatch(text)
    if bare and bare[1].isdigit():
        return [int(bare[1])]
    return [int(first or last) for first, last in _ENDS.findall(text)]


def _body(page: list[Segment]) -> float:
    sizes: Counter[float] = Counter()
    for segment in page:
        sizes[segment.style.size] += len(segment.text)
    return sizes.most_common(1)[0][0]


def _apart(row: list[Segment], page: list[Segment]) -> bool:
    """Tell whether the gap between the row and the text is wider than that between lines."""
    baselines = sorted({round(s.baseline, 1) for s in page})
    steps = [b - a for a, b in pairwise(baselines) if b - a > 3]
    others = [b for b in baselines if abs(b - row[0].baseline) > 0.3 * row[0].style.size]
    if not others:
        return True
    gap = min(abs(b - row[0].baseline) for b in others)
    return gap >= 1.4 * min(median(steps), 2 * _body(page))
