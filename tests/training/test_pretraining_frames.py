"""Every question has a frame of its own, names all that it has to, and borrows nothing held out."""

from __future__ import annotations

import re
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from graphtutor.models.nano import words
from graphtutor.tasks.wording import HELD_OUT_TEMPLATES, question
from graphtutor.training.pretraining_frames import framed

PHRASES = ["runs by", "is held to", "opens"]
NOUNS = ["river", "apple", "stone"]


@given(st.integers(0, 1 << 32), st.integers(1, 3))
def test_start_relations_and_what_is_asked_for_are_named(seed: int, hops: int) -> None:
    """The relations in order; the type at the end at least once; no double spaces."""
    asked = framed("BlueGarden", PHRASES[:hops], NOUNS[:hops], words(), Random(seed))
    assert "BlueGarden" in asked
    assert re.search(".*".join(PHRASES[:hops]), asked)
    assert NOUNS[hops - 1] in asked
    assert "  " not in asked
    assert asked[-1] in ".?"


def test_frames_differ_from_question_to_question() -> None:
    """Of a thousand hardly two are alike."""
    random = Random(0)
    asked = {framed("BlueGarden", PHRASES, NOUNS, words(), random) for _ in range(1000)}
    assert len(asked) > 980


def test_nothing_of_the_held_out_templates_is_drawn() -> None:
    """Neither their lead, nor their joints, nor their close; they measure what is new."""
    random = Random(1)
    asked = " ".join(framed("S", PHRASES, NOUNS, words(), random) for _ in range(3000))
    held_out = [question("S", PHRASES, NOUNS, template) for template in HELD_OUT_TEMPLATES]
    assert len(held_out) == 2
    pieces = ("Consider", "and this", "the final", "called", "the latter", "comes out", "For S")
    for piece in pieces:
        assert any(piece in text for text in held_out)
        assert piece not in asked
