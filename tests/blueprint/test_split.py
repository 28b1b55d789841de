"""What is held out was never seen: not a topic, not as a wrong option."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.blueprint.example import BlueprintExample
from graphtutor.blueprint.expand import Expansion, combine, expand
from graphtutor.blueprint.kinds import KINDS
from graphtutor.blueprint.load import load_domain, load_framework
from graphtutor.blueprint.split import split_by_topic
from graphtutor.errors import ConfigError

NAMES = ("devops", "physics")


@cache
def expanded(seed: int = 0) -> Expansion:
    framework = load_framework("first-principles")
    return combine(expand(load_domain(name), framework, seed) for name in NAMES)


def topics(examples: tuple[BlueprintExample, ...]) -> set[tuple[str, str]]:
    return {(example.meta.domain, example.meta.topic) for example in examples}


def made(domain: str, topic: str, group: str, text: str) -> BlueprintExample:
    return BlueprintExample.made(
        system="s",
        user=text,
        assistant="a",
        domain=domain,
        topic=topic,
        group=group,
        framework="f",
        kind="whole",
        evolution=1,
    )


EXAMPLES = st.lists(
    st.builds(
        made,
        st.sampled_from(["physics", "devops"]),
        st.sampled_from(["t1", "t2", "t3", "t4", "t5", "hierarchy/1", "hierarchy/2"]),
        st.sampled_from(["g/1", "g/2", "g/3", "h/1", "alone", "", "g/h/1"]),
        st.text(min_size=1, max_size=3),
    ),
    max_size=40,
)


@given(EXAMPLES, st.floats(0.01, 0.99), st.integers(0, 99))
def test_no_topic_and_no_group_is_ever_on_both_sides(
    examples: list[BlueprintExample], share: float, seed: int
) -> None:
    split = split_by_topic(examples, share, seed)
    assert not topics(split.train) & topics(split.valid)
    assert not {e.meta.group for e in split.train} & {e.meta.group for e in split.valid}
    key = BlueprintExample.model_dump_json
    assert sorted(map(key, split.train + split.valid)) == sorted(map(key, examples))
    assert bool(split.train) == bool(examples)
    assert split_by_topic(examples, share, seed) == split


@given(st.floats(0.02, 0.5), st.integers(0, 9))
def test_an_expansion_is_split_by_topic_and_every_part_of_it_is_held_out(
    share: float, seed: int
) -> None:
    split = split_by_topic(expanded().examples, share, seed)
    assert not topics(split.train) & topics(split.valid)
    assert {e.meta.kind for e in split.valid} == set(KINDS) - {"drill"}
    assert {e.meta.domain for e in split.valid} == set(NAMES)


@pytest.mark.parametrize("seed", range(4))
def test_no_text_of_a_held_out_topic_stands_in_training(seed: int) -> None:
    split = split_by_topic(expanded().examples, 0.2, seed)
    seen: defaultdict[str, str] = defaultdict(str)
    for example in split.train:
        seen[example.meta.domain] += f"\n{example.user}\n{example.assistant}\n"
    lines = {name: set(text.splitlines()) for name, text in seen.items()}
    held = topics(split.valid)
    for name in NAMES:
        for topic in load_domain(name).topics:
            if (name, topic.id) in held:
                for strand in topic.strands:
                    assert strand["explanatory"] not in seen[name]
                    options = {f"{letter}) {strand['core']}" for letter in "ABCD"}
                    assert not options & lines[name]


def test_held_out_topics_come_from_every_evolution() -> None:
    split = split_by_topic(expanded().examples, 0.1, 0)
    for name in NAMES:
        own = [e for e in split.valid if e.meta.domain == name]
        evolutions = {e.meta.evolution for e in own if not e.meta.topic.startswith("hierarchy")}
        assert len(evolutions) == len(load_domain(name).hierarchy)


def test_the_share_is_about_what_was_asked_for() -> None:
    for share in (0.1, 0.3, 0.5):
        split = split_by_topic(expanded().examples, share, 0)
        assert len(split.valid) / len(expanded().examples) == pytest.approx(share, abs=0.05)


def test_two_seeds_of_an_expansion_are_split_as_one() -> None:
    both = combine([expanded(0), expanded(1)])
    split = split_by_topic(both.examples, 0.1, 0)
    assert not topics(split.train) & topics(split.valid)
    assert len(split.valid) / len(both.examples) == pytest.approx(0.1, abs=0.05)
    assert split_by_topic(both.examples, 0.1, 1) != split


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_leaves_a_side_empty_is_refused(share: float) -> None:
    with pytest.raises(ConfigError, match="valid_share: wanted a share between 0 and 1"):
        split_by_topic((), share, 0)
