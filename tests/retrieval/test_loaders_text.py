"""Plain text, Markdown and HTML: headings, prose, code, tables, and what is left out."""

from __future__ import annotations

import pytest

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.loaders.decoding import decode, decode_html, decode_latex
from graphtutor.retrieval.loaders.hypertext import read_html
from graphtutor.retrieval.loaders.hyphens import join_lines, vocabulary
from graphtutor.retrieval.loaders.layout import Layout
from graphtutor.retrieval.loaders.markdown import plain_inline, read_markdown
from graphtutor.retrieval.loaders.plain import read_plain_text


def paths(layout: Layout) -> list[tuple[str, ...]]:
    return [section.path for section in layout.sections]


def test_sections_tile_the_text() -> None:
    layout = read_markdown("intro\n\n# A\n\n## B\n\ntext\n\n# C\n")
    assert paths(layout) == [(), ("A",), ("A", "B"), ("C",)]
    assert layout.sections[0].start == 0
    ends = [section.end for section in layout.sections]
    assert ends == [*(section.start for section in layout.sections[1:]), len(layout.text)]
    assert [layout.text[s.start :].split()[0] for s in layout.sections] == ["intro", "A", "B", "C"]


def test_plain_text_keeps_lines_and_reads_underlined_headings() -> None:
    layout = read_plain_text("Runbook\r\n=======\r\nfirst\r\nsecond\r\n\r\n\r\nEnd\r\n---\r\nlast")
    assert layout.text == "Runbook\n\nfirst\nsecond\n\nEnd\n\nlast\n"
    assert paths(layout) == [("Runbook",), ("Runbook", "End")]
    assert layout.title == "Runbook"
    assert read_plain_text("a list\n\n-----\n\nb").sections[0].path == ()


def test_markdown_front_matter_headings_code_and_tables() -> None:
    layout = read_markdown(
        "---\ntitle: Pump P-101\ndate: 2026-11-21\n---\n"
        "Start\n=====\n\nText.\n\nMore\n----\n\n"
        "```sh\n# no heading\n\nrun **x**\n```\n\n"
        "| Part | Wear |\n|:-----|----:|\n| `seal_1` | a\\|b |\n\n"
        "### Last ###\n\n> quoted\n\n* one\n* two\n\n---\n"
    )
    assert (layout.title, layout.date) == ("Pump P-101", "2026-11-21")
    assert paths(layout) == [("Start",), ("Start", "More"), ("Start", "More", "Last")]
    assert "```sh\n# no heading\n\nrun **x**\n```" in layout.text
    assert "Part | Wear\nseal_1 | a|b" in layout.text
    assert layout.text.endswith("quoted\n\n* one\n* two\n")


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("**bold** and *it* and ***both***", "bold and it and both"),
        ("max_rpm_limit and __init__ and _word_", "max_rpm_limit and init and word"),
        ("`__init__` and `a*b*c`", "__init__ and a*b*c"),
        ("2 * 3 * 4 and a*b*c", "2 * 3 * 4 and a*b*c"),
        ("[link](http://x/y_(z)) ![alt text](i.png) [ref][1]", "link alt text ref"),
        ("<https://a.b/c_d_e> \\*kept\\* a &lt; b &amp; c", "https://a.b/c_d_e *kept* a < b & c"),
        ("ssh <host> <br> <b>x</b> vector<int>", "ssh <host>  x vector<int>"),
        ("~~old~~ new <!-- secret -->", "old new "),
    ],
)
def test_markdown_marks_go_and_identifiers_stay(source: str, plain: str) -> None:
    assert plain_inline(source) == plain


def test_front_matter_that_is_no_yaml_still_gives_title_and_date() -> None:
    front = "---\ntitle: Disks: how they fill\ndate: 2024-05-06\ntags:\n  - a: b: c\n---\n"
    page = read_markdown(front + "Body\n")
    assert (page.title, page.date) == ("Disks: how they fill", "2024-05-06")
    assert page.text == "Body\n"


@pytest.mark.parametrize("front", ["---\na: [\n---\n", "---\n- x\n---\n", "---\nno end\n"])
def test_front_matter_that_is_none_is_text(front: str) -> None:
    assert "Body" in read_markdown(front + "\n# H\n\nBody\n").text


def test_html_shows_what_a_reader_sees() -> None:
    layout = read_html(
        "<!doctype html><html><head><title>Pump &amp; seal</title><style>p{}</style>"
        "<meta property='article:published_time' content='2026-01-02T03:04:05Z'></head><body>"
        "<nav>Home</nav><div role='navigation'>Menu</div><header><h1>Pump</h1></header>"
        "<p>First <b>bold</b>\n text.<br>Next line.</p><!-- no --><script>no</script>"
        "<p hidden>no</p><p style='display: none'>no</p><template>no</template>"
        "<h2>Steps</h2><ol><li>one</li><li>two<ul><li>deep</li></ul></li></ol>"
        "<table><caption>Parts</caption><tr><th>Part</th><th>Wear</th></tr>"
        "<tr><td><p>seal</p></td><td>high</td></tr></table>"
        "<pre><code>if x:\n    y()</code></pre><img alt='A picture'>loose"
        "<footer>Imprint</footer></body></html>"
    )
    assert (layout.title, layout.date) == ("Pump & seal", "2026-01-02")
    assert paths(layout) == [("Pump",), ("Pump", "Steps")]
    assert layout.text == (
        "Pump\n\nFirst bold text.\nNext line.\n\nSteps\n\n1. one\n2. two\n- deep\n\n"
        "Parts\nPart | Wear\nseal | high\n\n```\nif x:\n    y()\n```\n\nA picture loose\n"
    )


def test_html_reads_its_main_part_alone() -> None:
    assert read_html("<div>ad</div><main><p>x</p></main><div>ad</div>").text == "x\n"


def test_html_that_is_nested_without_end() -> None:
    assert "deep" in read_html("<div><b>" * 1500 + "deep").text
    with pytest.raises(RetrievalError, match="tags"):
        read_html("<div>" * 200_001)


def test_encodings() -> None:
    assert decode("\ufeffä".encode(), "a") == "ä"
    assert decode("ä".encode("utf-16"), "a") == "ä"
    with pytest.raises(RetrievalError, match=r"a: wanted text in UTF-8, .* byte 0.*iconv"):
        decode("ä".encode("cp1252"), "a")
    with pytest.raises(RetrievalError, match="binary"):
        decode(b"a\0b", "a")
    assert decode_html("<meta charset=koi8-r>ж".encode("koi8-r"), "a").endswith("ж")
    assert decode_html("“x”".encode("cp1252"), "a") == "“x”"
    assert decode_latex(b"\\usepackage[latin1]{inputenc}\xe4", "a").endswith("ä")


def test_hyphens_at_line_ends() -> None:
    words = vocabulary(["self-made goods", "cooperate"])
    lines = ["a self-", "made co-", "operate GPT-", "4 state-of-the-", "art X-", "Ray -", "end"]
    text, starts = join_lines(lines, words)
    assert text == "a self-made cooperate GPT-4 state-of-the-art X-Ray - end"
    assert [text[start:].split()[0] for start in starts][-2:] == ["Ray", "end"]
