"""The glyphs of a PDF page as pieces of text with place and style, read with pdfium.

Coordinates are points, y runs down, both turned so that the text of the piece runs to the right:
a table set sideways reads like any other. ``turn`` is by how many quarters it was turned.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["MOST_GLYPHS", "Glyph", "Piece", "Style", "page_pieces"]

MOST_GLYPHS = 400_000
"""A page with more is no page of text; it is not read."""

_BOLD = re.compile(r"bold|black|heavy|semibold|demi|cmbx|sfbx|cmssbx|-bd", re.IGNORECASE)
_BOLD_WEIGHT = 700


@dataclass(frozen=True, slots=True)
class Style:
    """How text is set: the size in points, rounded to halves, and whether it is bold."""

    size: float
    bold: bool
    font: str


class Glyph(NamedTuple):
    """The text of one glyph (several letters for a ligature) and where it stands."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Glyphs on one baseline in one style; ``order`` counts pieces as the file draws them."""

    glyphs: tuple[Glyph, ...]
    baseline: float
    style: Style
    turn: int
    order: int

    @property
    def left(self) -> float:
        """The left end of what can be seen, in points."""
        return min(glyph.left for glyph in self.glyphs if not glyph.text.isspace())

    @property
    def right(self) -> float:
        """The right end of what can be seen, in points."""
        return max(glyph.right for glyph in self.glyphs if not glyph.text.isspace())


class _Look(NamedTuple):
    style: Style
    turn: int


class _Mark(NamedTuple):
    """One character as pdfium reports it, turned upright."""

    text: str
    left: float
    right: float
    baseline: float
    look: _Look


def page_pieces(textpage: Any) -> list[Piece]:
    """Return the pieces of a pypdfium2 text page, as the file draws them."""
    pieces: list[Piece] = []
    run: list[_Mark] = []
    for mark in _marks(textpage):
        if mark is None or (run and not _follows(run[-1], mark)):
            _close(run, pieces)
            run = []
        if mark is not None:
            run.append(mark)
    _close(run, pieces)
    return _without_echoes(pieces)


def _without_echoes(pieces: list[Piece]) -> list[Piece]:
    """Leave out right-to-left text that stands in the box of a left-to-right glyph.

    A wrong table of letters in the file gives one glyph letters of both; the font is right.
    """
    boxes = {
        (glyph.left, glyph.right, piece.baseline)
        for piece in pieces
        for glyph in piece.glyphs
        if not _right_to_left(glyph.text)
    }
    return [piece for piece in pieces if not _is_echo(piece, boxes)]


def _is_echo(piece: Piece, boxes: set[tuple[float, float, float]]) -> bool:
    return all(
        _right_to_left(glyph.text) and (glyph.left, glyph.right, piece.baseline) in boxes
        for glyph in piece.glyphs
    )


def _follows(last: _Mark, mark: _Mark) -> bool:
    size = mark.look.style.size
    if mark.look != last.look or abs(mark.baseline - last.baseline) > 0.1 * size:
        return False
    if (mark.left, mark.right) == (last.left, last.right):
        return True  # one more letter of the same ligature
    # Text that runs from right to left comes in either order.
    if _right_to_left(mark.text) or _right_to_left(last.text):
        return True
    return -0.6 * size < mark.left - last.right < 1.2 * size


def _right_to_left(text: str) -> bool:
    return any("\u0590" <= char <= "\u08ff" or "\ufb1d" <= char <= "\ufefc" for char in text)


def _close(run: list[_Mark], pieces: list[Piece]) -> None:
    if not any(mark.text.strip() for mark in run):
        return
    glyphs: list[Glyph] = []
    for mark in run:
        glyph = Glyph(mark.text, mark.left, mark.right)
        # All letters of one glyph have its box; pdfium gives those of Arabic back to front.
        if glyphs and mark.right > mark.left and glyphs[-1][1:] == glyph[1:]:
            letters = (glyphs[-1].text, mark.text)
            joined = letters[::-1] if _right_to_left("".join(letters)) else letters
            glyphs[-1] = Glyph("".join(joined), mark.left, mark.right)
        else:
            glyphs.append(glyph)
    look = run[0].look
    pieces.append(Piece(tuple(glyphs), run[0].baseline, look.style, look.turn, len(pieces)))


def _marks(textpage: Any) -> Iterator[_Mark | None]:
    """Yield the characters of a page; None where pdfium sees the end of a line."""
    import pypdfium2.raw as raw

    pdfium: Any = raw
    handle = textpage.raw
    looks: dict[int, _Look] = {}
    box: tuple[Any, ...] = tuple(ctypes.c_double() for _ in range(4))
    left, right, bottom, top = box
    x, y = ctypes.c_double(), ctypes.c_double()
    look: _Look | None = None
    for index in range(textpage.count_chars()):
        code = int(pdfium.FPDFText_GetUnicode(handle, index))
        generated = pdfium.FPDFText_IsGenerated(handle, index) == 1
        if code in (10, 13):
            yield None
            continue
        if pdfium.FPDFText_HasUnicodeMapError(handle, index) == 1 or code == 0:
            continue
        if not generated:
            look = _look(handle, index, looks)
        if look is None:
            continue
        pdfium.FPDFText_GetCharBox(handle, index, left, right, bottom, top)
        pdfium.FPDFText_GetCharOrigin(handle, index, x, y)
        upright = _TURNS[look.turn]
        ends = (upright(left.value, bottom.value)[0], upright(right.value, top.value)[0])
        baseline = upright(x.value, y.value)[1]
        text = "-" if code == 2 else chr(code) if code < 0x110000 else ""
        if all(map(math.isfinite, (*ends, baseline))):
            yield _Mark(text, min(ends), max(ends), baseline, look)


def _ahead(x: float, y: float) -> tuple[float, float]:
    return x, -y


def _up(x: float, y: float) -> tuple[float, float]:
    return y, x


def _back(x: float, y: float) -> tuple[float, float]:
    return -x, y


def _down(x: float, y: float) -> tuple[float, float]:
    return -y, -x


# From the page's points (y up) to upright ones (y down), by quarters turned.
_TURNS = (_ahead, _up, _back, _down)


def _look(handle: Any, index: int, looks: dict[int, _Look]) -> _Look:
    """Return style and turn of a character, read once for each text object."""
    import pypdfium2.raw as raw

    pdfium: Any = raw
    owner = ctypes.cast(pdfium.FPDFText_GetTextObject(handle, index), ctypes.c_void_p).value or 0
    if owner not in looks:
        matrix = pdfium.FS_MATRIX(1, 0, 0, 1, 0, 0)
        pdfium.FPDFText_GetMatrix(handle, index, matrix)
        # A font may be set at size 1 and scaled by the matrix.
        size = float(pdfium.FPDFText_GetFontSize(handle, index)) * math.hypot(matrix.c, matrix.d)
        angle = math.atan2(matrix.b, matrix.a)
        turn = round(angle / (math.pi / 2)) % 4 if math.isfinite(angle) else 0
        name = _font_name(handle, index)
        weight = int(pdfium.FPDFText_GetFontWeight(handle, index))
        bold = bool(_BOLD.search(name)) or (weight >= _BOLD_WEIGHT and "ital" not in name.lower())
        size = min(max(round(size * 2) / 2, 0.5), 500.0) if math.isfinite(size) else 10.0
        looks[owner] = _Look(Style(size, bold, name), turn)
    return looks[owner]


def _font_name(handle: Any, index: int) -> str:
    import pypdfium2.raw as raw

    pdfium: Any = raw
    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    length = int(pdfium.FPDFText_GetFontInfo(handle, index, buffer, len(buffer), flags))
    name = buffer.raw[: max(min(length, len(buffer)) - 1, 0)].decode("utf-8", "replace")
    return name.split("+", 1)[-1]
