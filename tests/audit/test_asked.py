"""Reading the asked type: what is stated, and what had better be left unread."""

from __future__ import annotations

import pytest

from graphtutor.audit.asked import TypeReader
from graphtutor.tasks.wording import HELD_OUT_TEMPLATES, TEMPLATES, question

READER = TypeReader.of(["cause", "tool", "diagnostic", "fix", "symptom", "data component"])


@pytest.mark.parametrize("template", [*TEMPLATES, *HELD_OUT_TEMPLATES])
@pytest.mark.parametrize("last", ["tool", "cause", "data component"])
def test_every_template_states_its_type(template: str, last: str) -> None:
    """The rule for other people's wording reads ours as well."""
    asked = question("BadGateway", ["is caused by", "uses"], ["cause", last], template)
    assert READER.asked(asked) == last


@pytest.mark.parametrize(
    ("text", "noun"),
    [
        ("A user reports SlowQuery. What is the root cause?", "cause"),
        ("Your system shows Lag. What is the most likely underlying cause?", "cause"),
        ("What's the fix for a crash caused by a corrupted file?", "fix"),
        ("TransactionDeadlock can escalate to what symptom?", "symptom"),
        ("Which diagnostic tool shows it?", "tool"),
        ("Which tool that fixes a symptom is free?", "tool"),
        ("Which of the following tools would you use?", "tool"),
        ("What kind of symptom does it lead to?", "symptom"),
        ("What is the name of the tool that checks it?", "tool"),
        ("Identify the final data component.", "data component"),
        ("Which tool ends this chain: Lag is caused by a fault, which is a cause?", "tool"),
    ],
)
def test_stated_types(text: str, noun: str) -> None:
    assert READER.asked(text) == noun


@pytest.mark.parametrize(
    "text",
    [
        "BadGateway has been detected. What usually causes this problem?",
        "If Lag is not addressed, what problem will it likely cause?",
        "What issue does InvalidCredentials typically lead to?",
        "What might cause the symptom?",
        "What fixed the tool?",
        "What makes a tool fail?",
        "What is Lag fixed by?",
        "Lag is a symptom of a cause.",
        "Which tool shows it? Which cause has it?",
        "Tool",
        "Which",
        "what is the",
        "",
    ],
)
def test_what_is_not_stated(text: str) -> None:
    assert READER.asked(text) is None
