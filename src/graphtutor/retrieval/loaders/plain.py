r"""Plain text: as it stands, with underlined lines as headings.

>>> layout = read_plain_text("Pump\n====\n\nStarts slowly.\n\nCauses\n------\nAir.\n")
>>> layout.text, [section.path for section in layout.sections]
('Pump\n\nStarts slowly.\n\nCauses\n\nAir.\n', [('Pump',), ('Pump', 'Causes')])
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphtutor.retrieval.loaders.clean import clean
from graphtutor.retrieval.loaders.layout import Block, Layout, lay_out

__all__ = ["read_plain_text"]

_UNDERLINE = re.compile(r"([=\-~^*#+])\1{2,}\s*")


def read_plain_text(text: str) -> Layout:
    """Return ``text`` in paragraphs; the title is the first heading, if it comes first.

    A line underlined over (nearly) its whole length is a heading. Which line means which level
    shows in the order of first use, as in reStructuredText.
    """
    blocks = list(_blocks(clean(text).split("\n")))
    title = blocks[0].text if blocks and blocks[0].level == 1 else ""
    return lay_out(blocks, title=title)


def _blocks(lines: list[str]) -> Iterator[Block]:
    marks: list[str] = []
    paragraph: list[str] = []
    lines = [line.rstrip() for line in lines]
    for at, line in enumerate(lines):
        if _is_heading(lines, at):
            yield from _paragraph(paragraph)
            mark = lines[at + 1][0]
            if mark not in marks:
                marks.append(mark)
            yield Block(line.strip(), level=marks.index(mark) + 1)
            paragraph = []
        elif not line:
            yield from _paragraph(paragraph)
            paragraph = []
        elif not (_UNDERLINE.fullmatch(line) and at and _is_heading(lines, at - 1)):
            paragraph.append(line)
    yield from _paragraph(paragraph)


def _paragraph(lines: list[str]) -> Iterator[Block]:
    if lines:
        yield Block("\n".join(lines))


def _is_heading(lines: list[str], at: int) -> bool:
    """Tell whether the line ``at`` is text alone in its paragraph but for a line below it."""
    if at + 1 >= len(lines) or not re.search(r"\w", lines[at]):
        return False
    under = lines[at + 1]
    above = lines[at - 1] if at else ""
    alone = not above or bool(_UNDERLINE.fullmatch(above))
    return alone and bool(_UNDERLINE.fullmatch(under)) and len(under) >= 0.8 * len(lines[at])
