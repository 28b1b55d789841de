"""Blueprints as pictures: a domain's hierarchy as ascending steps, a topic as columns of levels.

The pictures are SVG without scripts, links or fonts of their own. Text is wrapped by widths that
are estimated from above (a browser's font may be narrower, hardly wider), so it stays in its box.
Lines and letters have the colour of the text around the picture, on a trace of the same colour;
opened as a file of its own, a picture follows the reader's light or dark setting.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from graphtutor.blueprint.domain import Domain, Evolution, Topic
from graphtutor.blueprint.framework import Framework

__all__ = ["draw_hierarchy", "draw_topic", "text_width", "visible", "wrapped"]

_COLUMN: Final = 232.0
"""Width of a step or of a strand, in pixels as all lengths here."""
_PAD: Final = 12.0
_GAP: Final = 18.0
_RISE: Final = 48.0
"""How much higher each evolution's step is than the one below."""
_LINE: Final = 1.35
"""Distance of baselines, in font sizes."""
_BOLD: Final = 1.12
_SMALL, _BODY, _TITLE, _HEAD = 11.0, 13.0, 14.0, 18.0

_JOINERS: Final = "\u200c\u200d"
"""Not printable, but some scripts are misspelt without them."""
_NARROW: Final = frozenset(" ijlI.,:;'!|`")
_SLIM: Final = frozenset('frtJ-/\\()[]{}"*')
_BROAD: Final = frozenset("mMwW%@&")


def visible(text: str) -> str:
    """Return ``text`` as one line without the control characters a terminal would obey."""
    line = " ".join(text.split())
    return "".join(c if c.isprintable() or c in _JOINERS else "\ufffd" for c in line)


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return about how wide ``text`` is in a sans-serif font of ``size``, at the most."""
    return sum(map(_em, text)) * size * (_BOLD if bold else 1)


def _em(char: str) -> float:
    """Return a character's width in font sizes, after DejaVu Sans, a wide one."""
    if char in _NARROW:
        return 0.34
    if char in _SLIM:
        return 0.5
    if char in _BROAD:
        return 1.0
    if char <= "\u024f":
        return 0.8 if char.isupper() else 0.65
    if unicodedata.combining(char) or char in _JOINERS:
        return 0.0
    return 1.3 if unicodedata.east_asian_width(char) in "WF" else 1.0


def wrapped(text: str, size: float, width: float, bold: bool = False) -> list[str]:
    """Return ``text`` in lines no wider than ``width``; a word that is wider is broken."""
    lines = [""]
    for word in visible(text).split(" "):
        joined = f"{lines[-1]} {word}".lstrip(" ")
        if text_width(joined, size, bold) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for char in word:
            if lines[-1] and text_width(lines[-1] + char, size, bold) > width:
                lines.append("")
            lines[-1] += char
    return lines


@dataclass(frozen=True, slots=True)
class _Run:
    """A paragraph in one style; ``after`` is the space below it."""

    text: str
    size: float = _BODY
    bold: bool = False
    dim: bool = False
    after: float = 0

    def lines(self, width: float) -> list[str]:
        return wrapped(self.text, self.size, width, self.bold)

    def height(self, width: float) -> float:
        return len(self.lines(width)) * self.size * _LINE + self.after


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle with paragraphs from its top; ``fill`` 0 leaves it without ground and border."""

    x: float
    y: float
    width: float
    height: float
    runs: tuple[_Run, ...]
    fill: float = 0.06

    def svg(self) -> Iterator[str]:
        yield '<g class="box">'
        paint = (
            f'fill="currentColor" fill-opacity="{self.fill:g}" stroke="currentColor" '
            'stroke-opacity="0.45"'
            if self.fill
            else 'fill="none"'
        )
        yield (
            f'<rect x="{self.x:g}" y="{self.y:g}" width="{self.width:g}" '
            f'height="{self.height:g}" rx="4" {paint}/>'
        )
        y = self.y + _PAD
        for run in self.runs:
            style = f'font-size="{run.size:g}"' + (' font-weight="bold"' if run.bold else "")
            style += ' fill-opacity="0.75"' if run.dim else ""
            for line in run.lines(self.width - 2 * _PAD):
                y += run.size * _LINE
                # A baseline a third of the size above the line's end leaves room for descenders.
                base = y - run.size * (_LINE - 1)
                yield f'<text x="{self.x + _PAD:g}" y="{base:g}" {style}>{escape(line)}</text>'
            y += run.after
        yield "</g>"


def draw_hierarchy(domain: Domain) -> str:
    """Return the evolutions of ``domain`` as steps that rise to the right, as an SVG document."""
    steps = [_step(evolution) for evolution in domain.hierarchy]
    heights = [_height(runs, _COLUMN) for runs in steps]
    # The lowest step is as high as it takes for every step above it to hold its own text.
    lowest = max(height - _RISE * number for number, height in enumerate(heights))
    width = _COLUMN * len(steps)
    head = _heading(domain.title, width)
    ground = head.y + head.height + lowest + _RISE * (len(steps) - 1)
    boxes = [head]
    for number, runs in enumerate(steps):
        height = lowest + _RISE * number
        x = _GAP + _COLUMN * number
        boxes.append(_Box(x, ground - height, _COLUMN, height, runs))
    return _document(domain.title, width, ground, boxes, ())


def draw_topic(topic: Topic, framework: Framework) -> str:
    """Return ``topic`` as an SVG document: a column of levels for each strand, then the short form.

    Raises KeyError for a strand without one of the framework's levels.
    """
    count = len(topic.strands)
    width = _COLUMN * count + _GAP * (count - 1)
    head = _heading(topic.title, max(width, 2 * _COLUMN))
    boxes, lines = [head], list[tuple[float, float, float]]()
    y = head.y + head.height
    columns = [_GAP + (_COLUMN + _GAP) * number for number in range(count)]
    for number, level in enumerate(framework.levels):
        label = _Run(level.label, _SMALL, dim=True, after=2)
        row = [(label, _Run(strand[level.id], bold=number == 0)) for strand in topic.strands]
        height = max(_height(runs, _COLUMN) for runs in row)
        boxes += [_Box(x, y, _COLUMN, height, runs) for x, runs in zip(columns, row, strict=True)]
        y += height
        if framework.merge or number < len(framework.levels) - 1:
            lines += [(x + _COLUMN / 2, y, y + _GAP) for x in columns]
            y += _GAP
    if framework.merge:
        short = _Run(framework.compressed(topic.strands), _TITLE, bold=True)
        runs = (_Run(framework.merge.label, _SMALL, dim=True, after=2), short)
        boxes.append(_Box(_GAP, y, width, _height(runs, width), runs, 0.14))
        y += boxes[-1].height
    return _document(topic.title, max(width, head.width), y, boxes, lines)


def _step(evolution: Evolution) -> tuple[_Run, ...]:
    number = evolution.evolution
    return (
        _Run(f"Evolution {number}", _SMALL, dim=True, after=2),
        _Run(evolution.title, _TITLE, bold=True, after=4),
        _Run(evolution.builds, 12, dim=True, after=8),
        *(
            _Run(f"{number}.{place} {subtopic}", after=2)
            for place, subtopic in enumerate(evolution.subtopics, 1)
        ),
    )


def _heading(title: str, width: float) -> _Box:
    runs = (_Run(title, _HEAD, bold=True),)
    return _Box(_GAP, 0, width, _height(runs, width), runs, 0)


def _height(runs: Sequence[_Run], width: float) -> float:
    return sum(run.height(width - 2 * _PAD) for run in runs) + 2 * _PAD


def _document(
    title: str,
    width: float,
    bottom: float,
    boxes: Sequence[_Box],
    lines: Sequence[tuple[float, float, float]],
) -> str:
    wide, high = width + 2 * _GAP, bottom + _GAP
    name = visible(title)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}" height="{high:g}" '
        f'viewBox="0 0 {wide:g} {high:g}" role="img" aria-label={quoteattr(name)} '
        'font-family="system-ui, Helvetica, Arial, sans-serif" fill="currentColor">',
        f"<title>{escape(name)}</title>",
        # svg:root is only there when the picture is a document; inside a page, the page decides.
        "<style>svg:root{color:#1b1b1b;background:#fff}@media (prefers-color-scheme:dark)"
        "{svg:root{color:#e6e6e6;background:#161616}}</style>",
        *(
            f'<line x1="{x:g}" y1="{top:g}" x2="{x:g}" y2="{end:g}" stroke="currentColor" '
            'stroke-opacity="0.45"/>'
            for x, top, end in lines
        ),
        *(part for box in boxes for part in box.svg()),
        "</svg>",
    ]
    return "\n".join(drawn) + "\n"
