"""Files to documents: which files there are, and what each of them says.

The id of a document is the path as the user wrote it: ``rag add docs`` gives ``docs/pump.md``. A
path is never made absolute, so a store can move with its documents, and the same command run again
in the same folder finds the same documents. ``./docs``, ``docs/`` and ``docs`` are the same; from
another folder, or through ``..``, the path and hence the document is another one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from graphtutor.errors import RetrievalError
from graphtutor.io.digest import digest_bytes
from graphtutor.retrieval.document import Document, Kind
from graphtutor.retrieval.loaders.decoding import decode, decode_html
from graphtutor.retrieval.loaders.hypertext import read_html
from graphtutor.retrieval.loaders.latex import read_latex
from graphtutor.retrieval.loaders.latex_source import source_files
from graphtutor.retrieval.loaders.layout import Layout
from graphtutor.retrieval.loaders.markdown import read_markdown
from graphtutor.retrieval.loaders.pdf import read_pdf
from graphtutor.retrieval.loaders.plain import read_plain_text

__all__ = ["MOST_BYTES", "Found", "Skipped", "find_documents", "load_document"]

MOST_BYTES = 200_000_000
_MOST_HTML = 20_000_000

_KINDS: dict[str, Kind] = {
    ".txt": "text", ".text": "text", ".rst": "text",
    ".md": "markdown", ".markdown": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html",
    ".pdf": "pdf",
    ".tex": "latex", ".ltx": "latex", ".gz": "latex", ".tgz": "latex", ".zip": "latex",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A file that can be loaded, and the id of its document."""

    path: Path
    id: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file, or a folder with all in it, that is passed over, and why."""

    path: Path
    reason: str


def load_document(path: Path, id: str) -> Document:
    """Return the document in a file; by its first bytes what it is, else by its suffix.

    Raises RetrievalError, which names the file, if it is missing, empty, larger than
    ``MOST_BYTES``, binary, in an unknown encoding, encrypted, damaged or without text.
    """
    data = _read(path)
    kind = _kind(path, data)
    layout = _layout(kind, data, str(path))
    if not layout.text.strip():
        raise RetrievalError(
            str(path), wanted="a document with text", got="none", remedy="leave it out"
        )
    return Document(
        id=id,
        title=layout.title or _stem(path),
        kind=kind,
        sha256=digest_bytes(data),
        text=layout.text,
        sections=layout.sections,
        pages=layout.pages,
        date=layout.date,
        notes=layout.notes,
    )


def find_documents(paths: Iterable[Path]) -> Iterator[Found | Skipped]:
    """Yield what there is to load under ``paths``: files as given, folders with all below them.

    Names are in sorted order, each file once. Hidden files and folders, suffixes of other formats
    and links that lead out of the folder are skipped with the reason. Raises RetrievalError for a
    path that does not exist.
    """
    seen: set[str] = set()
    for path in paths:
        if not path.exists():
            raise RetrievalError(
                str(path), wanted="a file or a folder", got="no such path", remedy="check its name"
            )
        for entry in _walk(path, path.resolve()) if path.is_dir() else [_file(path)]:
            if str(entry.path) not in seen:
                seen.add(str(entry.path))
                yield entry


def _walk(folder: Path, root: Path) -> Iterator[Found | Skipped]:
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as problem:
        yield Skipped(folder, f"cannot be read: {problem.strerror}")
        return
    for entry in entries:
        if entry.name.startswith("."):
            yield Skipped(entry, "hidden")
        elif entry.is_symlink() and (entry.is_dir() or not entry.resolve().is_relative_to(root)):
            yield Skipped(
                entry, "a link to a folder" if entry.is_dir() else "a link out of the folder"
            )
        elif entry.is_dir():
            yield from _walk(entry, root)
        elif not entry.is_file():
            yield Skipped(entry, "no regular file")
        else:
            yield _file(entry)


def _file(path: Path) -> Found | Skipped:
    if path.suffix.lower() not in _KINDS:
        shown = f"the suffix {path.suffix}" if path.suffix else "no suffix"
        return Skipped(path, f"{shown} (known: {', '.join(_KINDS)})")
    return Found(path, PurePosixPath(Path(os.path.normpath(path)).as_posix()).as_posix())


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise RetrievalError(
                str(path),
                wanted=f"at most {MOST_BYTES // 1_000_000} MB",
                got=f"{size // 1_000_000} MB",
                remedy="split it",
            )
        data = path.read_bytes()
    except OSError as problem:
        raise RetrievalError(
            str(path), wanted="a readable file", got=problem.strerror or str(problem)
        ) from None
    if not data.strip():
        raise RetrievalError(
            str(path), wanted="a document", got="an empty file", remedy="leave it out"
        )
    return data


def _kind(path: Path, data: bytes) -> Kind:
    suffix = _KINDS.get(path.suffix.lower(), "text")
    if b"%PDF-" in data[:1024] and suffix != "html":
        return "pdf"
    if data.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        return "latex"
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if suffix in ("text", "pdf") and head.startswith((b"<!doctype html", b"<html")):
        return "html"
    return suffix


def _layout(kind: Kind, data: bytes, where: str) -> Layout:
    if kind == "pdf":
        return read_pdf(data, where)
    if kind == "latex":
        return read_latex(source_files(data, where))
    if kind == "html":
        if len(data) > _MOST_HTML:
            raise RetrievalError(
                where,
                wanted=f"at most {_MOST_HTML // 1_000_000} MB of HTML",
                got=f"{len(data) // 1_000_000} MB",
                remedy="split it",
            )
        return read_html(decode_html(data, where), where)
    read = read_markdown if kind == "markdown" else read_plain_text
    return read(decode(data, where))


def _stem(path: Path) -> str:
    name = path.name
    for suffix in (".gz", ".tgz", ".zip", ".tar", path.suffix):
        name = name.removesuffix(suffix)
    return name
