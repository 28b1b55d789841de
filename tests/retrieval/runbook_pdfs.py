"""Makes the PDFs among the runbooks of the corpus from the texts in ``runbook_sources``.

``python -m tests.retrieval.runbook_pdfs`` writes them anew. The same source gives the same bytes.

A source is paragraphs between empty lines. ``# `` begins the title, ``## `` a heading; ``date:``,
``columns:`` and ``head:`` (a running head above a page number on small pages) say how it is set.
``\\-`` marks where a word may be parted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

SOURCES = Path(__file__).parent / "runbook_sources"
RUNBOOKS = Path(__file__).parents[2] / "src/graphtutor/retrieval/corpus/runbooks"

WIDE, A5 = (595, 600), (420, 595)
_MARGIN, _GUTTER, _LEADING = 50, 24, 1.25
# Advance widths of Helvetica and of Helvetica-Bold from space to tilde, in thousandths of the size.
_PLAIN = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 "
    "556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 "
    "722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 "
    "556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 "
    "260 334 584"
)
_BOLD = (
    "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 "
    "556 556 556 333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 "
    "722 778 667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 333 556 611 556 611 "
    "556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389 "
    "280 389 584"
)
_WIDTHS = tuple([int(width) for width in widths.split()] for widths in (_PLAIN, _BOLD))


class Line(NamedTuple):
    """A line of text; ``x`` and ``y`` of its baseline in points from the lower left corner."""

    x: float
    y: float
    size: float
    bold: bool
    text: str


@dataclass(frozen=True)
class Source:
    """A document to be set: ``parts`` are (mark, text) with the mark "#", "##" or ""."""

    title: str
    date: str
    columns: int
    head: str
    parts: tuple[tuple[str, str], ...]


def read_source(text: str) -> Source:
    """Parse a source as the module describes it."""
    settings: dict[str, str] = {}
    parts: list[tuple[str, str]] = []
    for block in text.strip().split("\n\n"):
        mark, _, rest = block.partition(" ")
        if mark in ("#", "##"):
            parts.append((mark, rest.strip()))
        elif mark in ("date:", "columns:", "head:"):
            settings |= dict(line.split(": ", 1) for line in block.split("\n"))
        else:
            parts.append(("", " ".join(block.split())))
    columns = int(settings.get("columns", "1"))
    return Source(parts[0][1], settings["date"], columns, settings.get("head", ""), tuple(parts))


def pdf_of(source: Source) -> bytes:
    """Set ``source`` in Helvetica and return the file."""
    pages = _pages(source)
    count = len(pages)
    kids = " ".join(f"{6 + 2 * at} 0 R" for at in range(count))
    title = _escaped(source.title)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        _font("Helvetica"),
        _font("Helvetica-Bold"),
        f"<< /Title ({title}) /CreationDate (D:{source.date.replace('-', '')}) >>".encode(),
    ]
    width, height = _size(source)
    for at, lines in enumerate(pages):
        content = "\n".join(map(_shown, lines)).encode("cp1252")
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents {7 + 2 * at} "
            "0 R /Resources << /Font << /F0 3 0 R /F1 4 0 R >> >> >>".encode(),
            f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream",
        ]
    return _file(objects)


def _size(source: Source) -> tuple[int, int]:
    return WIDE if source.columns > 1 else A5


def _pages(source: Source) -> list[list[Line]]:
    """Break lines, columns and pages; the title goes over all columns of the first page."""
    width, height = _size(source)
    column = (width - 2 * _MARGIN - (source.columns - 1) * _GUTTER) / source.columns
    pages: list[list[Line]] = []
    top = y = 0.0
    at = source.columns
    for mark, text in source.parts:
        size, bold, above = {"#": (18, True, 0), "##": (13, True, 8), "": (10, False, 0)}[mark]
        broken = [*_broken(text, size, bold, width - 2 * _MARGIN if mark == "#" else column)]
        # A heading stays with its text, the first line of a paragraph with the second.
        room = 40 + size * _LEADING if mark else 10 * _LEADING * (len(broken) > 1)
        for number, line in enumerate(broken):
            y -= size * _LEADING + (above if number == 0 else 0)
            if y < _MARGIN + 20 + (room if number == 0 else 0):
                at += 1
                if at >= source.columns:
                    at = 0
                    pages.append(_furniture(source, len(pages) + 1))
                    top = height - _MARGIN - (20 if source.head else 0)
                y = top - size
            pages[-1].append(Line(_MARGIN + at * (column + _GUTTER), y, size, bold, line))
        y -= 6
        if mark == "#":
            top = y
    return pages


def _furniture(source: Source, number: int) -> list[Line]:
    width, height = _size(source)
    foot = Line(width / 2 - 3, 30, 8, False, str(number))
    return [Line(_MARGIN, height - 36, 8, False, source.head), foot] if source.head else [foot]


def _broken(text: str, size: float, bold: bool, width: float) -> Iterator[str]:
    """Yield the lines of a paragraph, each as full as can be."""
    line = ""
    for word in text.split():
        rest = word
        while rest:
            whole = f"{line} {rest}".strip()
            if _width(whole.replace(r"\-", ""), size, bold) <= width:
                line, rest = whole, ""
                continue
            places = [at for at in range(len(rest)) if rest.startswith(r"\-", at)]
            heads = [f"{line} {rest[:at]}-".replace(r"\-", "").strip() for at in places]
            fits = [
                at
                for at, head in zip(places, heads, strict=True)
                if _width(head, size, bold) <= width
            ]
            if fits:
                yield heads[places.index(fits[-1])]
                line, rest = "", rest[fits[-1] + 2 :]
            else:
                yield line.replace(r"\-", "")
                line = ""
    yield line.replace(r"\-", "")


def _width(text: str, size: float, bold: bool) -> float:
    return sum(_WIDTHS[bold][ord(letter) - 32] for letter in text) * size / 1000


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _shown(line: Line) -> str:
    place = f"{line.x:.2f} {line.y:.2f}"
    return f"BT /F{int(line.bold)} {line.size} Tf {place} Td ({_escaped(line.text)}) Tj ET"


def _font(name: str) -> bytes:
    kind = "/Type /Font /Subtype /Type1"
    return f"<< {kind} /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()


def _file(objects: list[bytes]) -> bytes:
    data = b"%PDF-1.4\n"
    places: list[int] = []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"trailer\n<< /Size {size} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + f"xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode()


def main() -> None:
    """Write all of them."""
    for path in sorted(SOURCES.glob("*.txt")):
        source = read_source(path.read_text(encoding="utf-8"))
        (RUNBOOKS / f"{path.stem}.pdf").write_bytes(pdf_of(source))


if __name__ == "__main__":
    main()
