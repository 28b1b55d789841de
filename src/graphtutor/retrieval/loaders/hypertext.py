r"""HTML: title, headings, paragraphs, lists, tables and code; what is not shown is left out.

>>> layout = read_html("<title>T</title><nav>Home</nav><h1>Pump</h1><p>Air &amp; dirt.")
>>> layout.title, layout.text
('T', 'Pump\n\nAir & dirt.\n')
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.loaders.clean import clean
from graphtutor.retrieval.loaders.layout import Block, Layout, lay_out

__all__ = ["read_html"]

_UNSEEN = frozenset(
    "script style template noscript head title svg canvas iframe object embed audio video nav "
    "button select option input textarea datalist dialog map".split()
)
_BOILERPLATE = frozenset("navigation banner contentinfo search menu menubar toolbar".split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADING = re.compile(r"h[1-6]")
_LINES = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption "
    "figure footer form header hgroup hr html main p section summary".split()
)
_MOST_TAGS = 200_000
_SHOWN = frozenset(["br", "img"])
_DATES = ("article:published_time", "date", "dc.date", "dcterms.date", "dcterms.created")


def read_html(text: str, where: str = "HTML") -> Layout:
    """Return what a reader of the page sees, without its navigation where it is marked so.

    Raises RetrievalError, which names ``where``, for more tags than any page has.
    """
    soup = _parse(text, where)
    title = " ".join(clean(soup.title.get_text() if soup.title else "").split())[:300]
    main = soup.find_all("main") or soup.find_all(attrs={"role": "main"})
    writer = _Writer()
    for kind, node in _events(main[0] if len(main) == 1 else soup):
        writer.take(kind, node)
    writer.flush()
    first = next((block.text for block in writer.blocks if block.level == 1), "")
    return lay_out(writer.blocks, title=title or first, date=_date(soup))


def _parse(text: str, where: str) -> Any:
    try:
        from bs4 import BeautifulSoup
    except ImportError:
        raise RetrievalError(
            where,
            wanted="a library that reads HTML",
            got="none installed",
            remedy="pip install 'graphtutor[rag]'",
        ) from None
    tags = text.count("<")
    if tags > _MOST_TAGS:
        raise RetrievalError(
            where, wanted=f"at most {_MOST_TAGS} tags", got=str(tags), remedy="split the page"
        )
    # What opens after the last tag has closed is text; the parser would try it as a tag again and
    # again.
    last = text.rfind(">") + 1
    return BeautifulSoup(text[:last] + text[last:].replace("<", "&lt;"), "html.parser")


def _date(soup: Any) -> str:
    for meta in soup.find_all("meta", limit=200):
        name = str(meta.get("property") or meta.get("name") or "").lower()
        if name in _DATES:
            try:
                return date.fromisoformat(str(meta.get("content") or "")[:10]).isoformat()
            except ValueError:
                continue
    return ""


def _events(root: Any) -> Iterator[tuple[str, Any]]:
    """Walk the tree without recursion: ("in", tag), ("text", string), ("out", tag)."""
    from bs4.element import NavigableString, PreformattedString, Tag

    stack: list[tuple[Any, Iterator[Any]]] = [(root, iter(root.contents))]
    while stack:
        node, rest = stack[-1]
        child = next(rest, None)
        if child is None:
            stack.pop()
            yield "out", node
        elif isinstance(child, Tag):
            if not _unseen(child):
                yield "in", child
                stack.append((child, iter(child.contents)))
        # Comments, doctypes and declarations are strings too.
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
            yield "text", str(child)


def _unseen(tag: Any) -> bool:
    if tag.name in _UNSEEN or tag.has_attr("hidden"):
        return True
    if tag.get("aria-hidden") == "true" or str(tag.get("role")).lower() in _BOILERPLATE:
        return True
    # The foot of the page, not that of an article.
    if (
        tag.name == "footer"
        and tag.find_parent(["article", "main", "section", "blockquote"]) is None
    ):
        return True
    return bool(_HIDDEN.search(str(tag.get("style") or "")))


class _Writer:
    """Collects text into blocks as the walk goes by."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.blocks: list[Block] = []
        self._text: list[str] = []
        self._lines: list[str] = []
        self._lists: list[int | None] = []
        self._pre = 0
        self._tables = 0

    def take(self, kind: str, node: Any) -> None:
        """Take one event of the walk."""
        if kind == "text":
            self._text.append(node if self._pre else re.sub(r"\s+", " ", node))
        elif kind == "in":
            self._enter(node)
        else:
            self._leave(node)

    def flush(self) -> None:
        """End the paragraph, list or table."""
        self._end_line()
        if self._lines:
            self.blocks.append(Block("\n".join(self._lines)))
        self._lines = []

    def _end_line(self, prefix: str = "") -> None:
        text = clean("".join(self._text))
        lines = [" ".join(line.split()) for line in text.split("\n")]
        text = "\n".join(line for line in lines if line)
        if text:
            self._lines.append(prefix + text)
        self._text = []

    def _enter(self, tag: Any) -> None:
        name = tag.name
        if self._pre or name == "pre":
            if not self._pre:
                self.flush()
            self._pre += name == "pre"
        elif name in _SHOWN:
            self._text.append("\n" if name == "br" else f" {tag.get('alt') or ''} ")
        elif name in ("ul", "ol", "menu"):
            self._begin_list(name)
        elif name == "li":
            self._end_line()
            self._text.append(self._bullet())
        elif name == "table":
            self.flush()
            self._tables += 1
        elif name in ("td", "th"):
            self._begin_cell(tag)
        elif name == "tr" or (name in _LINES and self._inside()):
            self._break()
        elif name in _LINES or _HEADING.fullmatch(name):
            self.flush()

    def _leave(self, tag: Any) -> None:
        name = tag.name
        if self._pre:
            self._pre -= name == "pre"
            if not self._pre:
                self._end_code()
        elif name in ("ul", "ol", "menu"):
            self._end_list()
        elif name == "table":
            self._tables = max(self._tables - 1, 0)
            self.flush()
        elif name in ("li", "tr", "caption"):
            self._end_line()
        elif _HEADING.fullmatch(name):
            self._end_heading(int(name[1]))
        elif name in _LINES and not self._inside():
            self.flush()

    def _inside(self) -> bool:
        """Tell whether a paragraph here is part of an item or a cell."""
        return bool(self._lists or self._tables)

    def _break(self) -> None:
        """Begin a new line in an item; in a cell text goes on."""
        if self._tables:
            self._text.append(" ")
        elif "".join(self._text).strip(" -0123456789."):
            self._end_line()

    def _begin_list(self, name: str) -> None:
        if not self._lists:
            self.flush()
        else:
            self._end_line()
        self._lists.append(0 if name == "ol" else None)

    def _end_list(self) -> None:
        self._end_line()
        if self._lists:
            self._lists.pop()
        if not self._lists and not self._tables:
            self.flush()

    def _bullet(self) -> str:
        if self._lists and (count := self._lists[-1]) is not None:
            self._lists[-1] = count + 1
            return f"{count + 1}. "
        return "- "

    def _begin_cell(self, tag: Any) -> None:
        if tag.find_previous_sibling(["td", "th"]) is not None:
            self._text.append(" | ")

    def _end_code(self) -> None:
        code = clean("".join(self._text)).strip("\n")
        self._text = []
        if code.strip():
            self.blocks.append(Block(f"```\n{code}\n```"))

    def _end_heading(self, level: int) -> None:
        text = " ".join(clean("".join(self._text)).split()).removesuffix("¶").rstrip()
        self._text = []
        self.flush()
        if text:
            self.blocks.append(Block(text, level=level))
