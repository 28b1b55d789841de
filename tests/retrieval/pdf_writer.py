"""A writer of small PDFs: text at a place in a size, as tests need it, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

LETTER = 0.6
"""The width of a letter of Courier, in sizes of the font."""

WIDTH, HEIGHT = 595, 842


class Text(NamedTuple):
    """A line of text; ``x`` and ``y`` in points from the upper left corner, y of its baseline."""

    x: float
    y: float
    text: str
    size: float = 10
    bold: bool = False
    sideways: bool = False


class Entry(NamedTuple):
    """A line of the outline, all of one level; ``page`` from 0."""

    title: str
    page: int


def pdf_of(
    pages: Sequence[Sequence[Text]],
    outline: Sequence[Entry] = (),
    title: str = "",
    images: Sequence[int] = (),
) -> bytes:
    """Return a PDF; ``images`` are the numbers, from 0, of pages that show an image too."""
    count = len(pages)
    objects: list[bytes] = [b""] * (6 + 2 * count)
    kids = " ".join(f"{7 + 2 * at} 0 R" for at in range(count))
    first = 7 + 2 * count
    outlines = f"/Outlines {first} 0 R" if outline else ""
    objects[0] = f"<< /Type /Catalog /Pages 2 0 R {outlines} >>".encode()
    objects[1] = f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode()
    for at, name in ((2, "Courier"), (3, "Courier-Bold")):
        objects[at] = (
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
        ).encode()
    objects[4] = f"<< /Title ({title}) /CreationDate (D:20260203120000Z) >>".encode()
    objects[5] = _stream(
        b"\xff",
        "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray "
        "/BitsPerComponent 8",
    )
    for at, page in enumerate(pages):
        objects[6 + 2 * at] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {8 + 2 * at} "
            "0 R /Resources << /Font << /F0 3 0 R /F1 4 0 R >> /XObject << /I 6 0 R >> >> >>"
        ).encode()
        shown = ["q 300 0 0 300 100 300 cm /I Do Q"] if at in images else []
        content = "\n".join([*shown, *map(_shown, page)])
        objects[7 + 2 * at] = _stream(content.encode("cp1252"))
    objects += _outline(outline, first)
    return _file(objects)


def _shown(text: Text) -> str:
    escaped = text.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    turn = "0 1 -1 0" if text.sideways else "1 0 0 1"
    place = f"{turn} {text.x} {HEIGHT - text.y} Tm"
    return f"BT /F{int(text.bold)} {text.size} Tf {place} ({escaped}) Tj ET"


def _stream(content: bytes, more: str = "") -> bytes:
    return f"<< {more} /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"


def _outline(outline: Sequence[Entry], first: int) -> list[bytes]:
    if not outline:
        return []
    last = first + len(outline)
    objects = [f"<< /First {first + 1} 0 R /Last {last} 0 R /Count {len(outline)} >>".encode()]
    for at, entry in enumerate(outline, start=first + 1):
        beside = (f"/Prev {at - 1} 0 R " if at > first + 1 else "") + (
            f"/Next {at + 1} 0 R" if at < last else ""
        )
        objects.append(
            f"<< /Title ({entry.title}) /Parent {first} 0 R {beside} "
            f"/Dest [{7 + 2 * entry.page} 0 R /Fit] >>".encode()
        )
    return objects


def _file(objects: Sequence[bytes]) -> bytes:
    data = b"%PDF-1.4\n"
    places: list[int] = []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"trailer\n<< /Size {size} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + f"xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode()
