r"""Renders a report as GitHub-flavoured Markdown; plots are linked from ``plots/`` as PNG.

>>> markdown_of(Document("Run a_b", (Paragraph("3 < 4 | 5"),)))
'# Run a\\_b\n\n3 \\< 4 \\| 5\n'
"""

from __future__ import annotations

import re

from graphtutor.report.document import (
    Block,
    Code,
    Document,
    Figure,
    Heading,
    Paragraph,
    Table,
    Transcript,
)

__all__ = ["markdown_of"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#&~])")


def markdown_of(document: Document) -> str:
    """Return the whole report as Markdown text."""
    parts = [f"# {_escape(document.title)}", *(_block(block) for block in document.blocks)]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_escape(text)}"
        case Paragraph(text, aside):
            return f"_{_escape(text)}_" if aside else _escape(text)
        case Table():
            return _table(block)
        case Figure(name, caption):
            return f"![{_escape(caption)}](plots/{name}.png)"
        case Code(text, language):
            return _fenced(text, language)
        case Transcript():
            return _transcript(block)


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _table(table: Table) -> str:
    rules = ["---" if c in table.text_columns else "---:" for c in range(len(table.header))]
    lines = [_line([_escape(name) for name in table.header]), _line(rules)]
    for number, row in enumerate(table.rows):
        cells = [_escape(cell) for cell in row]
        # Faint cells are set in italics: Markdown has nothing fainter.
        lines.append(
            _line([f"_{c}_" if (number, i) in table.faint else c for i, c in enumerate(cells)])
        )
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fenced(text: str, language: str = "") -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _transcript(sample: Transcript) -> str:
    parts = [
        f"**{_escape(sample.title)}: {'right' if sample.right else 'wrong'}**",
        _fenced(sample.question, "text"),
        _fenced(sample.completion or "(nothing)", "text"),
        "\n".join(f"- {_escape(fact)}" for fact in sample.facts),
    ]
    if sample.hops:
        steps = [
            f"{number}. {_escape(claim)}: **{_escape(verdict)}**"
            for number, (claim, verdict) in enumerate(sample.hops, start=1)
        ]
        parts.append("\n".join(steps))
    return "\n\n".join(parts)
