"""PDF: reading order, headings, furniture, hyphens, and files that give no text."""

from __future__ import annotations

import io
import random
import sys
from typing import Any

import pytest
from tests.retrieval.pdf_writer import LETTER, Entry, Text, pdf_of

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.loaders.layout import Layout
from graphtutor.retrieval.loaders.pdf import read_pdf
from graphtutor.retrieval.loaders.pdf_plain import read_plain

WORDS = "the pump runs dry because air has entered its long line and the seal is worn".split()


def prose(x: float, y: float, lines: int, seed: int = 0, width: int = 40) -> list[Text]:
    """Lines of less than ``width`` letters, each as full as can be, 12 points apart."""
    rnd = random.Random(seed)
    shown: list[Text] = []
    word = rnd.choice(WORDS)
    for at in range(lines):
        text = ""
        while len(text) + len(word) < width:
            text += word + " "
            word = rnd.choice(WORDS)
        shown.append(Text(x, y + 12 * at, text.strip()))
    return shown


def paths(layout: Layout) -> list[tuple[str, ...]]:
    return [section.path for section in layout.sections]


def read(*pages: list[Text], **more: Any) -> Layout:
    return read_pdf(pdf_of(pages, **more), "a.pdf")


@pytest.mark.parametrize("across", [False, True])
def test_columns_are_read_one_after_the_other(across: bool) -> None:
    """Whether the file draws column by column or across both, line by line."""
    left = [t._replace(text=f"left{at} {t.text}") for at, t in enumerate(prose(50, 150, 12, 1, 34))]
    right = [
        t._replace(text=f"right{at} {t.text}") for at, t in enumerate(prose(320, 150, 12, 2, 34))
    ]
    drawn = [t for pair in zip(left, right, strict=True) for t in pair] if across else left + right
    layout = read([Text(150, 80, "Why pumps fail and how to mend them", 18), *drawn])
    order = [layout.text.index(f"{side}{at} ") for side in ("left", "right") for at in range(12)]
    assert order == sorted(order)
    assert paths(layout) == [("Why pumps fail and how to mend them",)]


def test_a_table_is_read_row_by_row() -> None:
    rows = [("Part", "Wear", "Price"), ("seal", "high", "12"), ("shaft", "low", "80")]
    rows += [("ring", "low", "3"), ("cover", "none", "25")]
    table = [
        Text(60 + 120 * column, 200 + 16 * at, cell)
        for at, row in enumerate(rows)
        for column, cell in enumerate(row)
    ]
    text = read([*prose(60, 100, 4, width=70), *table]).text
    assert "Part | Wear | Price\nseal | high | 12\nshaft | low | 80\nring | low | 3" in text


def test_headings_by_size_and_weight_make_sections_with_pages() -> None:
    first = [
        Text(60, 80, "Manual", 20),
        Text(60, 120, "Symptoms", 14, bold=True),
        *prose(60, 145, 5),
        Text(60, 240, "Noise", 10, bold=True),
        *prose(60, 255, 5, 3),
    ]
    second = [Text(60, 80, "Causes", 14, bold=True), *prose(60, 105, 5, 4)]
    layout = read(first, second)
    assert layout.title == "Manual"
    assert paths(layout) == [
        ("Manual",),
        ("Manual", "Symptoms"),
        ("Manual", "Symptoms", "Noise"),
        ("Manual", "Causes"),
    ]
    assert layout.pages == (0, layout.text.index("Causes"))
    assert layout.date == "2026-02-03"


def test_the_outline_says_what_is_a_heading() -> None:
    """Here headings look like the text, and a bold line is none."""
    page = [Text(60, 80, "1 Start"), *prose(60, 110, 4), Text(60, 180, "Note", bold=True)]
    page += [*prose(60, 200, 3, 5), Text(60, 270, "2 End"), *prose(60, 300, 3, 6)]
    layout = read(page, outline=[Entry("Start", 0), Entry("End", 0)])
    assert paths(layout) == [("1 Start",), ("2 End",)]


def test_authors_below_the_title_head_nothing() -> None:
    page = [Text(200, 80, "On Pumps", 18), Text(220, 110, "A. Uthor", 12)]
    page += [Text(215, 140, "March 2026", 12), Text(60, 180, "Air", 13, bold=True)]
    layout = read([*page, *prose(60, 205, 6)])
    assert paths(layout) == [("On Pumps",), ("On Pumps", "Air")]


def test_running_heads_and_page_numbers_are_left_out() -> None:
    pages = [
        [
            Text(60, 40, f"{number + 1}   Pump manual", 9, bold=True),
            *prose(60, 90, 20, number, 70),
            Text(290, 800, str(number + 1)),
        ]
        for number in range(4)
    ]
    layout = read(*pages)
    assert "manual" not in layout.text
    assert not any(char.isdigit() for char in layout.text)
    assert len(layout.pages) == 4


def test_one_page_with_its_number() -> None:
    assert not read([*prose(60, 90, 9), Text(290, 800, "1")]).text.rstrip().endswith("1")


def test_the_first_line_of_each_page_is_no_running_head() -> None:
    layout = read(*([*prose(60, 90, 20, number, 70)] for number in range(4)))
    lines = [line.text for number in range(4) for line in prose(60, 90, 20, number, 70)]
    assert layout.text.split() == " ".join(lines).split()


def test_words_parted_by_a_lines_end_are_mended_and_hyphens_kept() -> None:
    lines = "the well-known cause of a long failure is|an acci-|dent with the X-|Ray and a well-"
    lines += "|known co-|incidence that all have overlooked too long"
    page = [Text(60, 90 + 12 * at, line) for at, line in enumerate(lines.split("|"))]
    text = " ".join(read(page).text.split())
    assert "accident" in text
    assert "X-Ray" in text
    assert text.count("well-known") == 2
    assert "coincidence" in text


def test_a_paragraph_goes_on_over_columns_and_pages() -> None:
    first = prose(60, 90, 10, 1, 70)
    second = prose(60, 90, 3, 2, 70)
    layout = read(first, second)
    assert "\n\n" not in layout.text.strip()
    assert layout.text[layout.pages[1] :].startswith(second[0].text)


def test_raised_digits() -> None:
    area = "an area of 12 km"
    raised = Text(60 + 10 * LETTER * len(area), 166, "2", 6)
    assert "12 km²" in read([*prose(60, 90, 5), Text(60, 170, area), raised]).text


def test_text_set_sideways_is_named_and_a_sideways_page_read() -> None:
    stamp = Text(20, 500, "arXiv:2512.11254", 16, sideways=True)
    layout = read([*prose(60, 90, 8), stamp])
    assert "arXiv" not in layout.text
    assert layout.notes == ("page 1: text set sideways in the margin or in figures is left out",)
    turned = [
        t._replace(x=90 + 12 * at, y=700, sideways=True) for at, t in enumerate(prose(0, 0, 6))
    ]
    assert read(turned).text.split() == " ".join(t.text for t in prose(0, 0, 6)).split()


def test_images_without_text_are_named() -> None:
    with pytest.raises(RetrievalError, match=r"a\.pdf: .* 2 pages of images .* OCR"):
        read([], [], images=[0, 1])
    layout = read(prose(60, 90, 5), [], prose(60, 90, 5, 2), images=[1])
    assert layout.notes == ("page 2: images without text (OCR is needed)",)
    assert layout.pages[1] == layout.pages[2]


def test_an_encrypted_file_is_named() -> None:
    import pypdf

    writer = pypdf.PdfWriter(io.BytesIO(pdf_of([prose(60, 90, 5)])))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    for read_bytes in (read_pdf, read_plain):
        with pytest.raises(RetrievalError, match=r"a\.pdf: .*encrypted.*without it"):
            read_bytes(out.getvalue(), "a.pdf")


def test_without_pdfium_pypdf_gives_the_text_of_each_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    layout = read(prose(60, 90, 3), prose(60, 90, 3, 2))
    expected = [*prose(60, 90, 3), *prose(60, 90, 3, 2)]
    assert layout.text.split() == " ".join(t.text for t in expected).split()
    assert len(layout.pages) == 2
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(RetrievalError, match=r"pip install 'graphtutor\[rag\]'"):
        read(prose(60, 90, 3))


def test_damaged_files_give_text_or_one_error() -> None:
    whole = pdf_of([prose(60, 90, 5), prose(60, 90, 5)], outline=[Entry("the", 0)])
    rnd = random.Random(7)
    outcomes: set[str] = set()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rnd.choice((1, 4, 40))):
            at = rnd.randrange(len(data))
            data[at : at + rnd.randrange(3)] = bytes([rnd.randrange(256)]) * rnd.randrange(3)
        outcomes.add(_outcome(bytes(data)))
    assert outcomes == {"text", "error"}


def _outcome(data: bytes) -> str:
    try:
        layout = read_pdf(data, "a.pdf")
    except RetrievalError as problem:
        return "error" if str(problem).startswith("a.pdf: wanted") else str(problem)
    return "text" if layout.text.strip() else "nothing"


def test_not_a_pdf() -> None:
    with pytest.raises(RetrievalError, match=r"a\.pdf: wanted a readable PDF"):
        read_pdf(b"%PDF-1.4 and nothing more", "a.pdf")
