"""The pattern and the strict parser accept the same completions, with the same letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.completion.parser import parse
from graphtutor.harness.pattern import strict_letter

PIECES = ["TRACE:", "ANSWER:", "A", "B", " ", "\n", "\r", "\r\n", "\t", "\u2028", "\x0b", "\u200b"]
PIECES += ["\nTRACE: x.", "\nANSWER: C", "\nANSWER: D ", "or", "```", "answer: A"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_pattern_and_parser_agree_on_pieces(text: str) -> None:
    assert strict_letter(text) == parse(text).answer


@given(st.text())
def test_pattern_and_parser_agree_on_text(text: str) -> None:
    assert strict_letter(text) == parse(text).answer


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("TRACE: x.\nANSWER: B", "B"),
        ("```\r\nTRACE: x.\r\nANSWER:\u00a0B\u2003\r\n```", "B"),
        ("TRACE: x.\nTRACE: y.\nANSWER: B\nmore", "B"),
        ("TRACE: x.\nANSWER: B\nANSWER: B", None),
        ("ANSWER: B\nTRACE: x.\nANSWER: B", None),
        ("TRACE: x.\n ANSWER: B", None),
        ("TRACE: x. ANSWER: B", None),
    ],
)
def test_the_cases_that_the_contract_names(text: str, letter: str | None) -> None:
    assert strict_letter(text) == parse(text).answer == letter


@pytest.mark.parametrize("piece", ["\nTRACE:", "\nANSWER:", "\nTRACE:\nANSWER: ", "\n", " "])
def test_long_texts_take_no_time(piece: str) -> None:
    """A pattern that backtracks over every line would not come to an end here."""
    text = piece * 20_000
    assert strict_letter(text) == parse(text).answer
