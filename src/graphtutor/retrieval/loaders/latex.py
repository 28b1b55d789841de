r"""LaTeX: the sections as the author wrote them, prose without commands, formulas as source.

>>> source = r"\title{On Pumps}\begin{document}\section{Air}It is $p_0$~\cite{x}."
>>> layout = read_latex({"main.tex": source})
>>> layout.title, layout.text
('On Pumps', 'Air\n\nIt is $p_0$.\n')
"""

from __future__ import annotations

import re
from datetime import datetime

from graphtutor.retrieval.loaders.clean import clean
from graphtutor.retrieval.loaders.latex_prose import Prose
from graphtutor.retrieval.loaders.latex_source import joined_source
from graphtutor.retrieval.loaders.latex_syntax import argument, plain_definitions
from graphtutor.retrieval.loaders.layout import Layout, lay_out

__all__ = ["read_latex"]

_BEGIN, _END = r"\begin{document}", r"\end{document}"
_META = re.compile(r"\\(title|date)\s*(?:\[[^\[\]]{0,500}\])?\s*(?=\{)")


def read_latex(files: dict[str, str]) -> Layout:
    """Return the paper that the TeX ``files``, by name, make up.

    Citations, references, labels, comments and the bibliography are left out; short commands that
    the author defines for words are filled in.
    """
    source, notes = joined_source(files)
    head, body = _parts(clean(source))
    macros = plain_definitions(head)
    found: dict[str, str] = {}
    for match in _META.finditer(head + body[:20_000]):
        if match[1] not in found:
            text, _ = argument(match.string, match.end())
            found[match[1]] = _inline(text, macros)
    prose = Prose(body, macros)
    return lay_out(
        prose.blocks(),
        title=found.get("title", "")[:300],
        date=_day(found.get("date", "")),
        notes=notes,
    )


def _parts(source: str) -> tuple[str, str]:
    """Part preamble and body; a fragment is body alone."""
    start = source.find(_BEGIN)
    if start < 0:
        return "", source
    end = source.find(_END, start)
    return source[:start], source[start + len(_BEGIN) : end if end >= 0 else len(source)]


def _inline(text: str, macros: dict[str, str]) -> str:
    return " ".join(" ".join(block.text for block in Prose(text, macros).blocks()).split())


def _day(text: str) -> str:
    """Return a date written out in English, or as ISO, as ISO; else nothing."""
    text = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text.replace(",", " "))
    text = " ".join(text.split())
    for form in ("%Y-%m-%d", "%B %d %Y", "%d %B %Y", "%b %d %Y", "%d %b %Y"):
        try:
            return datetime.strptime(text, form).date().isoformat()
        except ValueError:
            continue
    return ""
