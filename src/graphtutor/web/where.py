"""The filter expressions of the table: comparisons joined by and, or, not. Parsed, never evaluated.

    right and not grounded and hop >= 4
    phase in (sft, rsft) and reward < -1.5 or answer = null
    id ~ "eval_0001"

>>> parse_where("hop >= 4 and not right")
And(left=Comparison(column='hop', operator='>=', values=(4.0,)), right=Not(item=...))
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from graphtutor.web.problem import BadRequest

__all__ = [
    "COLUMNS",
    "And",
    "Comparison",
    "Expression",
    "Literal",
    "Not",
    "Or",
    "parse_where",
]

COLUMNS: Final = (
    "answer",
    "coverage",
    "cut",
    "grounded",
    "hop",
    "i",
    "id",
    "length",
    "phase",
    "reward",
    "right",
    "split",
    "star",
    "tier",
    "tokens",
    "valid",
)
"""The columns that an expression may name."""

_LONGEST: Final = 1000
_DEEPEST: Final = 40
_MOST_VALUES: Final = 100
_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<operator><=|>=|!=|==|=|<|>|~)
      | (?P<mark>[(),])
      | (?P<word>[A-Za-z_][\w.\-]*)
    )""",
    re.VERBOSE,
)

Literal = float | str | bool | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column against values: =, !=, <, <=, >, >=, ~ (holds the text) or in (several)."""

    column: str
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What ``item`` is not."""

    item: Expression


@dataclass(frozen=True, slots=True)
class And:
    """Both."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Or:
    """At least one."""

    left: Expression
    right: Expression


Expression = Comparison | Not | And | Or


def parse_where(source: str) -> Expression:
    """Parse an expression. Raises BadRequest that says where it goes wrong."""
    if len(source) > _LONGEST:
        raise _wrong(f"an expression of at most {_LONGEST} characters", f"{len(source)}", 0)
    parser = _Parser(source)
    found = parser.either(0)
    parser.end()
    return found


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, source: str) -> None:
        self._tokens = _tokens(source)
        self._at = 0

    def either(self, depth: int) -> Expression:
        return self._joined(depth, "or", self._both, Or)

    def end(self) -> None:
        token = self._next()
        if token.kind != "end":
            raise _wrong("and, or, or the end", token.text, token.at)

    def _both(self, depth: int) -> Expression:
        return self._joined(depth, "and", self._item, And)

    def _joined(
        self,
        depth: int,
        word: str,
        part: Callable[[int], Expression],
        join: Callable[[Expression, Expression], Expression],
    ) -> Expression:
        found = part(depth)
        joined = 0
        while self._peek().kind == "word" and self._peek().text.lower() == word:
            self._next()
            joined += 1
            if joined > _DEEPEST:
                raise _wrong(f"at most {_DEEPEST} parts joined by {word}", "more", self._peek().at)
            found = join(found, part(depth))
        return found

    def _item(self, depth: int) -> Expression:
        token = self._next()
        if depth > _DEEPEST:
            raise _wrong("fewer parentheses", "too many", token.at)
        if token.kind == "mark" and token.text == "(":
            found = self.either(depth + 1)
            self._mark(")")
            return found
        if token.kind == "word" and token.text.lower() == "not":
            return Not(self._item(depth + 1))
        if token.kind != "word" or token.text not in COLUMNS:
            raise _wrong(f"a column ({', '.join(COLUMNS)})", token.text, token.at)
        return self._comparison(token.text)

    def _comparison(self, column: str) -> Comparison:
        token = self._peek()
        if token.kind == "operator":
            self._next()
            operator = "=" if token.text == "==" else token.text
            return Comparison(column, operator, (self._value(),))
        if token.kind == "word" and token.text.lower() == "in":
            self._next()
            return Comparison(column, "in", self._values())
        # A column alone: whether it is set.
        return Comparison(column, "=", (True,))

    def _values(self) -> tuple[Literal, ...]:
        self._mark("(")
        values = [self._value()]
        while self._peek().text == "," and len(values) < _MOST_VALUES:
            self._next()
            values.append(self._value())
        self._mark(")")
        return tuple(values)

    def _value(self) -> Literal:
        token = self._next()
        if token.kind == "number":
            return float(token.text)
        if token.kind == "text":
            return token.text[1:-1]
        if token.kind == "word":
            known = {"true": True, "false": False, "null": None, "none": None}
            return known.get(token.text.lower(), token.text)
        raise _wrong("a number, a text, true, false or null", token.text, token.at)

    def _mark(self, mark: str) -> None:
        token = self._next()
        if token.kind != "mark" or token.text != mark:
            raise _wrong(repr(mark), token.text, token.at)

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token


def _tokens(source: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while source[at:].strip():
        found = _TOKEN.match(source, at)
        if found is None:
            rest = source[at:].lstrip()
            raise _wrong("a column, a value or an operator", rest[:20], len(source) - len(rest))
        kind = found.lastgroup or ""
        tokens.append(_Token(kind, found[kind], found.start(kind)))
        at = found.end()
    return [*tokens, _Token("end", "the end", len(source))]


def _wrong(wanted: str, got: str, at: int) -> BadRequest:
    return BadRequest(
        f"where, character {at + 1}",
        wanted=wanted,
        got=got,
        remedy='for example: right and not grounded and hop >= 4, or id ~ "0001"',
    )
