r"""Arguments and definitions of LaTeX, read by counting braces.

>>> argument("{a{b}c} d", 0)
('a{b}c', 7)
"""

from __future__ import annotations

import re
from itertools import islice

__all__ = ["argument", "optional", "plain_definitions", "skip_space", "tidy"]

_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_BRACKETS = re.compile(r"\\.|[{}\[\]]", re.DOTALL)
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[^\\{}\s]", re.DOTALL)
_LONGEST, _MOST_DEFINITIONS = 100_000, 500
_SPACE = re.compile(r"[ \t]*\n?[ \t]*")
_DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand)\*?\s*\{?\\([A-Za-z]{2,40})\}?\s*(?=\{)"
    r"|\\def\s*\\([A-Za-z]{2,40})\s*(?=\{)"
)


def skip_space(text: str, at: int) -> int:
    """Return the place after spaces and at most one line end."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


def argument(text: str, at: int) -> tuple[str, int]:
    """Return the argument at ``at`` and where it ends: a group in braces, or one token."""
    at = skip_space(text, at)
    if text[at : at + 1] != "{":
        token = _TOKEN.match(text, at)
        return (token[0], token.end()) if token else ("", at)
    depth = 0
    for match in _BRACES.finditer(text, at, at + _LONGEST):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return text[at + 1 : match.start()], match.end()
    # A brace that never closes is passed over.
    return "", at + 1


def optional(text: str, at: int) -> tuple[str | None, int]:
    """Return the argument in brackets at ``at``, None if there is none, and where it ends."""
    start = skip_space(text, at)
    if text[start : start + 1] != "[":
        return None, at
    depth = 0
    for match in _BRACKETS.finditer(text, start + 1, start + 5_000):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
        elif match[0] == "]" and depth <= 0:
            return text[start + 1 : match.start()], match.end()
    return None, at


def plain_definitions(head: str) -> dict[str, str]:
    r"""Return the commands without arguments that stand for words: \newcommand{\ours}{X}.

    >>> plain_definitions(r"\newcommand{\ours}{\textsc{Net}\xspace} \def\R{\mathbb{R}}")
    {'ours': '\\textsc{Net}\\xspace'}
    """
    found: dict[str, str] = {}
    for match in islice(_DEFINITION.finditer(head), _MOST_DEFINITIONS):
        text, _ = argument(head, match.end())
        name = match[1] or match[2]
        if len(text) <= 200 and "#" not in text and f"\\{name}" not in text:
            found[name] = text
    return found


def tidy(text: str) -> str:
    """Return lines without doubled spaces, and no space where a citation stood before a stop."""
    text = re.sub(r"(?<![ \t\n])[ \t\n]*+\0+(?=[ \t]*[.,;:)\]])", "", text).replace("\0", "")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    lines = [re.sub(r"(?<!\| )(?:\| )++$", "", line).strip() for line in lines]
    text = "\n".join(line for line in lines if line)
    return re.sub(r"\(\s*[,;\s]*\)|\[\s*[,;\s]*\]", "", text).strip()
