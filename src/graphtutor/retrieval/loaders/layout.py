r"""Blocks of a document, in reading order, put together to text, sections and pages.

>>> layout = lay_out([Block("A", level=1), Block("One."), Block("B", level=2), Block("Two.")])
>>> layout.text
'A\n\nOne.\n\nB\n\nTwo.\n'
>>> [(section.path, section.start, section.end) for section in layout.sections]
[(('A',), 0, 9), (('A', 'B'), 9, 17)]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphtutor.retrieval.document import Section

__all__ = ["LONGEST_HEADING", "Block", "Layout", "lay_out"]

LONGEST_HEADING = 300
"""Characters; what is longer stands in the text but names no section."""


@dataclass(frozen=True, slots=True)
class Block:
    """A heading of ``level`` 1 and up, or (0) a paragraph, list, table or piece of code.

    ``pages`` says where in the block a page begins: (offset, page counted from 1).
    """

    text: str
    level: int = 0
    pages: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """What a loader has read; the fields mean what those of a Document mean."""

    text: str
    sections: tuple[Section, ...]
    pages: tuple[int, ...] = ()
    title: str = ""
    date: str = ""
    notes: tuple[str, ...] = ()


def lay_out(
    blocks: Iterable[Block],
    pages: int = 0,
    title: str = "",
    date: str = "",
    notes: tuple[str, ...] = (),
) -> Layout:
    """Join ``blocks`` with empty lines; ``pages`` is how many pages there are.

    A page without text begins where the next one does. A section begins at its heading.
    """
    parts: list[str] = []
    starts: dict[int, int] = {}
    headings: list[tuple[int, tuple[str, ...]]] = []
    path: list[tuple[int, str]] = []
    length = 0
    for block in blocks:
        if not block.text.strip():
            continue
        for offset, page in block.pages:
            starts.setdefault(page, length + offset)
        name = " ".join(block.text.split())
        if block.level and len(name) <= LONGEST_HEADING:
            path = [*((level, text) for level, text in path if level < block.level)]
            path.append((block.level, name))
            headings.append((length, tuple(text for _, text in path)))
        parts += [block.text, "\n\n"]
        length += len(block.text) + 2
    text = "".join(parts)[:-1]
    return Layout(
        text, _tile(headings, len(text)), _begin(starts, pages, len(text)), title, date, notes
    )


def _tile(headings: list[tuple[int, tuple[str, ...]]], length: int) -> tuple[Section, ...]:
    if not length:
        return ()
    if not headings or headings[0][0] > 0:
        headings = [(0, ()), *headings]
    ends = [start for start, _ in headings[1:]] + [length]
    return tuple(
        Section(path, start, end) for (start, path), end in zip(headings, ends, strict=True)
    )


def _begin(starts: dict[int, int], pages: int, length: int) -> tuple[int, ...]:
    begins: list[int] = []
    begin = length
    for page in range(pages, 0, -1):
        begin = min(begin, starts.get(page, begin))
        begins.append(begin)
    if begins:
        begins[-1] = 0
    return tuple(reversed(begins))
