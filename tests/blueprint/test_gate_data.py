"""Each check of expanded data finds its own fault, and none where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from graphtutor.blueprint.example import BlueprintExample, Message
from graphtutor.blueprint.expand import expand
from graphtutor.blueprint.gate_data import DATA_CHECKS, MadeData, check_data
from graphtutor.blueprint.load import load_domain, load_framework
from graphtutor.blueprint.preferences import preferences
from graphtutor.blueprint.split import split_by_topic

FRAMEWORK = load_framework("first-principles")
Change = Callable[[BlueprintExample], BlueprintExample]


@cache
def made() -> MadeData:
    physics = load_domain("physics")
    split = split_by_topic(expand(physics, FRAMEWORK, 0).examples, 0.2, 0)
    pairs = [preferences(side, [(physics, FRAMEWORK)], 0) for side in (split.train, split.valid)]
    return MadeData(split.train, split.valid, *pairs, {"physics": (physics, FRAMEWORK)})


def says(example: BlueprintExample, role: str, text: str) -> BlueprintExample:
    messages = tuple(
        Message(role=m.role, content=text) if m.role == role else m for m in example.messages
    )
    return example.model_copy(update={"messages": messages})


def answers(change: Callable[[str], str]) -> Change:
    return lambda example: says(example, "assistant", change(example.assistant))


def asks(change: Callable[[str], str]) -> Change:
    return lambda example: says(example, "user", change(example.user))


def found(data: MadeData) -> dict[str, int]:
    findings = check_data(data)
    assert all(finding.where.startswith("physics/") for finding in findings)
    checks = [finding.check for finding in findings]
    return {check: checks.count(check) for check in DATA_CHECKS if check in checks}


def changed(kind: str, change: Change) -> MadeData:
    """Return the data with the first training example of a kind changed."""
    at = next(n for n, e in enumerate(made().train) if e.meta.kind == kind)
    train = list(made().train)
    train[at] = change(train[at])
    return replace(made(), train=train)


def test_what_is_made_of_a_shipped_domain_has_no_finding() -> None:
    assert found(made()) == {}


@pytest.mark.parametrize(
    ("kind", "change", "checks"),
    [
        ("whole", answers(lambda t: t.replace("Core Logic", "Logic", 1)), {"answer-levels"}),
        ("whole", answers(lambda t: t.partition("\n")[2]), {"answer-levels"}),
        ("whole", answers(lambda t: t.replace("\n", "\n\n", 1) + "\nMore"), {"answer-levels"}),
        ("whole", answers(lambda t: t.rpartition(" / ")[0]), {"answer-compression"}),
        ("short", answers(lambda t: t + " word" * 60), {"answer-compression"}),
        ("subtopics", answers(lambda t: t.replace("1.2 ", "1.7 ")), {"numbering"}),
        ("subtopics", answers(lambda t: "\n".join(t.split("\n")[::-1])), {"numbering"}),
        ("subtopics", answers(lambda t: t.replace(".", ")")), {"numbering"}),
        ("place", asks(lambda t: "Where?"), {"answer-length"}),
        ("place", answers(lambda t: t + " word" * 1000), {"answer-length"}),
        ("place", answers(lambda t: "Это механика, раздел физики."), {"script"}),
        ("place", answers(lambda t: t + "\x1b[31m"), {"script"}),
        ("level", answers(lambda t: t + " (\N{GREEK SMALL LETTER OMEGA})"), set()),
    ],
)
def test_a_fault_is_named_by_its_own_check(kind: str, change: Change, checks: set[str]) -> None:
    broken = found(changed(kind, change))
    # Cutting off most of an answer also loses strands of the short form.
    assert checks <= set(broken) <= checks | {"answer-compression"}
    assert len(broken) == 1 or "answer-levels" in broken or not checks


def test_a_question_asked_twice_counts_both_times() -> None:
    first = made().train[0]
    again = says(first, "user", first.user.upper())
    data = replace(made(), train=(*made().train, again))
    assert found(data) == {"same-question": 2, "near-duplicate": 1}


def test_what_stands_on_both_sides_is_a_leak() -> None:
    train, valid = made().train, made().valid
    assert found(replace(made(), valid=valid[1:], train=(*train, valid[0])))["leak"] >= 2
    own = {e.meta.topic for e in valid}
    held = next(t for t in load_domain("physics").topics if t.id in own)
    shown = held.strands[0]["explanatory"]
    # Not under its own topic, and not as an answer.
    data = changed("recover", asks(lambda text: f"{text}\n{shown}"))
    assert found(data) == {"leak": 1}
    pair = made().train_pairs[0]
    rejected = pair.model_copy(update={"rejected": (Message(role="assistant", content=shown),)})
    assert found(replace(made(), train_pairs=[rejected])) == {"leak": 1}
    assert found(replace(made(), train_pairs=made().valid_pairs))["leak"] >= len(
        {pair.meta.topic for pair in made().valid_pairs}
    )
    same = says(valid[0], "user", f" {train[0].user.upper()}")
    assert found(replace(made(), valid=(same, *valid[1:])))["leak"] == 1


def test_what_an_evolution_adds_is_held_out_with_it() -> None:
    own = {e.meta.topic for e in made().valid}
    hierarchy = load_domain("physics").hierarchy
    (held,) = [e for e in hierarchy if f"hierarchy/{e.evolution}" in own]
    data = changed("place", answers(lambda text: f"{text}\n{held.builds}"))
    assert found(data) == {"leak": 1}
