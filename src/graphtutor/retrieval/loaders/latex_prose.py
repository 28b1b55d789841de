r"""The body of LaTeX source to blocks: one pass from mark to mark, groups on a stack."""

from __future__ import annotations

import re
from collections.abc import Callable

from graphtutor.retrieval.loaders.latex_marks import (
    ACCENTS,
    DROPPED,
    HEADINGS,
    LISTS,
    MATH,
    OPTIONAL_DROPPED,
    SIGNS,
    STATEMENTS,
    TABLES,
    UNSEEN,
    VERBATIM,
    accented,
)
from graphtutor.retrieval.loaders.latex_syntax import argument, optional, skip_space, tidy
from graphtutor.retrieval.loaders.layout import Block

__all__ = ["Prose"]

_MARK = re.compile(
    r"\\(?:([A-Za-z@]+)\*?[ \t]*|(.))|(\$\$?)|(\n[ \t]*\n\s*)|(``|''|---?|[{}~&])", re.DOTALL
)
_TYPOGRAPHY = {
    "``": "“",
    "''": "”",
    "--": "\u2013",
    "---": "—",
    "~": " ",
    "&": " | ",
    "{": "",
    "}": "",
}
_MOST_EXPANDED, _MOST_UNCLOSED, _DEEPEST = 2_000_000, 100, 10
_LONGEST_FORMULA = 20_000


class Prose:
    """Turns LaTeX into blocks; made for one text, used once."""

    def __init__(self, source: str, macros: dict[str, str], depth: int = 0) -> None:
        """``macros`` are the author's commands that stand for words; ``depth`` counts groups."""
        self._source = source
        self._macros = macros
        self._at = 0
        self._blocks: list[Block] = []
        self._parts: list[str] = []
        self._lists: list[int | None] = []
        self._expanded = 0
        self._depth = depth
        self._unclosed = 0
        self._missing: set[str] = set()
        self._handlers: dict[str, Callable[[], None]] = {
            "begin": self._begin,
            "end": self._end,
            "item": self._item,
            "footnote": self._footnote,
            "caption": self._caption,
            "captionof": self._caption,
            "verb": self._verb,
            "lstinline": self._verb,
            "url": self._url,
            "def": self._def,
        }
        self._inside_table = 0

    def blocks(self) -> list[Block]:
        """Return the blocks of the text."""
        while match := _MARK.search(self._source, self._at):
            self._parts.append(self._source[self._at : match.start()])
            self._at = match.end()
            self._take(match)
        self._parts.append(self._source[self._at :])
        self._flush()
        return self._blocks

    def _take(self, match: re.Match[str]) -> None:
        name, sign, dollar, gap, mark = match.groups()
        if name:
            self._command(name)
        elif sign is not None:
            self._sign(sign)
        elif dollar:
            self._math(dollar, dollar)
        elif gap:
            self._paragraph_ends()
        elif mark == "&" and not self._inside_table:
            self._parts.append("&")
        else:
            self._parts.append(_TYPOGRAPHY.get(mark, mark))

    def _flush(self) -> None:
        text = tidy("".join(self._parts))
        self._parts = []
        if text:
            self._blocks.append(Block(text))

    def _inner(self, source: str) -> str:
        """Return the text of an argument in one line; groups too deep are left as they are."""
        if self._depth >= _DEEPEST:
            return source
        blocks = Prose(source, self._macros, self._depth + 1).blocks()
        return " ".join(" ".join(block.text for block in blocks).split())

    def _argument(self, at: int) -> tuple[str, int]:
        """Return an argument and where it ends; gives up where many braces never close."""
        if self._unclosed > _MOST_UNCLOSED:
            return "", at
        text, end = argument(self._source, at)
        self._unclosed += not text and self._source[end - 1 : end] == "{"
        return text, end

    def _optional(self, at: int) -> tuple[str | None, int]:
        """Return an argument in brackets and where it ends; gives up as :meth:`_argument` does."""
        if self._unclosed > _MOST_UNCLOSED:
            return None, at
        text, end = optional(self._source, at)
        start = skip_space(self._source, at)
        self._unclosed += text is None and self._source.startswith("[", start)
        return text, end

    def _find(self, closes: str, at: int) -> int:
        """Find the end of an environment; what was not found once is not sought again."""
        end = -1 if closes in self._missing else self._source.find(closes, at)
        if end < 0:
            self._missing.add(closes)
        return end

    def _paragraph_ends(self) -> None:
        # A list stays one block; its items are lines.
        if self._lists or self._inside_table:
            self._parts.append("\n")
        else:
            self._flush()

    def _sign(self, sign: str) -> None:
        if sign == "\\":
            _, self._at = self._optional(self._at)
            self._parts.append("\n")
        elif sign in "([":
            self._math("\\" + sign, "\\)" if sign == "(" else "\\]")
        elif sign in ACCENTS:
            letter, self._at = self._argument(self._at)
            self._parts.append(accented(sign, letter.removeprefix("\\")))
        else:
            self._parts.append(SIGNS.get(sign, ""))

    def _math(self, opens: str, closes: str) -> None:
        """Keep a formula as it is written, without its label."""
        end = self._find(closes, self._at)
        while end > 0 and self._source[end - 1] == "\\" and closes[0] == "$":
            end = self._find(closes, end + 1)
        if end < 0 or end - self._at > _LONGEST_FORMULA:
            return
        formula = re.sub(r"\\label\s*\{[^{}]{0,200}\}", "", self._source[self._at : end])
        self._parts.append(f"{opens}{' '.join(formula.split())}{closes}")
        self._at = end + len(closes)

    def _command(self, name: str) -> None:
        if name in HEADINGS:
            self._heading(HEADINGS[name])
        elif name in self._handlers:
            self._handlers[name]()
        elif name in self._macros:
            self._expand(self._macros[name])
        elif name in SIGNS:
            self._parts.append(SIGNS[name])
        elif name in ACCENTS:
            letter, self._at = self._argument(self._at)
            self._parts.append(accented(name, letter.removeprefix("\\")))
        else:
            self._other(name)

    def _other(self, name: str) -> None:
        """Drop a command: with its arguments if they show nothing, else its options alone."""
        _, self._at = self._optional(self._at)
        if name in DROPPED:
            _, self._at = self._optional(self._at)
            self._drop(DROPPED[name])
            # "a result~\cite{x}." reads "a result."
            if self._parts and name not in ("vspace", "hspace"):
                self._parts.append("\0")
        elif name in OPTIONAL_DROPPED:
            self._drop(OPTIONAL_DROPPED[name])
        elif name in ("title", "author", "date", "address"):
            self._drop(1)

    def _drop(self, count: int) -> None:
        for _ in range(count):
            _, self._at = self._argument(self._at)
            _, self._at = self._optional(self._at)

    def _expand(self, text: str) -> None:
        """Read a word of the author's own: its text is put before what is still to be read."""
        self._expanded += len(text)
        if self._expanded <= _MOST_EXPANDED:
            # Its own macros are not filled in again: none can grow without end.
            inner = Prose(text, {}, self._depth + 1).blocks() if self._depth < _DEEPEST else []
            self._parts.append(" ".join(block.text for block in inner))
            if text.endswith((" ", "\\xspace")) and self._source[self._at : self._at + 1].isalnum():
                self._parts.append(" ")
            elif self._source[self._at - 1] in " \t":
                # "\ours is" was meant with a space only where xspace or braces keep it.
                self._parts.append(" ")
        if self._source.startswith("{}", self._at):
            self._at += 2

    def _heading(self, level: int) -> None:
        self._flush()
        _, at = self._optional(self._at)
        text, self._at = self._argument(at)
        inner = self._inner(text)
        if inner:
            self._blocks.append(Block(inner, level))

    def _begin(self) -> None:
        name, self._at = self._argument(self._at)
        base = name.rstrip("*")
        if base in MATH:
            self._math(f"\\begin{{{name}}}", f"\\end{{{name}}}")
        elif base in VERBATIM:
            self._code(name)
        elif base in UNSEEN:
            end = self._find(f"\\end{{{name}}}", self._at)
            self._at = end if end >= 0 else self._at
        elif base in LISTS:
            self._begin_list(base)
        elif base in TABLES:
            self._begin_table(base)
        else:
            self._begin_other(base)

    def _begin_list(self, base: str) -> None:
        if not self._lists:
            self._flush()
        _, self._at = self._optional(self._at)
        self._lists.append(0 if base == "enumerate" else None)

    def _begin_table(self, base: str) -> None:
        self._flush()
        self._inside_table += 1
        _, self._at = self._optional(self._at)
        self._drop(2 if base in ("tabularx", "tabulary") else 1)

    def _begin_other(self, base: str) -> None:
        if not self._lists:
            self._flush()
        name, self._at = self._optional(self._at)
        if base == "abstract":
            self._blocks.append(Block("Abstract", HEADINGS["section"]))
        elif base in STATEMENTS:
            self._parts.append(f"{base.capitalize()}{f' ({name})' if name else ''}. ")
        elif base in ("minipage", "wrapfigure", "multicols", "adjustbox"):
            self._drop(2 if base == "wrapfigure" else 1)

    def _end(self) -> None:
        name, self._at = self._argument(self._at)
        base = name.rstrip("*")
        if base in LISTS and self._lists:
            self._lists.pop()
        elif base in TABLES:
            self._inside_table = max(self._inside_table - 1, 0)
        if not self._lists and base not in MATH:
            self._flush()

    def _item(self) -> None:
        label, self._at = self._optional(self._at)
        bullet = "- "
        if self._lists and (count := self._lists[-1]) is not None:
            self._lists[-1] = count + 1
            bullet = f"{count + 1}. "
        self._parts.append(f"\n{bullet}")
        if label:
            self._parts.append(self._inner(label) + " ")
        self._at = skip_space(self._source, self._at)

    def _footnote(self) -> None:
        text, self._at = self._argument(self._at)
        inner = self._inner(text)
        if inner:
            self._parts.append(f" ({inner})")

    def _caption(self) -> None:
        _, at = self._optional(self._at)
        text, self._at = self._argument(at)
        self._flush()
        self._parts.append(self._inner(text))
        self._flush()

    def _verb(self) -> None:
        _, self._at = self._optional(self._at)
        mark = self._source[self._at : self._at + 1]
        closing = "}" if mark == "{" else mark
        end = self._source.find(closing, self._at + 1, self._at + 1000) if mark.strip() else -1
        if end > 0:
            self._parts.append(self._source[self._at + 1 : end])
            self._at = end + 1

    def _url(self) -> None:
        text, self._at = self._argument(self._at)
        self._parts.append(text)

    def _def(self) -> None:
        start = self._source.find("{", self._at, self._at + 200)
        if start >= 0:
            _, self._at = self._argument(start)

    def _code(self, name: str) -> None:
        closes = f"\\end{{{name}}}"
        end = self._find(closes, self._at)
        end = len(self._source) if end < 0 else end
        code = self._source[self._at : end]
        self._flush()
        # Options and the language stand on the first line.
        first, _, rest = code.partition("\n")
        code = rest if re.fullmatch(r"\s*(\[[^\]]*\])?(\{\w*\})?\s*", first) else code
        if code.strip():
            self._blocks.append(Block("```\n" + code.strip("\n") + "\n```"))
        self._at = min(end + len(closes), len(self._source))
