"""Wording: every statement, question and trace is a sentence, whatever labels a graph has."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.graph.records import Relation
from graphtutor.tasks.wording import (
    HELD_OUT_TEMPLATES,
    TEMPLATES,
    noun_of,
    phrase_of,
    question,
    trace,
)

ALL_TEMPLATES = TEMPLATES + HELD_OUT_TEMPLATES


@pytest.mark.parametrize(
    ("label", "phrase"),
    [
        ("caused by", "is caused by"),
        ("caused_by", "is caused by"),
        ("causedBy", "is caused by"),
        ("is caused by", "is caused by"),
        ("leads to", "leads to"),
        ("leads_to", "leads to"),
        ("leadsTo", "leads to"),
        ("causes", "causes"),
        ("has part", "has part"),
        ("used for", "is used for"),
        ("located in", "is located in"),
        ("related", "is related"),
        ("part of", "is part of"),
        ("driven by", "is driven by"),
        ("embassy", "is linked by embassy to"),
        ("analysis", "is linked by analysis to"),
        ("status", "is linked by status to"),
        ("process", "is linked by process to"),
        ("Military Alliance", "is linked by military alliance to"),
        ("", "is linked by rel to"),
    ],
)
def test_a_label_becomes_a_verb_phrase(label: str, phrase: str) -> None:
    """A verb stays, a participle gets "is", a bare noun is led up to."""
    assert phrase_of(Relation(id="rel", label=label)) == phrase


def test_a_given_phrase_is_taken_as_it_is() -> None:
    """The author of a graph knows best."""
    assert phrase_of(Relation(id="r", label="leads to", phrase="brings about")) == "brings about"


WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9)


@given(st.lists(WORDS, min_size=1, max_size=4), st.sampled_from(["_", "-", " ", "__"]))
def test_no_phrase_has_two_verbs(words: list[str], joint: str) -> None:
    """Never "is leads to": after an added "is" there is no word that already is the verb."""
    phrase = phrase_of(Relation(id="r", label=joint.join(words)))
    assert re.fullmatch(r"[a-z]+( [a-z]+)*", phrase)
    assert not re.match(r"is (is|are|was|were|has|have|had|can|may|does)\b", phrase)
    first = words[0]
    if len(first) > 2 and re.search(r"(?<![sui])s$", first) and words[-1] != "by":
        assert not phrase.startswith("is ")


@pytest.mark.parametrize(
    ("type_name", "noun"),
    [
        ("cause", "cause"),
        ("data_component", "data component"),
        ("AttackPattern", "attack pattern"),
        ("data-source", "data source"),
        ("", "thing"),
        (" ", "thing"),
    ],
)
def test_a_type_becomes_a_noun(type_name: str, noun: str) -> None:
    """As one says it, in lower case; something to say even where there is no type."""
    assert noun_of(type_name) == noun


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            "that",
            "Rain causes an outage that is ended by a repair that needs a tool. Which tool is it?",
        ),
        (
            "steps",
            "Rain causes an outage; this outage is ended by a repair; this repair needs a tool. "
            "Name the last tool.",
        ),
        (
            "begin",
            "Which tool ends this chain: Rain causes an outage, which is ended by a repair, "
            "which needs a tool?",
        ),
        (
            "consider",
            "Consider Rain. It causes some outage and this is ended by some repair and this needs "
            "some tool. What is the final tool called?",
        ),
        (
            "outcome",
            "For Rain, what tool comes out when it causes any outage and the latter is ended by "
            "any repair and the latter needs any tool?",
        ),
    ],
)
def test_every_template_reads_well(template: str, expected: str) -> None:
    """Exact sentences, with the article that the noun asks for."""
    phrases = ["causes", "is ended by", "needs"]
    assert question("Rain", phrases, ["outage", "repair", "tool"], template) == expected


def test_no_template_is_left_untested() -> None:
    """A new template needs its sentence above."""
    assert set(TEMPLATES) == {"that", "steps", "begin"}
    assert set(HELD_OUT_TEMPLATES) == {"consider", "outcome"}
    assert not set(TEMPLATES) & set(HELD_OUT_TEMPLATES)


@given(
    template=st.sampled_from(ALL_TEMPLATES),
    hops=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5),
)
def test_a_question_names_the_whole_chain(template: str, hops: list[tuple[str, str]]) -> None:
    """The start, every relation and every type in the order of travel, whatever the template."""
    phrases, nouns = [f"{verb}s" for verb, _ in hops], [noun for _, noun in hops]
    asked = question("Start", phrases, nouns, template)
    articles = ["an" if noun[0] in "aeiou" else "a" for noun in nouns]
    parts = list(zip(phrases, articles, nouns, strict=True))
    chain = ".*".join(rf"\b{p} ({a}|some|one|any|which) {noun}\b" for p, a, noun in parts)
    assert re.search(chain, asked)
    assert re.search(r"\bStart\b", asked)
    assert re.search(rf"\b{nouns[-1]}\b", asked)
    assert "  " not in asked
    assert asked[-1] in ".?"


def test_questions_of_different_chains_differ() -> None:
    """Relations in another order ask for another thing."""
    asked = {
        question("S", phrases, ["x", "y"], template)
        for template in ALL_TEMPLATES
        for phrases in (["causes", "needs"], ["needs", "causes"])
    }
    assert len(asked) == 2 * len(ALL_TEMPLATES)


def test_an_unknown_template_is_refused() -> None:
    """Nothing is asked in a wording that nobody wrote."""
    with pytest.raises(KeyError):
        question("S", ["causes"], ["x"], "riddle")


def test_a_trace_states_each_hop_in_order() -> None:
    """One sentence: subject, phrase, object, then each next hop."""
    assert trace(["A", "B"], ["causes"]) == "A causes B."
    assert trace(["A", "B", "C", "D"], ["causes", "is ended by", "needs"]) == (
        "A causes B, which is ended by C, which needs D."
    )
    with pytest.raises(ValueError, match="zip"):
        trace(["A", "B"], ["causes", "needs"])
