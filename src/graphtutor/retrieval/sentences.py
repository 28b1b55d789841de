r"""Where sentences begin and end, for cutting chunks and for quoting.

A rule of thumb for European languages, and the full stops of Chinese, Japanese and Arabic. Lines
of code, of tables and of lists are sentences of their own.

>>> text = "Fig. 2 shows it. Does it?\n- restart the pump\n- call Dr. Who"
>>> [text[start:end] for start, end in sentence_spans(text)]
['Fig. 2 shows it.', 'Does it?', '- restart the pump', '- call Dr. Who']
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["sentence_spans"]

# Possessive, and a run of stops is tried once: time stays linear in any text.
_ENDS = re.compile(
    r"(?<![.!?…؟])[.!?…؟]++[\"'”\u2019»)\]]*+\s++(?=\S)"
    r"|[。\uff01\uff1f]++[」』”\u2019\uff09]*+\s*+|\n[ \t]*+\n\s*+|\n"
)
_FENCE = re.compile(r"[ \t]*(```|~~~)")
_ITEM = re.compile(r"\s*([-*+•▪◦]|\(?(\d{1,3}|[ivx]{1,4}|[A-Za-z])[.)])\s")
_ABBREVIATIONS = frozenset(
    "al approx bzgl bzw ca cf ch co corp cp dept dr ed eds eq eqs etc fig figs inc jr ltd max min "
    "mr mrs ms no nos nr p pp prof resp sec sect sog sr st tab usw vgl viz vol vs".split()
)
_LAST_WORD = re.compile(r"([^\s(\[]*)\.$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence in order; whitespace between them is left out.

    Every other character is in exactly one of them.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for end, then in _cuts(text):
        if text[start:end].strip():
            spans.append(_trim(text, start, end))
        start = then
    if text[start:].strip():
        spans.append(_trim(text, start, len(text)))
    return spans


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a sentence ends and where the next begins."""
    line = 0
    fenced = bool(_FENCE.match(text))
    for match in _ENDS.finditer(text):
        gap = text.find("\n", match.start(), match.end())
        if gap < 0:
            if not fenced and _is_end(text, line, match):
                yield match.start() + len(match[0].rstrip()), match.end()
            continue
        opens = bool(_FENCE.match(text, match.end()))
        fence = opens or bool(_FENCE.match(text, line))
        if _is_break(text, line, match, fenced or fence):
            yield match.start() + len(match[0].rstrip()), match.end()
        fenced ^= opens
        line = match.end()


def _is_end(text: str, line: int, match: re.Match[str]) -> bool:
    """Tell whether a full stop in a line, which begins at ``line``, ends a sentence."""
    mark = match[0].rstrip()
    if mark != ".":
        return mark[0] in "。\uff01\uff1f" or not text[match.end()].islower()
    after = text[match.end()]
    word = _LAST_WORD.search(text, max(line, match.start() - 40), match.start() + 1)
    before = word[1] if word else ""
    if after.islower() or (before.isalpha() and before.lower() in _ABBREVIATIONS):
        return False
    # An initial, "e.g." or "z. B.", or the number of a list item.
    single = (len(before) == 1 and before.isalpha()) or re.fullmatch(r"(\w\.)+\w", before)
    number = match.start() - line < 8 and text[line : match.start()].strip().isdigit()
    return not single and not number


def _is_break(text: str, line: int, match: re.Match[str], fenced: bool) -> bool:
    """Tell whether the end of the line that begins at ``line`` ends a sentence."""
    if fenced or match[0].count("\n") > 1 or (match[0].strip() and _is_end(text, line, match)):
        return True
    rest = text[match.end() : match.end() + 200].split("\n", 1)[0]
    return " | " in text[line : match.start()] or " | " in rest or bool(_ITEM.match(rest))


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())
