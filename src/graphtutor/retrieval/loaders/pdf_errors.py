"""Why a PDF has no text to give, and what to do about it."""

from __future__ import annotations

from graphtutor.errors import RetrievalError

__all__ = ["damaged", "encrypted", "without_text"]


def encrypted(where: str) -> RetrievalError:
    """Return the error for a file that needs a password."""
    return RetrievalError(
        where,
        wanted="a PDF that opens without a password",
        got="an encrypted one",
        remedy="save a copy without it ('qpdf --password=... --decrypt in.pdf out.pdf')",
    )


def without_text(where: str, pages: int, images: bool) -> RetrievalError:
    """Return the error for a file of images or drawings."""
    count = "1 page" if pages == 1 else f"{pages} pages"
    return RetrievalError(
        where,
        wanted="a PDF with text",
        got=f"{count} of images without text" if images else f"{count} without text",
        remedy="make its text readable with OCR ('ocrmypdf in.pdf out.pdf')",
    )


def damaged(where: str, reason: str) -> RetrievalError:
    """Return the error for bytes that no library reads as a PDF."""
    return RetrievalError(
        where,
        wanted="a readable PDF",
        got=f"a damaged one ({reason})",
        remedy="fetch or export it again, or repair it ('qpdf in.pdf out.pdf')",
    )
