"""Rows of a PDF page put together to paragraphs and tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from graphtutor.retrieval.loaders.pdf_columns import Row
from graphtutor.retrieval.loaders.pdf_glyphs import Style

__all__ = ["Line", "Paragraph", "join_across", "lines_of", "paragraphs"]

_ITEM = re.compile(
    r"(([•▪◦●■‣·∙*\u2013-]|\(?(\d{1,3}|[ivxlc]{1,5}|[a-zA-Z])[.)])\s+|[¹²³⁴-⁹]+\s?)\S"
)
# A line of a table of contents ends with dots and a number.
_LEADERS = re.compile(r"(?:\s?[.·…_]){4,}\s*\w+$")
_PARTED = re.compile(r"\w[-\u2010]$")
# A row's distance from the one above, in sizes of the font; cells have room around them.
_ROW = 3.5
_END = re.compile(r"[.!?:;。\uff01\uff1f؟…][\"'”\u2019»)\]]*$")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of one column; ``cells`` has more than one text where gaps part it."""

    cells: tuple[str, ...]
    style: Style
    left: float
    right: float
    baseline: float
    page: int

    @property
    def text(self) -> str:
        """The cells in one line of prose."""
        return " ".join(self.cells)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together; ``table`` if each of them is a row."""

    lines: tuple[Line, ...]
    table: bool = False

    @property
    def style(self) -> Style:
        """The style of most of its letters."""
        weights: Counter[Style] = Counter()
        for line in self.lines:
            weights[line.style] += len(line.text)
        return weights.most_common(1)[0][0]


def lines_of(rows: Sequence[Row], page: int) -> list[Line]:
    """Return the rows of a column as lines."""
    return [_line(row, page) for row in rows]


def _line(row: Row, page: int) -> Line:
    weights: Counter[Style] = Counter()
    for segment in row.segments:
        weights[segment.style] += len(segment.text)
    return Line(
        cells=tuple(segment.text for segment in row.segments),
        style=weights.most_common(1)[0][0],
        left=row.segments[0].left,
        right=max(segment.right for segment in row.segments),
        baseline=row.segments[0].baseline,
        page=page,
    )


def paragraphs(columns: Sequence[Sequence[Line]]) -> list[list[Paragraph]]:
    """Group the lines of each column."""
    sizes: Counter[float] = Counter()
    for lines in columns:
        for line in lines:
            sizes[line.style.size] += len(line.text)
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    leading = _leading(columns)
    return [_column(lines, leading, body) for lines in columns]


def _leading(columns: Sequence[Sequence[Line]]) -> float:
    """Return the usual distance of baselines, in sizes of the font."""
    steps = [
        (b.baseline - a.baseline) / b.style.size
        for lines in columns
        for a, b in pairwise(lines)
        if a.style.size == b.style.size
    ]
    return median([step for step in steps if 0.8 < step < 2.5] or [1.2])


def _column(lines: Sequence[Line], leading: float, body: float) -> list[Paragraph]:
    result: list[Paragraph] = []
    rest: list[Line] = []
    at = 0
    while at < len(lines):
        end = _table_end(lines, at)
        if end == at:
            rest.append(lines[at])
            at += 1
            continue
        result += _paragraphs(rest, leading, body)
        result.append(Paragraph(tuple(lines[at:end]), table=True))
        rest, at = [], end
    return result + _paragraphs(rest, leading, body)


def _paragraphs(lines: list[Line], leading: float, body: float) -> list[Paragraph]:
    groups = _tight(lines, leading)
    return [paragraph for group in groups for paragraph in _prose(group, body)]


def _table_end(lines: Sequence[Line], start: int) -> int:
    """Return where the table that begins at ``start`` ends; ``start`` where none does.

    A table is two rows of cells and more; a row of one cell may stand between two of several.
    """
    end = start
    rows = 0
    for at in range(start, len(lines)):
        line = lines[at]
        if at > start and line.baseline - lines[at - 1].baseline > _ROW * line.style.size:
            break
        if len(line.cells) > 1:
            rows, end = rows + 1, at + 1
        elif at == start or end < at:
            break
    return end if rows >= 2 else start


def _tight(lines: Sequence[Line], leading: float) -> Iterator[list[Line]]:
    """Part where the distance is wider than usual, or the size changes."""
    group: list[Line] = []
    for line in lines:
        if group:
            last = group[-1]
            wide = line.baseline - last.baseline > 1.3 * leading * max(
                line.style.size, last.style.size
            )
            resized = not 0.9 < line.style.size / last.style.size < 1.12
            if wide or resized:
                yield group
                group = []
        group.append(line)
    if group:
        yield group


def _prose(group: list[Line], body: float) -> list[Paragraph]:
    right = max(line.right for line in group)
    # What is set larger than the text is a heading: its lines belong together.
    large = all(line.style.size >= 1.08 * body for line in group)
    parts: list[list[Line]] = []
    for line in group:
        if not parts or (not large and _begins(parts[-1], line, right)):
            parts.append([])
        parts[-1].append(line)
    return [Paragraph(tuple(part)) for part in parts]


def _begins(part: list[Line], line: Line, right: float) -> bool:
    """Tell whether ``line`` begins a paragraph after ``part``; ``right`` is where lines end."""
    last, size = part[-1], line.style.size
    if _PARTED.search(last.text) and line.text[:1].isalnum():
        return False
    if _ITEM.match(line.text):
        return True
    ended = bool(_END.search(last.text))
    if line.style.bold != last.style.bold and (ended or last.right < right - 2 * size):
        return True
    if _LEADERS.search(last.text):
        return True
    indent = line.left - last.left
    if indent > 0.8 * size and not (len(part) == 1 and _ITEM.match(last.text)):
        return not _centred(last, line)
    if indent < -0.8 * size and len(part) > 1:
        return not _centred(last, line)
    # A line that had room for the next word was ended on purpose.
    word = line.text.split(" ", 1)[0]
    width = (line.right - line.left) * len(word) / max(len(line.text), 1)
    slack = 0.5 if ended else 2.0
    return right - last.right > width + slack * size and not _centred(last, line)


def _centred(last: Line, line: Line) -> bool:
    """Tell whether two lines have the same middle and style but not the same ends."""
    middles = (last.left + last.right) / 2 - (line.left + line.right) / 2
    apart = abs(last.left - line.left) > 0.3 * line.style.size
    return apart and abs(middles) < 0.5 * line.style.size and last.style == line.style


def join_across(columns: Sequence[Sequence[Paragraph]]) -> list[Paragraph]:
    """Put the columns of all pages one after the other, and together what a break cut through."""
    result: list[Paragraph] = []
    for column in columns:
        begin = 0
        if result and column and _goes_on(result[-1], column[0]):
            result[-1] = Paragraph(result[-1].lines + column[0].lines)
            begin = 1
        result += column[begin:]
    return result


def _goes_on(first: Paragraph, second: Paragraph) -> bool:
    if first.table or second.table or first.style.size != second.style.size:
        return False
    last, line = first.lines[-1], second.lines[0]
    if last.style.bold != line.style.bold or _ITEM.match(line.text) or _END.search(last.text):
        return False
    filled = last.right >= max(part.right for part in first.lines) - last.style.size
    return (filled and len(first.lines) > 1) or line.text[:1].islower() or last.text.endswith("-")
