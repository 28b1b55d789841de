"""Each check of the gate finds its own fault and no other; files that cannot be used say why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from graphtutor.blueprint.domain import Domain
from graphtutor.blueprint.framework import Framework, Level, Merge
from graphtutor.blueprint.gate import check_domain
from graphtutor.blueprint.load import framework_names, load_domain, load_framework
from graphtutor.errors import ConfigError

WHY = "A body keeps the velocity it has unless something pushes it, for change needs a cause."
FORCE = "A push changes how fast a thing moves in step with its size and against the mass it meets."


def raw() -> dict[str, Any]:
    """A small blueprint without a fault."""
    strands = [
        {"final": "First law", "explanatory": WHY, "core": "Stays the same"},
        {"final": "Second law", "explanatory": FORCE, "core": "Force changes speed"},
    ]
    return {
        "domain": "physics",
        "title": "Physics",
        "style": "Terse.",
        "hierarchy": [
            {"evolution": 1, "title": "Old", "builds": "Seen.", "subtopics": ["Motion", "Heat"]},
            {"evolution": 2, "title": "New", "builds": "Not seen.", "subtopics": ["Light", "Atom"]},
        ],
        "topics": [
            {"id": f"t{n}", "title": f"topic {n}", "evolution": 1 + n // 2, "subtopic": sub}
            | {"strands": strands}
            for n, sub in enumerate(["Motion", "Heat", "Light", "Atom"])
        ],
    }


def found(data: dict[str, Any]) -> list[tuple[str, str]]:
    framework = load_framework("first-principles")
    return [(f.check, f.where) for f in check_domain(Domain.model_validate(data), framework)]


def test_a_whole_blueprint_has_no_finding() -> None:
    assert found(raw()) == []


@pytest.mark.parametrize(
    ("check", "level", "text"),
    [
        ("lengths", "final", "A law with a name that is far too long"),
        ("lengths", "explanatory", "Too short to say why, is it not."),
        ("repeats", "core", "change needs a cause"),
        ("title", "final", "Topic 2"),
        ("language", "explanatory", WHY.replace("body", "*body*")),
    ],
)
def test_a_fault_is_named_by_its_own_check(check: str, level: str, text: str) -> None:
    data = raw()
    strand = {**data["topics"][2]["strands"][0], level: text}
    data["topics"][2]["strands"] = [strand, data["topics"][2]["strands"][1]]
    assert found(data) == [(check, "t2")]


def test_a_short_form_that_is_not_short_and_a_subtopic_without_topics() -> None:
    data = raw()
    short = "one two three four five"
    why = " ".join(f"w{n}" for n in range(12))
    strand = {"final": "A law", "explanatory": why, "core": short}
    data["topics"][3] |= {"strands": [strand], "subtopic": "Light"}
    assert found(data) == [("compression", "t3"), ("coverage", "evolution 2")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["hierarchy"].reverse(), r"numbered 1 to 2 in order, not \[2, 1\]"),
        (lambda d: d["topics"][0].update(id="t1"), "two topics have the id 't1'"),
        (lambda d: d["topics"][0].update(subtopic="Light"), "'Light' is no subtopic of evolution"),
        (lambda d: d["topics"][0].update(strands=[]), r"topics\.0\.strands"),
        (lambda d: d.update(colour="red"), "colour"),
        (lambda d: d.update(framework="nothing"), "framework nothing: wanted one of"),
        (
            lambda d: d.update(framework="systems-cognition"),
            "framework: wanted a framework that takes topics apart, such as first-principles, got "
            "systems-cognition, which takes the hierarchy apart, in every domain",
        ),
        (
            lambda d: d["topics"][0].update(strands=[{"final": "x"}]),
            "topic t0, strand 1: wanted the levels core, explanatory, final, got final",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why(change: Any, message: str, tmp_path: Path) -> None:
    data = raw()
    change(data)
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(data), "utf-8")
    with pytest.raises(ConfigError, match=message):
        load_domain(str(file))


def test_unknown_names_list_the_known_ones() -> None:
    listed = "framework thought: wanted one of first-principles, systems-cognition"
    with pytest.raises(ConfigError, match=listed):
        load_framework("thought")
    assert framework_names() == ["first-principles", "systems-cognition"]


def test_an_answer_holds_every_level_of_every_strand_in_order() -> None:
    framework = load_framework("first-principles")
    written = framework.written(raw()["topics"][0]["strands"])
    labels = [line.partition(":")[0] for line in written.splitlines() if line]
    levels = ["Final Principle", "Explanatory Principle", "Core Logic Principle"]
    assert labels == [*levels, *levels, "Principles Compression"]
    assert written.endswith("Principles Compression: Stays the same / Force changes speed")


def test_a_users_framework_may_have_other_levels_and_no_short_form() -> None:
    levels = (Level(id="claim", label="Claim"), Level(id="proof", label="Proof"))
    plain = Framework(framework="proof", title="Proof", levels=levels)
    strands = [{"claim": "It halts", "proof": "It counts down"}, {"claim": "b", "proof": "c"}]
    assert plain.written(strands).count("Claim:") == 2
    assert plain.compressed(strands) == ""
    with pytest.raises(ValueError, match="none of the levels claim, proof"):
        Framework(framework="proof", title="P", levels=levels, merge=Merge(label="M", level="core"))
    with pytest.raises(ValueError, match="same id or label"):
        Framework(framework="proof", title="P", levels=(levels[0], levels[0]))
