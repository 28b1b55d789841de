"""Bytes to text: UTF-8, UTF-16 with its mark, or what the file itself declares."""

from __future__ import annotations

import codecs
import re

from graphtutor.errors import RetrievalError

__all__ = ["decode", "decode_html", "decode_latex"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(rb"<(?:meta|\?xml)[^<>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)")
_INPUTENC = re.compile(rb"\\usepackage\s*\[([\w-]+)\]\s*\{inputenc\}")
_NAMES = {"latin1": "cp1252", "latin9": "iso8859-15", "ansinew": "cp1252", "applemac": "mac-roman"}


def decode(data: bytes, where: str) -> str:
    """Return the text of ``data``; RetrievalError for binary data and other encodings."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strict(data, name, where)
    if b"\0" in data[:8192]:
        raise RetrievalError(
            where, wanted="text", got="binary data", remedy="export it as text, HTML or PDF"
        )
    return _strict(data, "utf-8", where)


def decode_html(data: bytes, where: str) -> str:
    """Return the text of a page in the encoding that it declares, else UTF-8, else Windows-1252."""
    declared = _CHARSET.search(data[:4096])
    return _declared(data, declared[1] if declared else b"", where)


def decode_latex(data: bytes, where: str) -> str:
    """Return the source in the encoding that it declares, else UTF-8, else Windows-1252."""
    declared = _INPUTENC.search(data[:200_000])
    return _declared(data, declared[1] if declared else b"", where)


def _declared(data: bytes, charset: bytes, where: str) -> str:
    try:
        return decode(data, where)
    except RetrievalError:
        if b"\0" in data[:8192]:
            raise
    name = charset.decode("ascii", "replace").lower()
    try:
        # Many pages that declare latin-1 mean Windows-1252, of which it is a part.
        name = codecs.lookup(_NAMES.get(name, name)).name if name else "cp1252"
    except LookupError:
        name = "cp1252"
    name = "cp1252" if name in ("iso8859-1", "ascii", "utf-8") else name
    try:
        return data.decode(name, "replace")
    except (LookupError, ValueError):
        return data.decode("cp1252", "replace")


def _strict(data: bytes, name: str, where: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as problem:
        raise RetrievalError(
            where,
            wanted=f"text in {name.removesuffix('-sig').upper()}",
            got=f"another encoding ({problem.reason} at byte {problem.start})",
            remedy="save it as UTF-8 ('iconv -f WINDOWS-1252 -t UTF-8 old > new')",
        ) from None
