"""Chunks: nothing lost, nothing too long, cut where a reader would."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphtutor.io.digest import digest_bytes
from graphtutor.retrieval.chunk import Chunk, chunk_id
from graphtutor.retrieval.chunking import chunk_document, word_spans
from graphtutor.retrieval.document import Document, Section
from graphtutor.retrieval.loaders.layout import Block, lay_out
from graphtutor.retrieval.sentences import sentence_spans


def document_of(*blocks: Block, title: str = "", pages: int = 0) -> Document:
    layout = lay_out(blocks, pages=pages)
    return Document("a.md", title, "markdown", "", layout.text, layout.sections, layout.pages)


def letters(text: str) -> list[tuple[int, int]]:
    """A tokenizer that counts three letters as one token, across words: unlike words."""
    return [
        (at, min(at + 3, len(text))) for at in range(0, len(text), 3) if text[at : at + 3].strip()
    ]


words = st.sampled_from([
    "pump", "seal.", "Is", "it", "hot?", "a | b", "```", "x" * 90, "水泵停止。", "max_rpm", "e.g.",
])  # fmt: skip
paragraphs = st.lists(words, min_size=1, max_size=60).flatmap(
    lambda some: st.lists(st.sampled_from([" ", "\n"]), min_size=len(some), max_size=len(some)).map(
        lambda gaps: "".join(a + b for a, b in zip(some, gaps, strict=True)).strip()
    )
)
headings = st.builds(Block, st.sampled_from(["Air", "Noise", "Wear"]), st.integers(1, 3))
blocks = st.lists(
    st.builds(Block, paragraphs, st.sampled_from([0, 0, 0, 1, 2, 3])), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(blocks, st.integers(32, 120), st.integers(0, 8), st.sampled_from([word_spans, letters]))
def test_chunks_hold_everything_and_none_is_too_long(blocks, most, overlap, spans) -> None:
    document = document_of(*blocks, title="The pump")
    chunks = chunk_document(document, spans, most, overlap)
    held = [False] * len(document.text)
    for chunk in chunks:
        assert chunk.text == document.text[chunk.start : chunk.end]
        assert chunk.text == chunk.text.strip() != ""
        assert chunk.id == chunk_id("a.md", chunk.start, chunk.end, chunk.text)
        assert len(spans(chunk.indexed)) <= most
        held[chunk.start : chunk.end] = [True] * (chunk.end - chunk.start)
    assert all(done or char.isspace() for done, char in zip(held, document.text, strict=True))
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    starts = [(chunk.start, chunk.end) for chunk in chunks]
    assert starts == sorted(starts)
    assert chunk_document(document, spans, most, overlap) == chunks


@settings(max_examples=40, deadline=None)
@given(st.lists(st.builds(Block, paragraphs) | headings, min_size=1, max_size=12))
def test_a_chunk_stands_under_its_headings(blocks) -> None:
    document = document_of(*blocks)
    for chunk in chunk_document(document, word_spans, 60, 10):
        *_, last = (
            section.path
            for section in document.sections
            if section.start < chunk.end and chunk.start < section.end
        )
        # Those of the last section in it, or fewer where tiny neighbours share a chunk.
        assert set(chunk.section) <= set(last)


def sentence(name: str, count: int) -> str:
    return " ".join([name, *["word"] * (count - 2), "end."]).replace("end.", "end") + "."


def cut(document: Document, most: int = 40, overlap: int = 0) -> list[Chunk]:
    return chunk_document(document, word_spans, most, overlap)


def test_paragraphs_then_sentences() -> None:
    first, second = sentence("A", 25), sentence("B", 12)
    third = " ".join(sentence(name, 11) for name in "CDEF")
    texts = [chunk.text for chunk in cut(document_of(Block(first), Block(second), Block(third)))]
    assert texts[0] == f"{first}\n\n{second}"
    assert texts[1:] == [" ".join(sentence(n, 11) for n in "CDE"), sentence("F", 11)]


def test_overlap_is_whole_sentences() -> None:
    text = " ".join(sentence(name, 9) for name in "ABCDEFGH")
    chunks = cut(document_of(Block(text)), overlap=10)
    names = ["".join(char for char in chunk.text if char in "ABCDEFGH") for chunk in chunks]
    assert names == ["ABCD", "DEFG", "GH"]


def test_code_and_tables_stay_whole_where_they_fit() -> None:
    code = "```sh\n" + "\n\n".join(f"run --step {at}" for at in range(3)) + "\n```"
    table = "\n".join(f"row {at} | value" for at in range(6))
    prose = sentence("A", 20)
    texts = [chunk.text for chunk in cut(document_of(Block(prose), Block(code), Block(table)))]
    assert any(code in text for text in texts)
    assert any(table in text for text in texts)
    long = "\n".join(f"row {at} | value" for at in range(40))
    for chunk in cut(document_of(Block(long))):
        assert chunk.text.startswith("row")
        assert chunk.text.endswith("value")


def test_a_heading_without_text_goes_with_what_is_below_it() -> None:
    document = document_of(Block("Manual", 1), Block("Noise", 2), Block(sentence("A", 20)))
    (chunk,) = cut(document)
    assert chunk.section == ("Manual", "Noise")
    assert chunk.text.startswith("Manual\n\nNoise\n\nA")


def test_tiny_neighbours_share_a_chunk_under_their_parent() -> None:
    terms = [Block(text, level) for name in "XYZ" for text, level in ((name, 2), ("one", 0))]
    document = document_of(Block("Terms", 1), Block(sentence("A", 20)), *terms)
    chunks = cut(document)
    assert [chunk.section for chunk in chunks] == [("Terms",), ("Terms",)]
    assert chunks[1].text == "X\n\none\n\nY\n\none\n\nZ\n\none"


def test_a_tiny_section_alone_keeps_its_heading() -> None:
    document = document_of(Block("A", 1), Block("one"), Block("B", 1), Block(sentence("C", 30)))
    assert [chunk.section for chunk in cut(document)] == [("A",), ("B",)]


def test_pages_title_and_digest() -> None:
    pages = [Block(sentence("A", 30), pages=((0, 1),)), Block(sentence("B", 30), pages=((0, 2),))]
    chunks = cut(document_of(*pages, title="T", pages=2))
    assert [(chunk.page, chunk.title) for chunk in chunks] == [(1, "T"), (2, "T")]
    assert chunks[0].sha256 == digest_bytes(chunks[0].text.encode())


def test_headings_longer_than_the_window_leave_room() -> None:
    blocks = [Block(" ".join([name] * 30), at) for at, name in enumerate("abc", start=1)]
    chunks = cut(document_of(*blocks, Block(sentence("A", 60)), title=" ".join(["t"] * 90)))
    assert all(len(word_spans(chunk.indexed)) <= 40 for chunk in chunks)


def test_bounds() -> None:
    document = document_of(Block("x"))
    for most, overlap in ((31, 0), (40, 11), (40, -1)):
        with pytest.raises(ValueError, match="most="):
            chunk_document(document, word_spans, most, overlap)


def test_no_text_and_text_without_tokens() -> None:
    assert cut(Document("a", "", "text", "", " \n", (Section((), 0, 2),), ())) == []
    document = document_of(Block("\u200d\u0301 \u200d"))
    assert [c.text for c in chunk_document(document, lambda text: [], 40, 0)] == [
        document.text.strip()
    ]


@pytest.mark.parametrize("text", ["Stop it. ", "x", "a\n", ". ", "```\n", "a | b\n", "\n\n"])
def test_time_is_linear(text: str) -> None:
    document = document_of(Block(text * (100_000 // len(text)) + "end"))
    begin = time.perf_counter()
    chunk_document(document, word_spans, 220, 32)
    assert time.perf_counter() - begin < 8


def test_sentences() -> None:
    text = (
        'He said "Stop!" Then Dr. Who left. See Fig. 3 and e.g. this, cf. z. B. that. 3.14 is pi.\n'
        "A line that\ngoes on. Version v1.2 works\n\nNext? Yes.\n- one\n- two\n  more\n"
        "a | b\nc | d\n```\nx = 1. + 2\ny\n```\n你好。再见！"  # noqa: RUF001
    )
    found = [text[start:end] for start, end in sentence_spans(text)]
    assert found == [
        'He said "Stop!"', "Then Dr. Who left.", "See Fig. 3 and e.g. this, cf. z. B. that.",
        "3.14 is pi.", "A line that\ngoes on.", "Version v1.2 works", "Next?", "Yes.",
        "- one", "- two\n  more", "a | b", "c | d", "```", "x = 1. + 2", "y", "```", "你好。",
        "再见！",  # noqa: RUF001
    ]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("aB1.?!。 \n\t|`-\"')")))
def test_sentences_hold_every_character_once(text: str) -> None:
    spans = sentence_spans(text)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
