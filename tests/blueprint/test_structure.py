"""The structure score: what is well-formed passes, each fault is named, and any text is scored."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphtutor.blueprint.closed import is_right
from graphtutor.blueprint.framework import Framework, Level
from graphtutor.blueprint.load import domain_names, load_domain, load_framework
from graphtutor.blueprint.structure import COMPONENTS, explained, score_structure

FIRST = load_framework("first-principles")
GOOD = """Final Principle: First law
Explanatory Principle: In an inertial frame velocity is constant while no net force acts on it at all.
Core Logic Principle: Stays the same

Final Principle: Second law
Explanatory Principle: A net force changes momentum at a rate that equals it, so mass resists acceleration.
Core Logic Principle: Force changes speed

Principles Compression: Stays the same / Force changes speed"""  # noqa: E501 - an answer as it is


def faults(text: str) -> set[str]:
    structure = score_structure(FIRST, text)
    return {name for name in COMPONENTS if not getattr(structure, name)}


def test_a_whole_answer_meets_every_demand() -> None:
    structure = score_structure(FIRST, GOOD)
    assert faults(GOOD) == set()
    assert structure.well_formed
    assert structure.strands == 2
    assert structure.compression == pytest.approx(7 / 31)


def test_every_answer_of_the_shipped_domains_is_well_formed() -> None:
    """The score asks nothing that the references do not do."""
    count = 0
    for name in domain_names():
        domain = load_domain(name)
        framework = load_framework(domain.framework)
        for topic in domain.topics:
            text = framework.written(topic.strands)
            assert score_structure(framework, text).well_formed, text
            count += 1
    assert count > 200


CASES = {
    "a level is missing": (
        GOOD.replace("Core Logic Principle: Force changes speed\n", ""),
        {"levels", "merged"},
    ),
    "two levels swapped": (
        "\n".join([GOOD.splitlines()[n] for n in (0, 2, 1, 3, 4, 5, 6, 7, 8)]),
        {"order"},
    ),
    "a level twice": (
        GOOD.replace("\n\nFinal", "\nCore Logic Principle: Still the same\n\nFinal", 1),
        {"once", "merged"},
    ),
    "the short form drops a strand": (GOOD.replace(" / Force changes speed", ""), {"merged"}),
    "the short form says all of it": (
        GOOD.replace("Compression: ", "Compression: " + "and so on " * 20),
        {"short"},
    ),
    "no short form": (GOOD.rpartition("\n\n")[0], {"levels", "merged", "short"}),
    "the short form first": (
        GOOD.splitlines()[-1] + "\n" + GOOD.rpartition("\n\n")[0],
        {"order"},
    ),
    "talk around it": ("Sure! Here it is.\n" + GOOD, {"clean"}),
    "one strand twice": (
        GOOD.split("\n\n")[0] * 1 + "\n\n" + GOOD.split("\n\n")[0] + "\n\n"
        "Principles Compression: Stays the same",
        {"distinct"},
    ),
    "an explanation of two words": (
        GOOD.replace(
            "A net force changes momentum at a rate that equals it, so mass resists", "So"
        ),
        {"lengths", "short"},
    ),
    "nothing": ("", {"levels", "order", "lengths", "merged", "short"}),
    "prose": (
        "Velocity stays the same.",
        {"levels", "order", "lengths", "merged", "short", "clean"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_fault_is_named(name: str) -> None:
    text, expected = CASES[name]
    assert faults(text) == expected


def test_a_framework_without_a_merge_asks_for_no_short_form() -> None:
    framework = Framework(
        framework="two", title="Two", levels=(Level(id="a", label="A"), Level(id="b", label="B"))
    )
    assert score_structure(framework, "A: one\nB: two\n\nA: three\nB: four").well_formed
    assert not score_structure(framework, "A: one\n\nA: three\nB: four").well_formed


PIECES = st.lists(
    st.sampled_from([*GOOD.splitlines(), "Final Principle:", "Core Logic Principle", ":", "words"])
    | st.text(max_size=30),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(PIECES)
def test_any_text_has_a_score(lines: list[str]) -> None:
    """A bad answer is a scored record, never an exception; white space at the ends is nothing."""
    text = "\n".join(lines)
    structure = score_structure(FIRST, text)
    assert structure.compression is None or structure.compression >= 0
    assert score_structure(FIRST, f"\n{text}\n ") == structure


def test_what_is_explained_leaves_out_names_and_short_form() -> None:
    said = explained(FIRST, GOOD)
    assert len(said) == 4
    assert said[1] == "stays the same"
    assert not any("law" in text for text in said)


@pytest.mark.parametrize(
    ("closed", "answer", "right"),
    [
        ("B", "B) Ions calm repulsion", True),
        ("B", " B", True),
        ("B", "Because", False),
        ("B", "b) lower case is another text", False),
        ("First law", "First law", True),
        ("First law", "First lawyer", False),
        ("Evolution 1: A\nEvolution 2: B", "Evolution 1: A \n\nEvolution 2:  B\n", False),
        ("Evolution 1: A\nEvolution 2: B", "Evolution 1: A \nEvolution 2:  B\n", True),
        ("Evolution 1: A\nEvolution 2: B", "Evolution 2: B\nEvolution 1: A", False),
        ("B", "", False),
    ],
)
def test_a_closed_answer_is_right_where_it_begins_with_the_one(
    closed: str, answer: str, right: bool
) -> None:
    assert is_right(closed, answer) is right
