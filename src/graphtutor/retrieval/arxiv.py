"""Papers from arXiv: their LaTeX source, or the PDF where there is none, kept in a folder.

>>> arxiv_id("arxiv:2512.11254v2"), arxiv_id("paper.pdf")
('2512.11254v2', None)
"""

from __future__ import annotations

import html
import json
import os
import re
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from typing import Any

from graphtutor import __version__
from graphtutor.errors import RetrievalError
from graphtutor.io.atomic import write_text
from graphtutor.retrieval.document import Document
from graphtutor.retrieval.loading import load_document

__all__ = ["ARXIV", "Paper", "arxiv_id", "fetch_arxiv", "load_arxiv"]

ARXIV = "https://arxiv.org"
_ID = re.compile(
    r"arxiv:\s*(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?)", re.IGNORECASE
)
_META = re.compile(r"<meta\s+name=\"citation_(title|date)\"\s+content=\"([^\"]{1,1000})\"")
_TIMEOUT, _PAUSE = 30.0, 3.0
_MOST_BYTES = 100_000_000
_MOST_SECONDS = 600.0
_SUFFIXES = (".gz", ".pdf", ".tex")


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper on this disk; ``id`` is "arxiv:" and its number, ``date`` ISO or empty."""

    id: str
    path: Path
    title: str
    date: str


def arxiv_id(source: str) -> str | None:
    """Return the number in "arxiv:2512.11254", None for what names no paper."""
    match = _ID.fullmatch(source.strip())
    return match[1] if match else None


def fetch_arxiv(source: str, folder: Path, base_url: str = ARXIV, pause: float = _PAUSE) -> Paper:
    """Download the paper ``source`` names into ``folder``, or return it from there.

    Asks for the abstract page (title, date) and the source, ``pause`` seconds apart as arXiv
    wishes. The source is kept if it is LaTeX that can be read, else the PDF is fetched. What lies
    in ``folder`` is not asked for again: remove it to get a newer version. Raises RetrievalError
    without a network, for a number that does not exist, and for answers too large or too slow.
    """
    number = arxiv_id(source)
    if number is None:
        raise RetrievalError(source, wanted="a paper such as arxiv:2512.11254", got="another name")
    paper = _kept(number, folder)
    if paper is not None:
        return paper
    page = _get(f"{base_url}/abs/{number}", number).decode("utf-8", "replace")
    known = {name: html.unescape(text) for name, text in reversed(_META.findall(page[:200_000]))}
    title = " ".join(known.get("title", "").split())
    stem = folder / number.replace("/", "_")
    path = _download(number, stem, base_url, lambda: time.sleep(pause))
    about = {"title": title, "date": known.get("date", "").replace("/", "-")}
    # Written last: with it the paper counts as kept.
    write_text(_about(stem), json.dumps(about, ensure_ascii=False) + "\n")
    return Paper(f"arxiv:{number}", path, about["title"], about["date"])


def load_arxiv(paper: Paper) -> Document:
    """Return the document of a paper, with the title and the date that arXiv gives it."""
    document = load_document(paper.path, paper.id)
    return replace(document, title=paper.title or document.title, date=paper.date or document.date)


def _about(stem: Path) -> Path:
    return stem.with_name(f"{stem.name}.json")


def _kept(number: str, folder: Path) -> Paper | None:
    stem = folder / number.replace("/", "_")
    try:
        about: Any = json.loads(_about(stem).read_text("utf-8"))
        title, date = str(about["title"]), str(about["date"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    paths = [stem.with_name(stem.name + suffix) for suffix in _SUFFIXES]
    path = next((path for path in paths if path.is_file()), None)
    return Paper(f"arxiv:{number}", path, title, date) if path else None


def _download(number: str, stem: Path, base_url: str, wait: Callable[[], None]) -> Path:
    """Keep the source if it can be read, else the PDF; return where it lies."""
    wait()
    try:
        data = _get(f"{base_url}/e-print/{number}", number)
        suffix = _suffix(data)
        path = _save(stem.with_name(stem.name + suffix), data)
        load_document(path, number)
    except RetrievalError as problem:
        for suffix in _SUFFIXES:
            stem.with_name(stem.name + suffix).unlink(missing_ok=True)
        if isinstance(problem, _NoAnswerError):
            raise
        wait()
        data = _get(f"{base_url}/pdf/{number}", number)
        path = _save(stem.with_name(f"{stem.name}.pdf"), data)
    return path


def _suffix(data: bytes) -> str:
    if data.startswith(b"%PDF"):
        return ".pdf"
    return ".gz" if data.startswith(b"\x1f\x8b") else ".tex"


class _NoAnswerError(RetrievalError):
    """The server could not be asked; asking it for another file would not help."""


def _get(url: str, number: str) -> bytes:
    request = urllib.request.Request(url, headers={"User-Agent": f"graphtutor/{__version__}"})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            return _read(answer, number)
    except urllib.error.HTTPError as problem:
        code = problem.code
        problem.close()
        raise RetrievalError(
            f"arxiv:{number}",
            wanted=f"an answer from {url}",
            got=f"HTTP {code}",
            remedy="check the number" if code in (400, 404) else "try again later",
        ) from None
    except (OSError, HTTPException) as problem:
        reason = getattr(problem, "reason", None) or problem
        raise _NoAnswerError(
            f"arxiv:{number}",
            wanted=f"an answer from {url}",
            got=str(reason) or type(problem).__name__,
            remedy="check the network, or fetch the source (.tar.gz) elsewhere and add that file",
        ) from None


def _read(answer: Any, number: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    begin = time.monotonic()
    while part := answer.read(1 << 16):
        size += len(part)
        slow = time.monotonic() - begin > _MOST_SECONDS
        if size > _MOST_BYTES or slow:
            raise RetrievalError(
                f"arxiv:{number}",
                wanted=f"at most {_MOST_BYTES // 1_000_000} MB in {_MOST_SECONDS:.0f} s",
                got="a slower answer" if slow else "a larger file",
                remedy="fetch it elsewhere and add the file",
            )
        parts.append(part)
    return b"".join(parts)


def _save(path: Path, data: bytes) -> Path:
    """Write ``data`` to ``path`` whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path
