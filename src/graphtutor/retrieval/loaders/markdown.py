r"""Markdown: headings and front matter read, code kept, marks that disturb reading taken out.

>>> layout = read_markdown("# Pump\n\nSet **max_rpm** in `pump.cfg` ([more](x.md)).\n")
>>> layout.title, layout.text
('Pump', 'Pump\n\nSet max_rpm in pump.cfg (more).\n')
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, cast

from graphtutor.retrieval.loaders.clean import clean
from graphtutor.retrieval.loaders.layout import Block, Layout, lay_out

__all__ = ["plain_inline", "read_markdown"]

_MOST_FRONT = 20_000
_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})([^`]*)$")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_QUOTE = re.compile(r" {0,3}(?:> ?)+")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+")
_DEFINITION = re.compile(r" {0,3}\[[^\]^][^\]]{0,200}\]:\s*\S+.*$")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*$|\s*\|\s*:?-+:?\s*\|\s*$")
_COMMENT = re.compile(r"<!--.*?-->|<!--.*\Z", re.DOTALL)
_TAGS = (
    "a abbr b big blockquote br center code dd del details div dl dt em font h1 h2 h3 h4 h5 h6 "
    "hr i img ins kbd li mark ol p picture pre q s samp small source span strong sub summary "
    "sup table tbody td tfoot th thead tr tt u ul var video"
)
_TAG = re.compile(rf"</?(?:{'|'.join(_TAGS.split())})(?:\s[^<>]{{0,1000}})?/?>", re.IGNORECASE)
# Code spans, escapes, images and links, addresses in brackets: whatever comes first.
_INLINE = re.compile(
    r"(?P<ticks>`+)(?P<code>(?:(?!(?P=ticks)).){1,2000})(?P=ticks)(?!`)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|!?\[(?P<text>[^\[\]\n]{0,500})\](?:\((?P<url>[^()\s]{0,1000}(?:\([^()\s]{0,200}\))?)"
    r"(?:\s+[\"'][^\"'\n]{0,300}[\"'])?\)|\[[^\[\]\n]{0,200}\])"
    r"|<(?P<address>(?:https?://|mailto:)[^<>\s]{1,1000})>",
)
_STRONG = re.compile(r"(?<![\w*])\*{1,3}(?=\S)([^*\n]{1,2000}?)(?<=\S)\*{1,3}(?![\w*])")
_UNDER = re.compile(r"(?<![\w_])_{1,3}(?=[^\s_])([^\n]{1,2000}?)(?<=[^\s_])_{1,3}(?![\w_])")
_KEY = re.compile(r"([A-Za-z][\w-]*):(?:\s+(.*))?$")
_STRUCK = re.compile(r"~~(?=\S)([^~\n]{1,2000})~~")


def read_markdown(text: str) -> Layout:
    """Return headings and prose of ``text``; title and date from its front matter, if any."""
    front, body = _front_matter(clean(text))
    blocks = list(_blocks(body.split("\n")))
    first = next((block.text for block in blocks if block.level == 1), "")
    title = " ".join(str(front.get("title") or "").split())[:300]
    return lay_out(blocks, title=title or first, date=_day(front.get("date")))


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Part the YAML between two lines of dashes at the beginning from the text.

    Where it is no YAML, as in ``title: Disks: how they fill``, lines of keys are read one by one.
    """
    import yaml

    from graphtutor.io.yaml_file import load_yaml

    end = text.find("\n---", 3, _MOST_FRONT) if text.startswith("---\n") else -1
    if end < 0 or text[end + 4 : end + 5] not in ("", "\n"):
        return {}, text
    try:
        front = load_yaml(text[4 : end + 1])
    except (yaml.YAMLError, ValueError, RecursionError):
        front = _lines_of_keys(text[4:end])
    if not isinstance(front, dict):
        return {}, text
    return cast("dict[str, Any]", front), text[end + 4 :]


def _lines_of_keys(text: str) -> dict[str, Any] | None:
    """Read ``key: value`` lines; None if a line is none, nor blank, nor part of a list."""
    lines = [line for line in text.split("\n") if line.strip()]
    keys = [_KEY.match(line) for line in lines if line[0] not in " \t-#"]
    if not keys or not all(keys):
        return None
    return {key[1]: (key[2] or "").strip("\"' ") for key in keys if key}


def _day(value: Any) -> str:
    text = value.isoformat() if isinstance(value, date) else str(value or "")
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""


def _blocks(lines: list[str]) -> Iterator[Block]:
    prose: list[str] = []
    at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        heading = _heading(lines, at)
        if not (fence or heading or not lines[at].strip()):
            prose.append(lines[at])
            at += 1
            continue
        yield from _paragraph(prose)
        prose = []
        if fence:
            end = _fence_end(lines, at, fence[2])
            yield Block("\n".join(["```" + fence[3].strip(), *lines[at + 1 : end], "```"]))
            at = end + 1
        elif heading:
            level, text, used = heading
            yield Block(plain_inline(text), level=level)
            at += used
        else:
            at += 1
    yield from _paragraph(prose)


def _fence_end(lines: list[str], start: int, mark: str) -> int:
    """Return the line that closes the code which ``start`` opens, or where the text ends."""
    for at in range(start + 1, len(lines)):
        line = lines[at].strip()
        if line.startswith(mark) and not line.strip(mark[0]):
            return at
    return len(lines)


def _heading(lines: list[str], at: int) -> tuple[int, str, int] | None:
    """Return level, text and the number of lines of the heading at ``at``."""
    line = lines[at]
    atx = _ATX.match(line)
    if atx and atx[2]:
        return len(atx[1]), atx[2], 1
    # Underlined text: one line alone, for two are more likely a paragraph and a rule.
    alone = at == 0 or not lines[at - 1].strip()
    under = _SETEXT.match(lines[at + 1]) if at + 1 < len(lines) else None
    if under and alone and re.search(r"\w", line) and not (_ITEM.match(line) or "|" in line):
        return (1 if under[1][0] == "=" else 2), line.strip(), 2
    return None


def _paragraph(lines: list[str]) -> Iterator[Block]:
    kept = [_QUOTE.sub("", line) if line.lstrip().startswith(">") else line for line in lines]
    kept = [
        line
        for line in kept
        if not (_RULE.match(line) or _DEFINITION.match(line) or _TABLE_RULE.match(line))
    ]
    rows = [_row(line) for line in kept]
    text = plain_inline("\n".join(rows)).strip("\n")
    if text.strip():
        yield Block("\n".join(line.rstrip() for line in text.split("\n") if line.strip()))


def _row(line: str) -> str:
    """Return a line; a table's with one bar between cells and none at its ends."""
    if not (line.lstrip().startswith("|") and line.rstrip().endswith("|") and len(line) > 2):
        return line
    cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
    return " | ".join(cell.strip() for cell in cells)


def plain_inline(text: str) -> str:
    """Return ``text`` without the marks of emphasis, links and code spans.

    What stands in code spans and identifiers with underscores stay as they are.
    """
    parts: list[str] = []
    end = 0
    text = _COMMENT.sub("", text) if "<!--" in text else text
    for match in _INLINE.finditer(text):
        parts += [_plain(text[end : match.start()]), _meant(match)]
        end = match.end()
    parts.append(_plain(text[end:]))
    # Emphasis may go round links and code, so what it wraps is joined first.
    return "".join(parts)


def _meant(match: re.Match[str]) -> str:
    for name in ("code", "escaped", "text", "address"):
        if match[name] is not None:
            return match[name].strip() if name == "code" else match[name]
    return ""


def _plain(text: str) -> str:
    text = _TAG.sub("", text)
    for pattern in (_STRONG, _UNDER, _STRUCK):
        text = pattern.sub(r"\1", text)
    return html.unescape(text)
