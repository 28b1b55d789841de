"""Markdown and HTML of single blocks: what a model or a file wrote cannot break the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from graphtutor.report.document import (
    Code,
    Document,
    Figure,
    Heading,
    Paragraph,
    Table,
    Transcript,
)
from graphtutor.report.figures import number, p_value, phase_label, points, rate, tier_label
from graphtutor.report.html import html_of
from graphtutor.report.markdown import markdown_of

TABLE = Table(("phase", "n"), (("a|b", "1"), ("<i>", "2")), faint=frozenset({(1, 1)}))


class Tags(HTMLParser):
    """Collects tags and visible text, and checks that tags nest."""

    void = ("meta", "img")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _parse(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    tags.close()
    assert tags.open == []
    return tags


def test_markdown_table_exactly() -> None:
    text = markdown_of(Document("T", (TABLE,)))
    assert text == ("# T\n\n| phase | n |\n| --- | ---: |\n| a\\|b | 1 |\n| \\<i\\> | _2_ |\n")


def test_markdown_fences_outgrow_what_they_hold() -> None:
    text = markdown_of(Document("T", (Code("a ```` b", "yaml"),)))
    assert text == "# T\n\n`````yaml\na ```` b\n`````\n"


def test_markdown_links_plots_relatively() -> None:
    text = markdown_of(Document("T", (Figure("loss", "The loss."),)))
    assert "![The loss.](plots/loss.png)" in text


def test_html_page_is_self_contained_and_escaped() -> None:
    blocks = (
        Heading("A & B"),
        Paragraph("<script>alert(1)</script>", aside=True),
        TABLE,
        Figure("loss", 'say "loss"'),
        Transcript("ev", False, "Q<", "</pre><script>", ("f<",), (("c<", "wrong relation"),)),
    )
    page = html_of(Document("R <1>", blocks), {"loss": b"<svg/>"})
    tags = _parse(page)
    assert "script" not in tags.seen
    assert "</pre><script>" in "".join(tags.text)
    assert "data:image/svg+xml;base64,PHN2Zy8+" in page
    assert 'alt="say &quot;loss&quot;"' in page
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    assert '<td class="faint">2</td>' in page
    assert "@media print" in page


@given(st.text(), st.text())
def test_no_text_breaks_the_page(text: str, other: str) -> None:
    transcript = Transcript(text, True, other, text, (other,), ((text, other),))
    table = Table((text,), ((other,),))
    document = Document(text, (Paragraph(text), table, Code(other), transcript))
    skeleton = _parse(html_of(Document("", (Paragraph(""), table, Code(""), transcript)), {})).seen
    assert _parse(html_of(document, {})).seen == skeleton
    lines = markdown_of(Document("t", (table,))).splitlines()
    assert len(lines) == 5  # no text adds a line to a table
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 2 for line in lines[2:])


def test_figures_are_written_shortly() -> None:
    assert rate(0.5) == "50.0 %"
    assert rate(0.5, (0.4, 0.625)) == "50.0 % (40.0-62.5)"
    assert rate(None, (0, 1)) == "-"
    assert number(-1.2, (-1.5, -1)) == "-1.20 (-1.50 to -1.00)"
    assert number(None) == "-"
    assert (points(0.1), points(-0.004), points(0)) == ("+10.0", "-0.4", "+0.0")
    assert (p_value(1.0), p_value(0.00009)) == ("1", "< 0.0001")
    assert phase_label("sft_more") == "SFT, further steps"
    assert (phase_label("grpo"), tier_label("9")) == ("grpo", "tier 9")
