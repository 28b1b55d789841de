"""The reading order of a page: columns, found by the gutter between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median

from graphtutor.retrieval.loaders.pdf_lines import Segment

__all__ = ["Row", "reading_order"]

_FEWEST_LINES = 3
_CANDIDATES = 12
_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Row:
    """Segments on one baseline of one column, from the left; ``left`` and ``right`` are its."""

    segments: tuple[Segment, ...]
    left: float
    right: float


def reading_order(segments: Sequence[Segment], right_to_left: bool = False) -> list[list[Row]]:
    """Return the columns of a page in reading order, each as rows from the top down.

    A band across the whole width, such as a title, is a column of its own.
    """
    return [_as_rows(group) for group in _split(list(segments), right_to_left, 0) if group]


def _split(segments: list[Segment], right_to_left: bool, depth: int) -> list[list[Segment]]:
    if depth == _DEEPEST or len(segments) < 2 * _FEWEST_LINES:
        return [segments]
    gutter = _gutter(segments)
    if gutter is None:
        return [segments]
    groups: list[list[Segment]] = []
    for band in _bands(segments, gutter):
        sides = [[s for s in band if s.right <= gutter], [s for s in band if s.left >= gutter]]
        if not any(sides):
            groups.append(band)
            continue
        for side in reversed(sides) if right_to_left else sides:
            groups += _split(side, right_to_left, depth + 1)
    return [group for group in groups if group]


def _gutter(segments: list[Segment]) -> float | None:
    """Return the x of the best gutter, None where the page has one column, or a table."""
    edges = Counter(round(segment.left / 2) for segment in segments)
    best: tuple[float, float] | None = None
    for edge, _ in edges.most_common(_CANDIDATES):
        gutter = min(s.left for s in segments if round(s.left / 2) == edge) - 0.5
        score = _score(segments, gutter)
        if score > 0 and (best is None or score > best[0]):
            best = (score, gutter)
    return best[1] if best else None


def _score(segments: list[Segment], gutter: float) -> float:
    """Return how many lines a gutter parts, less those it cuts; 0 where it parts no columns."""
    left = [s for s in segments if s.right <= gutter]
    right = [s for s in segments if s.left >= gutter]
    if min(len(left), len(right)) < _FEWEST_LINES:
        return 0.0
    crossing = len(segments) - len(left) - len(right)
    score = len(left) + len(right) - 3.0 * crossing
    if score <= 0 or not _beside(left, right) or not _are_columns(segments, gutter, left, right):
        return 0.0
    return score


def _beside(left: list[Segment], right: list[Segment]) -> bool:
    """Tell whether the two sides stand beside each other and not one below the other."""
    top = max(min(s.top for s in left), min(s.top for s in right))
    bottom = min(max(s.bottom for s in left), max(s.bottom for s in right))
    return bottom - top > 2 * median(s.style.size for s in left)


def _are_columns(
    segments: list[Segment], gutter: float, left: list[Segment], right: list[Segment]
) -> bool:
    """Tell columns of prose from a table, which is to be read row by row.

    Columns are drawn one after the other. Where a program draws across both, prose is known by
    lines that fill their column.
    """
    turns = 0
    for band in _bands(segments, gutter):
        drawn = sorted((s for s in band if s.right <= gutter or s.left >= gutter), key=_order)
        sides = [s.left >= gutter for s in drawn]
        turns += max(0, sum(a != b for a, b in pairwise(sides)) - 1)
    if turns <= 0.1 * min(len(left), len(right)):
        return min(_letters(left), _letters(right)) >= 8
    return all(_letters(side) >= 20 and _filled(side) >= 0.7 for side in (left, right))


def _order(segment: Segment) -> int:
    return segment.order


def _letters(side: list[Segment]) -> float:
    return mean(len(s.text) for s in side)


def _filled(side: list[Segment]) -> float:
    width = max(s.right for s in side) - min(s.left for s in side)
    return median(s.right - s.left for s in side) / width if width > 0 else 0.0


def _bands(segments: list[Segment], gutter: float) -> list[list[Segment]]:
    """Part the page at the segments that cross the gutter; those are bands too."""
    bands: list[list[Segment]] = []
    crossed: bool | None = None
    for segment in sorted(segments, key=lambda s: (s.baseline, s.left)):
        crosses = segment.left < gutter < segment.right
        if crosses is not crossed:
            bands.append([])
        bands[-1].append(segment)
        crossed = crosses
    return bands


def _as_rows(group: list[Segment]) -> list[Row]:
    left, right = min(s.left for s in group), max(s.right for s in group)
    rows: list[list[Segment]] = []
    for segment in sorted(group, key=lambda s: (s.baseline, s.left)):
        last = rows[-1][0] if rows else None
        if last and segment.baseline - last.baseline <= 0.15 * segment.style.size:
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return [Row(tuple(sorted(row, key=lambda s: s.left)), left, right) for row in rows]
