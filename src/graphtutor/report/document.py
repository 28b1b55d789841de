"""A report as neutral blocks, so that Markdown and HTML say the same from one source.

Text in blocks is plain: each renderer escapes it for its format.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Block", "Code", "Document", "Figure", "Heading", "Paragraph", "Table", "Transcript"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A section heading; level 2 or 3."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. ``aside`` marks notes and caveats."""

    text: str
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. The first column is text, the others are set right as numbers.

    ``faint`` holds (row, column) of cells with too few tasks to be quoted.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    faint: frozenset[tuple[int, int]] = frozenset()
    text_columns: frozenset[int] = frozenset({0})


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot in ``plots/``: ``name`` without its ending; ``caption`` serves as alternative text."""

    name: str
    caption: str


@dataclass(frozen=True, slots=True)
class Code:
    """Verbatim text: a configuration, commands."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """One sample episode: question, options, completion, and a verdict for each hop."""

    title: str
    right: bool
    question: str
    completion: str
    facts: tuple[str, ...]
    hops: tuple[tuple[str, str], ...] = field(default=())


Block = Heading | Paragraph | Table | Figure | Code | Transcript


@dataclass(frozen=True, slots=True)
class Document:
    """A titled sequence of blocks."""

    title: str
    blocks: tuple[Block, ...]
