"""Systems cognition: a domain's hierarchy taken apart, and what of it is held out."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pytest

from graphtutor.blueprint.domain import Domain
from graphtutor.blueprint.example import BlueprintExample
from graphtutor.blueprint.expand import expand
from graphtutor.blueprint.kinds_draft import Draft, Source
from graphtutor.blueprint.kinds_hierarchy import overview
from graphtutor.blueprint.load import (
    SYSTEMS,
    domain_names,
    framework_names,
    load_domain,
    load_framework,
)
from graphtutor.blueprint.split import split_by_topic
from graphtutor.blueprint.structure import score_structure


@cache
def drafts(name: str) -> list[Draft]:
    domain = load_domain(name)
    return list(overview(Source.of(domain, load_framework(domain.framework), 0)))


def made(domain: Domain, drafts: Iterable[Draft]) -> list[BlueprintExample]:
    return [
        BlueprintExample.made(
            system=domain.style,
            user=draft.user,
            assistant=draft.assistant,
            domain=domain.domain,
            topic=draft.topic,
            group=draft.group,
            framework=draft.framework,
            kind=draft.kind,
            evolution=draft.evolution,
        )
        for draft in drafts
    ]


def test_it_is_built_in_beside_first_principles() -> None:
    assert framework_names() == ["first-principles", SYSTEMS]
    framework = load_framework(SYSTEMS)
    assert [level.label for level in framework.levels] == [
        "Evolution",
        "Builds on",
        "Adds",
        "Subtopics",
    ]


def test_an_overview_of_physics_reads_so() -> None:
    (whole,) = [d for d in drafts("physics") if "the whole hierarchy" in d.user]
    lines = whole.assistant.split("\n")
    assert lines[5:9] == [
        "Evolution: 2. Modern physics",
        "Builds on: 1. Classical physics",
        f"Adds: {load_domain('physics').hierarchy[1].builds}",
        "Subtopics: 2.1 Relativity; 2.2 Quantum mechanics; 2.3 Atomic physics; "
        "2.4 Nuclear physics; 2.5 Particle physics; 2.6 Condensed matter physics",
    ]
    assert lines[1] == "Builds on: nothing below it"
    assert lines[-1] == (
        "Logical Hierarchy: 1. Classical physics > 2. Modern physics > 3. Theoretical physics > "
        "4. Applied and interdisciplinary physics"
    )


@pytest.mark.parametrize("name", domain_names())
def test_every_run_of_evolutions_is_asked_for(name: str) -> None:
    hierarchy = load_domain(name).hierarchy
    size = len(hierarchy)
    asked = drafts(name)
    assert len({draft.topic for draft in asked}) == size * (size + 1) // 2
    assert len({draft.user for draft in asked}) == len(asked) == 3 * size + size * (size - 1) // 2
    for draft in asked:
        numbers = [int(n) for n in draft.topic.removeprefix("hierarchy/").split("+")]
        structure = score_structure(load_framework(SYSTEMS), draft.assistant)
        assert structure.levels
        assert structure.order
        assert structure.once
        assert structure.clean
        assert structure.merged
        assert structure.strands == len(numbers)
        assert draft.evolution == numbers[-1]
        for evolution in hierarchy:
            inside = evolution.evolution in numbers
            assert (f"Adds: {evolution.builds}\n" in draft.assistant) == inside
            assert (f".1 {evolution.subtopics[0]};" in draft.assistant) == inside


@pytest.mark.parametrize("seed", range(4))
def test_what_shows_a_held_out_evolution_is_held_out(seed: int) -> None:
    domain = load_domain("physics")
    examples = list(expand(domain, load_framework(domain.framework), seed).examples)
    examples += made(domain, drafts("physics"))
    split = split_by_topic(examples, 0.2, seed)
    held = {e.meta.topic for e in split.valid}
    (one,) = [e for e in domain.hierarchy if f"hierarchy/{e.evolution}" in held]
    runs = {e.meta.topic for e in examples if "+" in e.meta.topic}
    numbers = {run: run.removeprefix("hierarchy/").split("+") for run in runs}
    assert {run for run in runs if str(one.evolution) in numbers[run]} == runs & held
    assert "hierarchy/1+2+3+4" in held
    assert not any(one.builds in e.assistant for e in split.train)
    assert any("+" in e.meta.topic for e in split.train)
