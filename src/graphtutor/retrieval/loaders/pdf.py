"""PDF: glyphs to lines to columns to paragraphs, with headings and pages.

pdfium reads the glyphs; where it cannot open the file, or is not installed, pypdf gives the plain
text of each page. Both run in this process: a flaw in pdfium's own code could end it.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

from graphtutor.retrieval.loaders.clean import clean
from graphtutor.retrieval.loaders.hyphens import join_lines, vocabulary
from graphtutor.retrieval.loaders.layout import Block, Layout, lay_out
from graphtutor.retrieval.loaders.pdf_columns import reading_order
from graphtutor.retrieval.loaders.pdf_errors import damaged, encrypted, without_text
from graphtutor.retrieval.loaders.pdf_furniture import without_furniture
from graphtutor.retrieval.loaders.pdf_glyphs import MOST_GLYPHS, Piece, page_pieces
from graphtutor.retrieval.loaders.pdf_headings import Entry, heading_levels
from graphtutor.retrieval.loaders.pdf_lines import Segment, page_segments
from graphtutor.retrieval.loaders.pdf_paragraphs import (
    Paragraph,
    join_across,
    lines_of,
    paragraphs,
)
from graphtutor.retrieval.loaders.pdf_plain import read_plain

__all__ = ["read_pdf"]

_MOST_PAGES = 20_000
_MOST_PIECES = 20_000
_MOST_ENTRIES = 20_000
_WRONG_PASSWORD, _UNKNOWN_SECURITY = 4, 5
_FILE_NAME = re.compile(
    r"(untitled|microsoft \w+ - .*|.*\.(docx?|odt|rtf|tex|dvi|pdf|indd|qxd|pptx?|html?))$",
    re.IGNORECASE,
)
_LEADERS = re.compile(r"(?:\s?[.·…_]){4,}")
# pdfium keeps state for the whole process.
_LOCK = threading.Lock()


class _Scan(NamedTuple):
    """What is read off the pages before anything is made of it; page numbers count from 1."""

    pages: list[list[Piece]]
    images: list[int]
    unread: list[int]
    outline: list[Entry]
    known: dict[str, str]


def read_pdf(data: bytes, where: str) -> Layout:
    """Return the text of a PDF with sections and pages.

    Raises RetrievalError, which names ``where``, for a file that is encrypted, that has images or
    drawings alone, that is damaged beyond reading, or where no library to read it is installed.
    """
    try:
        import pypdfium2 as pdfium
    except ImportError:
        return read_plain(data, where)
    with _LOCK:
        try:
            document = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as problem:
            if getattr(problem, "err_code", 0) in (_WRONG_PASSWORD, _UNKNOWN_SECURITY):
                raise encrypted(where) from None
            return read_plain(data, where)
        try:
            scan = _scan(document, where)
        finally:
            document.close()
    layout = _compose(scan) if any(scan.pages) else None
    if layout is None or not layout.text.strip():
        raise without_text(where, len(scan.pages), bool(scan.images))
    return layout


def _scan(document: Any, where: str) -> _Scan:
    count = len(document)
    if not 0 < count <= _MOST_PAGES:
        raise damaged(where, f"{count} pages")
    scan = _Scan([], [], [], _outline(document), _metadata(document))
    for number in range(1, count + 1):
        pieces, images, read = _scan_page(document, number)
        scan.pages.append(pieces)
        if images and not pieces:
            scan.images.append(number)
        if not read:
            scan.unread.append(number)
    return scan


def _scan_page(document: Any, number: int) -> tuple[list[Piece], bool, bool]:
    """Return the pieces of a page, whether it has images, and whether it could be read."""
    import pypdfium2 as pdfium
    import pypdfium2.raw as raw

    try:
        page = document[number - 1]
        textpage = page.get_textpage()
    except pdfium.PdfiumError:
        return [], False, False
    if textpage.count_chars() > MOST_GLYPHS:
        return [], False, False
    pieces = page_pieces(textpage)
    images = not pieces and any(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]))
    textpage.close()
    page.close()
    if len(pieces) > _MOST_PIECES:
        return [], False, False
    return pieces, images, True


def _outline(document: Any) -> list[Entry]:
    entries: list[Entry] = []
    for bookmark in document.get_toc(max_depth=6):
        title = _text(bookmark.get_title)
        target = bookmark.get_dest()
        page = target.get_index() if target else None
        if title and page is not None:
            entries.append(Entry(bookmark.level + 1, title, page + 1))
        if len(entries) >= _MOST_ENTRIES:
            break
    return entries


def _metadata(document: Any) -> dict[str, str]:
    return {
        key: _text(partial(document.get_metadata_value, key)) for key in ("Title", "CreationDate")
    }


def _text(get: Callable[[], object]) -> str:
    """Return a string of the file in one line; empty where its bytes are no text."""
    try:
        return " ".join(clean(str(get() or "")).split())
    except UnicodeDecodeError:
        return ""


def _compose(scan: _Scan) -> Layout:
    """Put together what was read; the passes over all pages are here."""
    sideways = [number for number, page in enumerate(scan.pages, start=1) if _minor(page)]
    segments = without_furniture([page_segments(_upright(page)) for page in scan.pages])
    right_to_left = _is_right_to_left([page_segments(_upright(page)) for page in scan.pages])
    columns = [
        lines_of(column, number)
        for number, page in enumerate(segments, start=1)
        for column in reading_order(page, right_to_left)
    ]
    whole = join_across(paragraphs(columns))
    levels = heading_levels(whole, scan.outline)
    words = vocabulary(line.text for paragraph in whole for line in paragraph.lines)
    blocks = [
        _block(paragraph, level, words) for paragraph, level in zip(whole, levels, strict=True)
    ]
    notes = [
        *_note(scan.images, "images without text (OCR is needed)"),
        *_note(scan.unread, "could not be read"),
        *_note(sideways, "text set sideways in the margin or in figures is left out"),
    ]
    return lay_out(
        blocks, len(scan.pages), _title(scan.known, blocks), _date(scan.known), tuple(notes)
    )


def _turns(page: list[Piece]) -> Counter[int]:
    turns: Counter[int] = Counter()
    for piece in page:
        turns[piece.turn] += len(piece.glyphs)
    return turns


def _upright(page: list[Piece]) -> list[Piece]:
    """Return the pieces that run the way most of the page does."""
    main = _turns(page).most_common(1)
    return [piece for piece in page if piece.turn == main[0][0]]


def _minor(page: list[Piece]) -> bool:
    return len(_turns(page)) > 1


def _is_right_to_left(pages: Sequence[Sequence[Segment]]) -> bool:
    text = "".join(segment.text for page in pages for segment in page)
    hits = len(re.findall(r"[\u0590-\u08ff]", text))
    return 2 * hits > sum(map(str.isalpha, text))


def _block(paragraph: Paragraph, level: int, words: frozenset[str]) -> Block:
    lines = paragraph.lines
    if paragraph.table:
        texts = [_LEADERS.sub(" … ", " | ".join(line.cells)) for line in lines]
        text = "\n".join(texts)
        starts = [sum(len(t) + 1 for t in texts[:at]) for at in range(len(texts))]
    else:
        text, begins = join_lines([_LEADERS.sub(" … ", line.text) for line in lines], words)
        starts = list(begins)
    first = {
        page: next(group)[0]
        for page, group in groupby(
            zip(starts, (line.page for line in lines), strict=True), key=_page
        )
    }
    return Block(text, level, tuple((start, page) for page, start in first.items()))


def _page(place: tuple[int, int]) -> int:
    return place[1]


def _title(known: dict[str, str], blocks: list[Block]) -> str:
    """Return the title that the file names, else the one heading of the top level on page 1."""
    title = known.get("Title", "")
    if title and len(title) <= 300 and not _FILE_NAME.match(title):
        return title
    top = min((block.level for block in blocks if block.level), default=0)
    first = [block for block in blocks if block.level == top and top]
    return first[0].text if len(first) == 1 and first[0].pages[0][1] == 1 else ""


def _date(known: dict[str, str]) -> str:
    """Return the day on which the file was made, as it says itself."""
    match = re.match(r"(?:D:)?(\d{4})(\d\d)(\d\d)", known.get("CreationDate", ""))
    if not match:
        return ""
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return ""


def _note(pages: list[int], what: str) -> Iterator[str]:
    if pages:
        shown = ", ".join(_ranges(pages))
        yield f"page{'s' if len(pages) > 1 else ''} {shown}: {what}"


def _ranges(pages: list[int]) -> list[str]:
    """Return "3-5", "9" for 3, 4, 5, 9."""
    runs: dict[int, list[int]] = defaultdict(list)
    for at, page in enumerate(pages):
        runs[page - at].append(page)
    return [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs.values()]
