"""Follow-up questions take what they leave out from the question before."""

from __future__ import annotations

import pytest
from tests.retrieval.library import LINKER

from graphtutor.retrieval.follow_up import with_context


@pytest.mark.parametrize(
    ("question", "previous", "asked"),
    [
        ("What causes it?", "What is a pump trip?", "What causes Pump Trip?"),
        ("What are its causes?", "What is a worn seal?", "What are Seal Wear's causes?"),
        ("And why is that?", "What is a pump trip?", "And why is that? (Pump Trip)"),
        ("Why?", "Where was the valve bought?", "Why? (valve bought)"),
        ("What causes low flow?", "What is a pump trip?", "What causes low flow?"),
        ("Where was the motor bought?", "What is a pump trip?", "Where was the motor bought?"),
        ("What causes it?", "", "What causes it?"),
    ],
)
def test_what_is_carried(question: str, previous: str, asked: str) -> None:
    assert with_context(question, previous, LINKER) == asked


def test_without_a_graph_words_are_carried() -> None:
    assert with_context("Is it old?", "Where was the valve bought?", None) == (
        "Is it old? (valve bought)"
    )
