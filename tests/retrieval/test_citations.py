"""Citations in a model's answer: read in every form, never of a source that there is not."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.retrieval.library import chunks_of

from graphtutor.retrieval.answer import number_sources
from graphtutor.retrieval.citations import check_citations, read_citations, without_marks

SOURCES = number_sources((), chunks_of())
MARK = re.compile(r"\[\s*\d+(?:\s*[,;-]\s*\d+)*\s*\]")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("A b [1].", [("A b.", (1,))]),
        ("A b. [1] C d. [2][3]", [("A b.", (1,)), ("C d.", (2, 3))]),
        ("A b [1, 2; 5].", [("A b.", (1, 2, 5))]),
        ("A b [2-4].", [("A b.", (2, 3, 4))]),
        ("A b [Source 2 and 3].", [("A b.", (2, 3))]),
        ("A b [1-999999].", [("A b.", (1, 999999))]),
        ("A [1] b [1].", [("A b.", (1,))]),
        ("A b.", [("A b.", ())]),
        ("[1]", []),
        ("", []),
        ("- A b [1]\n- C d [2]", [("- A b", (1,)), ("- C d", (2,))]),
        ("Array a[i] is read [1].", [("Array a[i] is read.", (1,))]),
    ],
)
def test_forms_of_citations(text: str, read: list[tuple[str, tuple[int, ...]]]) -> None:
    assert read_citations(text) == read


def test_citations_of_nothing_are_removed_and_counted() -> None:
    sentences, removed = check_citations(
        "The pump trips at 80 degrees [1][9]. The moon is far [77]. It hums.", SOURCES
    )
    assert removed == 2
    assert [(s.citations, s.supported) for s in sentences] == [
        ((1,), True), ((), False), ((), False),
    ]  # fmt: skip
    assert sentences[1].problem == "it cites no source"


def test_the_wrong_source_supports_nothing() -> None:
    [sentence], _ = check_citations("The pump trips at 80 degrees [3].", SOURCES)
    assert sentence.citations == (3,)
    assert not sentence.supported


def test_two_sources_may_support_a_sentence_together() -> None:
    text = "The pump trips at 80 degrees and the valve is greased every 30 days"
    assert not check_citations(f"{text} [1].", SOURCES)[0][0].supported
    assert check_citations(f"{text} [1][3].", SOURCES)[0][0].supported


PIECES = st.sampled_from(
    "[1]|[2, 3]|[99]|[0]|[-1]|[1|]|[[|[1]1]|[1-3]|[sources 4]| |The pump trips at 80 degrees|. |! |"
    "\n|\n\n- |[\u00b2]|[\u0661]|[1 000]|x|[1e9]|[000001]|[999999999999]|\x1b[31m|\u30101\u3011|"
    "[n]|\u202e|'|```".split("|")
)


@given(st.lists(PIECES, max_size=30).map("".join) | st.text())
def test_whatever_a_model_writes_cites_only_what_there_is(text: str) -> None:
    sentences, removed = check_citations(text, SOURCES)
    known = {source.number for source in SOURCES}
    assert removed >= 0
    for sentence in sentences:
        assert known.issuperset(sentence.citations)
        assert sentence.citations == tuple(sorted(set(sentence.citations)))
        assert not MARK.search(sentence.text)
        assert not (sentence.supported and not sentence.citations)
        assert bool(sentence.problem) != sentence.supported


@given(st.lists(PIECES, max_size=30).map("".join) | st.text())
def test_no_text_is_left_with_a_mark(text: str) -> None:
    assert not MARK.search(without_marks(text))


@pytest.mark.parametrize("unit", ["[1", "[[1]", ".", "[1]", "a.[1", "[1,", "1. ", "[sources "])
def test_long_answers_are_read_in_no_time(unit: str) -> None:
    began = time.perf_counter()
    check_citations(unit * 8000, SOURCES)
    assert time.perf_counter() - began < 5
