"""The strict parser: the three conditions of the contract, and each case that it leaves open."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.completion.parser import Parsed, parse
from graphtutor.tasks.prompt import prompt_text

VALID = "TRACE: Rain causes Flood.\nANSWER: B"


def test_a_completion_in_the_format_is_valid():
    assert parse(VALID) == Parsed(True, "B", "Rain causes Flood.", None)


@pytest.mark.parametrize("letter", ["A", "B", "C", "D"])
def test_every_letter_is_read(letter: str):
    assert parse(f"TRACE: x\nANSWER:{letter}").answer == letter


@pytest.mark.parametrize(
    "value",
    ["DiskFull", "A or B", "", "b", "E", "AB", "A.", "(A)", "A)", "\uff21", "\u0410", "A\u200b"],
)
def test_any_other_value_is_invalid(value: str):
    parsed = parse(f"TRACE: x\nANSWER: {value}\n")
    assert not parsed.valid
    assert parsed.answer is None
    assert parsed.trace == "x"
    assert parsed.problem == "the value after ANSWER: is not one of A, B, C, D"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no line starts with TRACE:"),
        ("ANSWER: B", "no line starts with TRACE:"),
        ("trace: x\nANSWER: B", "no line starts with TRACE:"),
        (" TRACE: x\nANSWER: B", "no line starts with TRACE:"),
        ("\ufeffTRACE: x\nANSWER: B", "no line starts with TRACE:"),
        ("TRACE: x", "no line starts with ANSWER:"),
        ("TRACE: x\nanswer: B", "no line starts with ANSWER:"),
        ("TRACE: x ANSWER: B", "no line starts with ANSWER:"),
        ("TRACE: x\n\u200bANSWER: B", "no line starts with ANSWER:"),
        ("TRACE: x\nANSWER: B\nANSWER: B", "more than one line starts with ANSWER:"),
        ("TRACE: x\nANSWER: B\nANSWER: C", "more than one line starts with ANSWER:"),
        ("ANSWER: B\nTRACE: x\nANSWER: B", "more than one line starts with ANSWER:"),
        ("ANSWER: B\nTRACE: x", "the ANSWER: line stands before the TRACE: line"),
    ],
)
def test_what_is_missing_or_misplaced_is_named(text: str, problem: str):
    parsed = parse(text)
    assert (parsed.valid, parsed.answer, parsed.problem) == (False, None, problem)


def test_a_second_trace_line_belongs_to_the_trace():
    assert parse("TRACE: x\nTRACE: y\nANSWER: C").trace == "x\nTRACE: y"


def test_text_around_trace_and_answer_is_ignored():
    """A code fence, chatter before, a trace after the answer."""
    text = f"Sure!\n```\n{VALID}\n```\nTRACE: more"
    assert parse(text) == parse(VALID)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n\n", " \n"])
def test_line_ends_do_not_matter(end: str):
    assert parse(VALID.replace("\n", end)) == parse(VALID)


def test_only_real_line_ends_end_a_line():
    """U+2028, form feed and the like do not start a new ANSWER: line."""
    assert not parse("TRACE: x\u2028ANSWER: B").valid
    assert not parse("TRACE: x\fANSWER: B").valid


@pytest.mark.parametrize("space", [" ", "\t", "\u00a0", "\u3000"])
def test_white_space_around_the_letter_is_stripped(space: str):
    assert parse(f"TRACE:{space}x{space}\nANSWER:{space}D{space}") == Parsed(True, "D", "x", None)


def test_an_empty_trace_is_a_trace():
    assert parse("TRACE:\nANSWER: A") == Parsed(True, "A", "", None)


def test_half_a_surrogate_passes_through():
    assert parse("TRACE: \ud83d\nANSWER: A").trace == "\ud83d"


def test_the_prompt_echoed_is_invalid():
    assert not parse(prompt_text("Which?", ["W", "X", "Y", "Z"])).valid


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
def test_never_raises(text: str):
    parsed = parse(text)
    assert parsed.valid == (parsed.answer is not None) == (parsed.problem is None)


PIECES = ["TRACE:", "ANSWER:", " ", "A", "B", "\n", "\r\n", "\r", "x", "TRACE: x\n", "ANSWER: C\n"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_agrees_with_the_contract_read_line_by_line(text: str):
    """A second, slow reading of the contract as the oracle."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    traces = [n for n, line in enumerate(lines) if line.startswith("TRACE:")]
    answers = [n for n, line in enumerate(lines) if line.startswith("ANSWER:")]
    valid = (
        bool(traces)
        and len(answers) == 1
        and traces[0] < answers[0]
        and lines[answers[0]][7:].strip() in ("A", "B", "C", "D")
    )
    parsed = parse(text)
    assert parsed.valid == valid
    if valid:
        body = "\n".join(lines[traces[0] : answers[0]])[6:].strip()
        assert (parsed.answer, parsed.trace) == (lines[answers[0]][7:].strip(), body)


@pytest.mark.parametrize("unit", ["x", "\n", "TRACE:", "\nTRACE: x", "\nANSWER:", "\r"])
def test_a_megabyte_takes_no_time(unit: str):
    text = unit * (1_000_000 // len(unit))
    began = time.perf_counter()
    parse(text)
    assert time.perf_counter() - began < 0.5
