"""Preference pairs: the chosen answer is well formed, the rejected one has the fault it names."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache

import pytest

from graphtutor.blueprint import preferences as module
from graphtutor.blueprint.domain import Domain, Topic
from graphtutor.blueprint.example import BlueprintExample
from graphtutor.blueprint.expand import expand
from graphtutor.blueprint.framework import Framework, Level
from graphtutor.blueprint.gate_data import MadeData, check_data
from graphtutor.blueprint.load import load_domain, load_framework
from graphtutor.blueprint.preferences import FAULTS, Preference, preferences
from graphtutor.blueprint.split import split_by_topic

FRAMEWORK = load_framework("first-principles")
PADDING = {*module._BEFORE, *module._BETWEEN, *module._AFTER}  # pyright: ignore


@cache
def physics() -> Domain:
    return load_domain("physics")


@cache
def examples() -> tuple[BlueprintExample, ...]:
    return expand(physics(), FRAMEWORK, 0).examples


@cache
def pairs(seed: int = 0) -> tuple[Preference, ...]:
    return tuple(preferences(examples(), [(physics(), FRAMEWORK)], seed))


def topic_of(pair: Preference) -> Topic:
    return next(topic for topic in physics().topics if topic.id == pair.meta.topic)


def texts(pair: Preference) -> tuple[str, str]:
    return pair.chosen[0].content, pair.rejected[0].content


def of(fault: str) -> list[Preference]:
    return [pair for pair in pairs() if pair.meta.fault == fault]


def test_a_line_is_what_dpo_takes() -> None:
    by_key = {example.meta.key: example for example in examples()}
    for pair in pairs():
        row = json.loads(pair.model_dump_json())
        assert list(row) == ["prompt", "chosen", "rejected", "meta"]
        assert [m["role"] for m in row["prompt"]] == ["system", "user"]
        assert [m["role"] for m in row["chosen"] + row["rejected"]] == ["assistant"] * 2
        example = by_key[pair.meta.question]
        assert (*pair.prompt, *pair.chosen) == example.messages
        assert pair.meta.group == example.meta.group
        assert pair.chosen != pair.rejected
    assert len({pair.meta.key for pair in pairs()}) == len(pairs())


def test_every_fault_comes_once_for_each_topic_and_kind() -> None:
    counts = Counter((p.meta.topic, p.meta.kind, p.meta.fault) for p in pairs())
    assert set(counts.values()) == {1}
    single = {topic.id for topic in physics().topics if len(topic.strands) == 1}
    topics = {topic.id for topic in physics().topics}
    for fault in FAULTS:
        wanted = topics - single if fault == "dropped-strand" else topics
        assert {pair.meta.topic for pair in of(fault)} == wanted
    # Both questions of a topic take their turn.
    whole = {pair.meta.question for pair in pairs() if pair.meta.kind == "whole"}
    assert len(whole) > 1.9 * len(topics)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_gate_passes_the_chosen_and_refuses_the_rejected(fault: str) -> None:
    by_key = {example.meta.key: example for example in examples()}
    for pair in of(fault):
        example = by_key[pair.meta.question]
        bad = example.model_copy(update={"messages": (*pair.prompt, *pair.rejected)})
        domains = {"physics": (physics(), FRAMEWORK)}
        assert check_data(MadeData([example], [], [], [], domains)) == []
        found = {f.check for f in check_data(MadeData([bad], [], [], [], domains))}
        if fault in ("missing-level", "out-of-order"):
            assert found == {"answer-levels"}
        elif fault == "verbose" and pair.meta.kind == "whole":
            assert found == {"answer-levels", "answer-compression"}
        else:
            assert found == {"answer-compression"}


def test_what_is_left_out_or_moved_is_one_thing() -> None:
    for pair in of("missing-level"):
        chosen, rejected = (text.split("\n") for text in texts(pair))
        assert len(rejected) == len(chosen) - 1
        assert [line for line in chosen if line] != [line for line in rejected if line]
    for pair in of("out-of-order"):
        chosen, rejected = (text.split("\n") for text in texts(pair))
        assert sorted(chosen) == sorted(rejected)
    lost = [
        Counter(p.chosen[0].content.split("\n")) - Counter(p.rejected[0].content.split("\n"))
        for p in of("missing-level")
    ]
    assert {next(iter(one)).split(":")[0] for one in lost} == {
        level.label for level in FRAMEWORK.levels
    }


def test_a_verbose_answer_holds_the_chosen_one_and_padding_only() -> None:
    openings = set()
    for pair in of("verbose"):
        chosen, rejected = texts(pair)
        blocks = rejected.split("\n\n")
        assert blocks[0] in PADDING
        assert blocks[-1] in PADDING
        assert "\n\n".join(block for block in blocks if block not in PADDING) == chosen
        openings.add(blocks[0])
    assert len(openings) >= 5
    topics = [text for t in physics().topics for strand in t.strands for text in strand.values()]
    words = {word for text in topics for word in re.findall(r"\w{12,}", text)}
    assert not words & set(re.findall(r"\w{12,}", " ".join(PADDING)))


def test_a_short_form_lacks_one_strand_or_is_as_long_as_what_it_shortens() -> None:
    for pair in of("dropped-strand"):
        rejected = texts(pair)[1].rpartition("\n")[2].removeprefix("Principles Compression: ")
        cores = [strand["core"] for strand in topic_of(pair).strands]
        kept = rejected.split(" / ")
        assert len(kept) == len(cores) - 1
        assert [core for core in cores if core in kept] == kept
    for pair in of("long-compression"):
        short = texts(pair)[1].rpartition("\n")[2]
        for strand in topic_of(pair).strands:
            assert strand["explanatory"].rstrip(".") in short


def test_the_same_seed_gives_the_same_pairs_and_another_seed_others() -> None:
    again = preferences(examples(), [(physics(), FRAMEWORK)], 0)
    assert tuple(again) == pairs()
    assert pairs(1) != pairs()
    assert [p.meta.question for p in pairs(1)] == [p.meta.question for p in pairs()]


def test_the_same_topics_are_held_out_as_in_the_examples() -> None:
    split = split_by_topic(examples(), 0.2, 0)
    domains = [(physics(), FRAMEWORK)]
    train, valid = (preferences(side, domains, 0) for side in (split.train, split.valid))
    assert len(train) + len(valid) == len(pairs())
    trained = {example.meta.topic for example in split.train}
    assert {pair.meta.topic for pair in train} <= trained
    assert valid
    assert not {pair.meta.topic for pair in valid} & trained


def test_a_framework_without_short_form_or_levels_gives_what_it_can() -> None:
    topic = {"id": "even", "title": "even sums", "evolution": 1, "subtopic": "a1"}
    strands = [{"claim": "Even plus even is even", "proof": "Both halve."}]
    levels = (Level(id="claim", label="Claim"), Level(id="proof", label="Proof"))
    hierarchy = [
        {"evolution": n, "title": f"P{n}", "builds": "More.", "subtopics": [f"a{n}", f"b{n}"]}
        for n in (1, 2)
    ]
    wanted = {2: {"missing-level", "out-of-order", "verbose"}, 1: {"verbose"}}
    for size, faults in wanted.items():
        kept = [{level.id: strand[level.id] for level in levels[:size]} for strand in strands]
        framework = Framework(framework="proof", title="Proof", levels=levels[:size])
        domain = Domain.model_validate(
            {"domain": "sums", "title": "Sums", "style": "Terse.", "hierarchy": hierarchy}
            | {"topics": [topic | {"strands": kept}]}
        )
        made = preferences(expand(domain, framework, 0).examples, [(domain, framework)], 0)
        assert {pair.meta.fault for pair in made} == faults
        assert all(pair.chosen != pair.rejected for pair in made)
