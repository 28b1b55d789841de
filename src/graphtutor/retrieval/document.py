r"""A document as text with its sections and pages, whatever file it came from.

>>> note = Document(id="a.md", title="A", kind="markdown", sha256="", text="One.\n\nTwo.",
...                 sections=(Section(("Start",), 0, 6), Section(("End",), 6, 10)), pages=())
>>> note.section_at(7), note.page_at(7)
(('End',), None)
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

__all__ = ["Document", "Kind", "Section"]

Kind = Literal["text", "markdown", "html", "pdf", "latex", "graph"]


@dataclass(frozen=True, slots=True)
class Section:
    """Characters ``start`` to ``end`` (excluded) stand under the headings ``path``."""

    path: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One document.

    ``id`` is what a citation names and a user can find again: the path as it was given, or an
    ``arxiv:`` id. ``sha256`` is of the file's bytes. ``text`` is its prose in reading order;
    paragraphs are parted by an empty line, headings stand in the text as lines of their own.
    ``sections`` tile the text in order, the first with an empty path where text comes before any
    heading. ``pages[i]`` is where page i + 1 begins; empty for what has no pages. ``date`` is ISO
    (2026-11-21), or empty. ``notes`` says what could not be read of it.
    """

    id: str
    title: str
    kind: Kind
    sha256: str
    text: str
    sections: tuple[Section, ...]
    pages: tuple[int, ...]
    date: str = ""
    notes: tuple[str, ...] = ()

    def section_at(self, offset: int) -> tuple[str, ...]:
        """Return the headings above the character at ``offset``."""
        place = bisect_right([section.start for section in self.sections], offset) - 1
        return self.sections[place].path if place >= 0 else ()

    def page_at(self, offset: int) -> int | None:
        """Return the page, counted from 1, of the character at ``offset``."""
        return bisect_right(self.pages, offset) or None
