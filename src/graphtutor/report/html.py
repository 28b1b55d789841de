"""Renders a report as one self-contained HTML page: no script, no outside file, fit for printing.

Everything that came from a file or a model is escaped.

>>> "3 &lt; 4" in html_of(Document("Run", (Paragraph("3 < 4"),)), {})
True
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from typing import Final

from graphtutor.report.document import (
    Block,
    Code,
    Document,
    Figure,
    Heading,
    Paragraph,
    Table,
    Transcript,
)

__all__ = ["html_of"]

_STYLE: Final = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1c1c1c; background: #fff;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; margin-bottom: .5rem; }
h2 { font-size: 1.25rem; margin-top: 2.2rem; border-bottom: 1px solid #ddd; }
h3 { font-size: 1.05rem; margin-top: 1.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #e4e4e4; }
th { vertical-align: bottom; border-bottom: 2px solid #888; }
th.text, td.text { text-align: left; }
td.faint { color: #767676; background: repeating-linear-gradient(
  -45deg, #fff, #fff 5px, #efefef 5px, #efefef 7px); }
figure { margin: 1.2rem 0; } figure img { max-width: 100%; height: auto; }
figcaption, .aside { color: #555; font-size: .9rem; }
pre { background: #f6f6f6; padding: .7rem; font-size: .85rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
article { border-left: 5px solid #D55E00; padding-left: 1rem; margin: 1.6rem 0; }
article.right { border-color: #009E73; }
.verdict { font-weight: 600; } .verdict.true { color: #00664b; } .verdict.false { color: #a64700; }
@media print { body { max-width: none; margin: 0; font-size: 11pt; }
  .wide { overflow: visible; } article, figure, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; } }
"""


def html_of(document: Document, images: Mapping[str, bytes]) -> str:
    """Return the whole page. ``images`` holds the SVG of each figure by name."""
    body = "\n".join(_block(block, images) for block in document.blocks)
    title = escape(document.title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _block(block: Block, images: Mapping[str, bytes]) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text, aside):
            opening = '<p class="aside">' if aside else "<p>"
            return f"{opening}{escape(text)}</p>"
        case Table():
            return _table(block)
        case Figure(name, caption):
            return _figure(images[name], caption)
        case Code(text):
            return f"<pre>{escape(text.rstrip())}</pre>"
        case Transcript():
            return _transcript(block)


def _figure(image: bytes, caption: str) -> str:
    # As an image the SVG's ids cannot clash with those of the next plot, and no script in it runs.
    data = base64.b64encode(image).decode("ascii")
    return (
        f'<figure><img alt="{escape(caption)}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _table(table: Table) -> str:
    def kind(column: int, row: int | None = None) -> str:
        names = ["text"] if column in table.text_columns else []
        names += ["faint"] if row is not None and (row, column) in table.faint else []
        return f' class="{" ".join(names)}"' if names else ""

    head = "".join(
        f'<th scope="col"{kind(column)}>{escape(name)}</th>'
        for column, name in enumerate(table.header)
    )
    rows = "\n".join(
        f"<tr>{''.join(f'<td{kind(c, r)}>{escape(cell)}</td>' for c, cell in enumerate(row))}</tr>"
        for r, row in enumerate(table.rows)
    )
    return (
        f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _transcript(sample: Transcript) -> str:
    outcome = "right" if sample.right else "wrong"
    facts = "".join(f"<li>{escape(fact)}</li>" for fact in sample.facts)
    steps = "".join(
        f"<li>{escape(claim)}: <span class="
        f'"verdict {"true" if verdict == "true edge" else "false"}">{escape(verdict)}</span></li>'
        for claim, verdict in sample.hops
    )
    return (
        f'<article class="{outcome}"><h3>{escape(sample.title)}: {outcome}</h3>'
        f"<pre>{escape(sample.question)}</pre>"
        f"<pre>{escape(sample.completion or '(nothing)')}</pre>"
        f"<ul>{facts}</ul>{f'<ol>{steps}</ol>' if steps else ''}</article>"
    )
