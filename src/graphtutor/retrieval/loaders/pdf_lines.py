"""Pieces of text on a page put together to segments: lines, or parts of one with a gap between."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphtutor.retrieval.loaders.clean import clean
from graphtutor.retrieval.loaders.pdf_glyphs import Glyph, Piece, Style

__all__ = ["Segment", "page_segments"]

# In widths of the font's size: what parts columns or cells, what parts words.
_GAP, _GAP_ELSEWHERE, _SPACE = 1.8, 0.6, 0.15
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text on one baseline; ``order`` is where its first piece was drawn."""

    text: str
    left: float
    right: float
    baseline: float
    style: Style
    order: int

    @property
    def top(self) -> float:
        """About where the capitals end, in points."""
        return self.baseline - 0.8 * self.style.size

    @property
    def bottom(self) -> float:
        """About where the letters end that go below the line."""
        return self.baseline + 0.2 * self.style.size


def page_segments(pieces: Sequence[Piece]) -> list[Segment]:
    """Join ``pieces``, all of one turn, to segments, from the top down and from the left."""
    ranked = sorted(pieces, key=lambda piece: (piece.baseline, piece.left))
    segments: list[Segment] = []
    for row in _rows(ranked):
        segments += [_segment(run) for run in _runs(row)]
    return [segment for segment in segments if segment.text]


def _rows(ranked: Sequence[Piece]) -> list[list[Piece]]:
    """Group by baseline; what is set small beside larger text belongs to that text's row."""
    host = _hosts(ranked)
    rows: list[list[Piece]] = []
    row_of: dict[int, int] = {}
    last: Piece | None = None
    for index, piece in enumerate(ranked):
        if index in host:
            continue
        if last is None or piece.baseline - last.baseline > 0.15 * piece.style.size:
            rows.append([])
        row_of[index] = len(rows) - 1
        rows[-1].append(piece)
        last = piece
    for index, beside in host.items():
        top = beside
        while top in host:
            top = host[top]
        piece, large = ranked[index], ranked[beside]
        raised = piece.baseline < large.baseline - 0.15 * large.style.size
        rows[row_of[top]].append(_superscript(piece) if raised else piece)
    return rows


def _superscript(piece: Piece) -> Piece:
    """Return raised digits as such: "km²" and not "km2"."""
    glyphs = tuple(glyph._replace(text=glyph.text.translate(_RAISED)) for glyph in piece.glyphs)
    return replace(piece, glyphs=glyphs)


def _hosts(ranked: Sequence[Piece]) -> dict[int, int]:
    """Map each sub- or superscript to the larger piece that it stands beside."""
    baselines = [piece.baseline for piece in ranked]
    largest = max((piece.style.size for piece in ranked), default=0.0)
    hosts: dict[int, int] = {}
    for index, piece in enumerate(ranked):
        if piece.style.size > 0.85 * largest:
            continue
        near = bisect_left(baselines, piece.baseline - 3 * piece.style.size)
        best = 0.0
        for other in range(near, min(near + 200, len(ranked))):
            if baselines[other] > piece.baseline + 3 * piece.style.size:
                break
            closeness = _closeness(piece, ranked[other])
            if closeness > best:
                best, hosts[index] = closeness, other
    return hosts


def _closeness(script: Piece, text: Piece) -> float:
    """Return how near ``script`` stands to larger ``text``: 0 not beside it, 1 touching."""
    size = text.style.size
    if script.style.size > 0.85 * size:
        return 0.0
    # A superscript ends below the capitals' tops, a subscript begins above the baseline.
    if not -0.75 * size < script.baseline - text.baseline < 0.45 * size:
        return 0.0
    gap = max(script.left - text.right, text.left - script.right)
    return max(0.0, 1 - max(gap, 0.0) / (0.35 * size))


def _runs(row: list[Piece]) -> list[list[Piece]]:
    """Part a row where there is a gap wider than any between words."""
    row = sorted(row, key=lambda piece: (piece.left, piece.order))
    runs: list[list[Piece]] = []
    right = 0.0
    for piece in row:
        if runs:
            last = runs[-1][-1]
            size = max(piece.style.size, last.style.size)
            gap = piece.left - right
            elsewhere = abs(piece.order - last.order) > 3 and gap > _GAP_ELSEWHERE * size
            if gap > _GAP * size or elsewhere:
                runs.append([])
        else:
            runs.append([])
        right = max(right, piece.right) if runs[-1] else piece.right
        runs[-1].append(piece)
    return runs


def _segment(run: list[Piece]) -> Segment:
    weights: Counter[Style] = Counter()
    baselines: Counter[float] = Counter()
    for piece in run:
        weights[piece.style] += len(piece.glyphs)
        baselines[piece.baseline] += len(piece.glyphs)
    style = weights.most_common(1)[0][0]
    glyphs = [glyph for piece in run for glyph in piece.glyphs]
    if any(_direction(glyph.text) < 0 for glyph in glyphs):
        text = _right_to_left(glyphs, style.size)
    else:
        text = _left_to_right(run)
    return Segment(
        text=" ".join(clean(text).split()),
        left=min(piece.left for piece in run),
        right=max(piece.right for piece in run),
        baseline=baselines.most_common(1)[0][0],
        style=style,
        order=min(piece.order for piece in run),
    )


def _left_to_right(run: list[Piece]) -> str:
    """Join pieces; between two of them the gap tells whether there is a space."""
    parts: list[str] = []
    last: Piece | None = None
    for piece in run:
        if last and piece.left - last.right > _SPACE * max(last.style.size, piece.style.size):
            parts.append(" ")
        parts.append("".join(glyph.text for glyph in piece.glyphs).strip())
        last = piece
    return "".join(parts)


def _direction(text: str) -> int:
    """Return -1 for letters written from right to left, 1 for others, 0 for neither."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("R", "AL"):
            return -1
        if kind in ("L", "EN", "AN"):
            return 1
    return 0


def _right_to_left(glyphs: list[Glyph], size: float) -> str:
    """Put glyphs of a line that has such letters into the order in which they are read.

    By place, not by the order of drawing, which differs between programs: runs that go from right
    to left are turned round, the rest is left as it stands; in a line that is mostly such, so are
    the runs. A mark of vowels goes behind its letter.
    """
    clusters = _words(glyphs, size)
    directions = [_direction(text) for text in clusters]
    base = -1 if directions.count(-1) > directions.count(1) else 1
    runs: list[tuple[int, list[str]]] = []
    pending: list[str] = []
    for text in clusters:
        direction = _direction(text)
        if direction == 0:
            pending.append(text)
            continue
        if runs and runs[-1][0] == direction:
            runs[-1][1].extend([*pending, text])
        else:
            # What stands between two directions goes with the line.
            runs += [(base, pending), (direction, [text])] if pending else [(direction, [text])]
        pending = []
    runs.append((base, pending))
    ordered = runs if base > 0 else runs[::-1]
    return "".join("".join(texts[::direction]) for direction, texts in ordered)


def _words(glyphs: list[Glyph], size: float) -> list[str]:
    """Return the glyphs' texts from left to right, with a space where there is a gap."""
    # A lone accent is none of a script that runs from right to left: pdfium gives such for glyphs
    # without a letter.
    letters = [
        glyph
        for glyph in glyphs
        if glyph.text.strip() and not _is_mark(glyph.text) and not _is_accent(glyph.text)
    ]
    letters.sort(key=lambda glyph: glyph.left + glyph.right)
    texts: list[str] = []
    middles: list[float] = []
    right: float | None = None
    places: list[int] = []
    for glyph in letters:
        if right is not None and glyph.left - right > _SPACE * size:
            texts.append(" ")
        places.append(len(texts))
        texts.append(glyph.text)
        middles.append((glyph.left + glyph.right) / 2)
        right = glyph.right if right is None else max(right, glyph.right)
    for glyph in glyphs:
        if _is_mark(glyph.text) and middles:
            middle = (glyph.left + glyph.right) / 2
            at = bisect_left(middles, middle)
            near = min(
                range(max(at - 1, 0), min(at + 1, len(middles))),
                key=lambda i: abs(middles[i] - middle),
            )
            texts[places[near]] += glyph.text
    return texts


def _is_accent(text: str) -> bool:
    return all(unicodedata.category(char) == "Sk" for char in text)


def _is_mark(text: str) -> bool:
    return bool(text) and all(unicodedata.combining(char) for char in text)
