"""PDF by pypdf: the plain text of each page, for files that pdfium does not open."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.loaders.clean import clean
from graphtutor.retrieval.loaders.hyphens import join_lines, vocabulary
from graphtutor.retrieval.loaders.layout import Block, Layout, lay_out
from graphtutor.retrieval.loaders.pdf_errors import damaged, encrypted, without_text

__all__ = ["read_plain"]

_MOST_PAGES = 20_000


def read_plain(data: bytes, where: str) -> Layout:
    """Return the text of a PDF, one paragraph a page; no sections, which pypdf does not see.

    Raises RetrievalError as :func:`~.pdf.read_pdf` does.
    """
    try:
        import pypdf
    except ImportError:
        raise RetrievalError(
            where,
            wanted="a library that reads PDF",
            got="none installed",
            remedy="pip install 'graphtutor[rag]'",
        ) from None
    # It reports every repair; what counts is whether there is text.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pages = _page_texts(pypdf, data, where)
        except RetrievalError:
            raise
        except Exception as problem:  # a damaged file ends in any exception that Python has
            raise damaged(where, type(problem).__name__) from None
    if not any(page.strip() for page in pages):
        raise without_text(where, len(pages), images=False)
    lines = [[line.strip() for line in page.splitlines() if line.strip()] for page in pages]
    words = vocabulary(line for page in lines for line in page)
    blocks = [
        Block(join_lines(page, words)[0], pages=((0, number),))
        for number, page in enumerate(lines, start=1)
        if page
    ]
    return lay_out(blocks, len(pages), notes=("read without its layout: no sections",))


def _page_texts(pypdf: Any, data: bytes, where: str) -> list[str]:
    import io

    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise encrypted(where)
    count = len(reader.pages)
    if not 0 < count <= _MOST_PAGES:
        raise damaged(where, f"{count} pages")
    return [clean(reader.pages[number].extract_text()) for number in range(count)]
