"""Support by rule: numbers, entities, words, denial."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.retrieval.library import LINKER

from graphtutor.retrieval.groundedness import unsupported

SOURCE = (
    "Pump\nThe pump trips at 80 degrees. Its seal lasts 4,000 hours. Never run it dry. "
    "Set MAX_FLOW to 3.5 on the Graz controller. A worn seal drips."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "The pump trips at 80 degrees.",
        "At 80 degrees the pump trips.",
        "Its seal lasts 4000 hours.",
        "2. Set MAX_FLOW to 3.5.",
        "On the Graz controller, max flow is set to 3.5.",
        "Never run the pump dry.",
    ],
)
def test_what_the_source_says_is_supported(sentence: str) -> None:
    assert unsupported(sentence, SOURCE) == ""


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ("The pump trips at 90 degrees.", "90 does not stand"),
        ("Its seal lasts 400 hours.", "400 does not stand"),
        ("Set MIN_FLOW to 3.5.", "MIN_FLOW does not stand"),
        ("The controller in Vienna is set to 3.5.", "Vienna does not stand"),
        ("The pump never trips at 80 degrees.", "denies"),
        ("Run it dry.", "denies"),
        ("The pump was painted by volunteers last summer.", "% of its words"),
        ("Yes.", "% of its words"),
        ("It is.", "nothing in it can be checked"),
    ],
)
def test_what_it_does_not_say_is_marked(sentence: str, problem: str) -> None:
    assert problem in unsupported(sentence, SOURCE)


def test_entities_of_the_graph_count_by_all_their_names() -> None:
    assert unsupported("Seal Wear drips.", SOURCE, LINKER) == ""
    assert unsupported("The pump trips by cavitation at 80 degrees.", SOURCE) == ""
    assert "cavitation does not stand" in unsupported(
        "The pump trips by cavitation at 80 degrees.", SOURCE, LINKER
    )


@given(st.text(), st.text())
def test_any_texts_are_judged(sentence: str, source: str) -> None:
    assert isinstance(unsupported(sentence, source, LINKER), str)


@given(st.lists(st.sampled_from("pump seal trips 80 Graz 4000 not V7".split()), min_size=1))
def test_a_sentence_supports_itself_unless_it_says_nothing(words: list[str]) -> None:
    sentence = " ".join(words)
    assert unsupported(sentence, sentence) == ""
