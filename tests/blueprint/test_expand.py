"""An expansion asks nothing twice, answers rightly, and is the same for the same seed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from graphtutor.blueprint.domain import Domain, Evolution, Topic
from graphtutor.blueprint.duplicates import near_duplicates, resemblance
from graphtutor.blueprint.example import BlueprintExample, to_jsonl, write_examples
from graphtutor.blueprint.expand import Expansion, combine, expand
from graphtutor.blueprint.framework import Framework, Level
from graphtutor.blueprint.kinds import CLOSED_KINDS, KINDS
from graphtutor.blueprint.load import domain_names, load_domain, load_framework
from graphtutor.blueprint.structure import explained, plain_words, score_structure
from graphtutor.io.digest import digest_of


@cache
def domain(name: str) -> Domain:
    return load_domain(name)


@cache
def expanded(name: str, seed: int = 0) -> Expansion:
    return expand(domain(name), load_framework(domain(name).framework), seed)


@cache
def everything() -> Expansion:
    return combine(expanded(name) for name in domain_names())


def of_kind(name: str, kind: str) -> list[BlueprintExample]:
    return [example for example in expanded(name).examples if example.meta.kind == kind]


def test_the_shipped_domains_give_thousands_of_distinct_examples() -> None:
    examples = everything().examples
    assert len(examples) >= 5_000
    assert len({example.user.casefold() for example in examples}) == len(examples)
    assert len({example.meta.key for example in examples}) == len(examples)
    assert len({e.assistant for e in examples if e.meta.closed is None}) > 2_500


@pytest.mark.parametrize("name", domain_names())
def test_every_kind_is_made_of_every_domain(name: str) -> None:
    assert len(KINDS) >= 10
    counts = {kind: n for kind, n in expanded(name).kinds.items() if kind != "drill"}
    assert min(counts.values()) >= 10
    assert expanded(name).kinds["drill"] == 0  # made on demand
    topics = Counter(e.meta.topic for e in expanded(name).examples)
    assert all(topics[topic.id] >= 8 for topic in domain(name).topics)


def test_what_was_made_is_kept_or_counted() -> None:
    total = everything()
    before = sum(len(expanded(name).examples) for name in domain_names())
    dropped_before = sum(sum(expanded(name).dropped.values()) for name in domain_names())
    assert len(total.examples) + sum(total.dropped.values()) == before + dropped_before
    twice = combine([expanded("physics"), expanded("physics")])
    assert twice.examples == expanded("physics").examples
    assert twice.dropped["same question"] >= len(twice.examples)


def test_no_two_examples_of_a_topic_nearly_agree() -> None:
    by_topic: dict[str, list[str]] = {}
    for example in expanded("physics").examples:
        text = f"{example.user}\n{example.assistant}"
        by_topic.setdefault(example.meta.topic, []).append(text)
    pairs = (pair for texts in by_topic.values() for pair in combinations(texts, 2))
    assert expanded("physics").dropped["near duplicate"] > 0
    assert max(resemblance(*pair) for pair in pairs) < 0.9


def test_near_duplicates_are_found_and_others_are_not() -> None:
    text = " ".join(f"w{n}" for n in range(60))
    near, far = text + " end", " ".join(f"w{n}" for n in reversed(range(60)))
    assert resemblance(text, near) > 0.9
    assert resemblance(text, far) == 0
    assert near_duplicates([text, far, near, "w1", "w1", "", ""]) == [2, 4, 6]
    assert near_duplicates([near, text]) == [1]
    half = text + " " + " ".join(f"v{n}" for n in range(60))
    assert near_duplicates([text, half]) == []
    assert near_duplicates([]) == []


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    code = (
        "import hashlib; from graphtutor.blueprint.load import load_domain, load_framework;"
        "from graphtutor.blueprint.expand import expand;"
        "from graphtutor.blueprint.example import to_jsonl;"
        "e = expand(load_domain('physics'), load_framework('first-principles'), 0);"
        "print(to_jsonl(e.examples), end='')"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONIOENCODING": "utf-8"}
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env=environment
    )
    assert other.stdout.decode("utf-8") == to_jsonl(expanded("physics").examples)
    assert to_jsonl(expanded("physics", 1).examples) != to_jsonl(expanded("physics").examples)


def test_a_line_holds_the_messages_and_where_they_come_from(tmp_path: Path) -> None:
    examples = expanded("physics").examples
    file = tmp_path / "train.jsonl"
    assert write_examples(file, examples) == len(examples)
    text = file.read_text("utf-8")
    assert text == to_jsonl(examples)
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(rows) == len(examples)
    for row, example in zip(rows, examples, strict=True):
        assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
        assert row["messages"][0]["content"] == domain("physics").style
        assert row["meta"]["key"] == digest_of(row["messages"])
        assert BlueprintExample.model_validate(row) == example
    assert len({tuple(sorted(row["meta"])) for row in rows}) == 1


@pytest.mark.parametrize("name", domain_names())
def test_no_placeholder_and_no_stray_space_is_left(name: str) -> None:
    for example in expanded(name).examples:
        for text in (example.user, example.assistant):
            assert "{" not in text
            assert text == text.strip()
            assert "  " not in text
        assert example.user[0] == example.user[0].upper()


def test_each_kind_is_asked_in_several_ways() -> None:
    for kind in set(KINDS) - {"drill"}:
        if kind in ("order", "subtopics", "builds-on"):
            continue
        # What is left of the first line when the names in it are taken out.
        starts = {example.user.split()[0] for example in of_kind("devops", kind)}
        assert len(starts) >= 4, kind


def test_a_closed_answer_begins_what_the_assistant_says() -> None:
    for example in everything().examples:
        closed = example.meta.closed
        assert (closed is not None) == (example.meta.kind in CLOSED_KINDS)
        assert closed is None or example.assistant.startswith(closed)


@pytest.mark.parametrize("kind", ["recover", "misplaced"])
def test_four_options_hold_the_answer_once_and_anywhere(kind: str) -> None:
    letters: Counter[str] = Counter()
    for example in everything().examples:
        if example.meta.kind == kind:
            options = [line for line in example.user.splitlines() if line[1:3] == ") "]
            assert [line[0] for line in options] == list("ABCD")
            assert len({line[3:].casefold() for line in options}) == 4
            assert example.assistant in options
            letters[str(example.meta.closed)] += 1
    assert min(letters.values()) > 0.2 * letters.total()


@pytest.mark.parametrize("name", domain_names())
def test_the_right_level_is_recovered_and_the_wrong_ones_are_other_topics(name: str) -> None:
    topics = {topic.id: topic for topic in domain(name).topics}
    for example in of_kind(name, "recover"):
        own = {text for strand in topics[example.meta.topic].strands for text in strand.values()}
        options = [line[3:] for line in example.user.splitlines() if line[1:3] == ") "]
        assert [text for text in options if text in own] == [example.assistant[3:]]
        shown = [line for line in example.user.splitlines() if ": " in line and line[1] != ")"]
        assert sum(line.endswith(": ____") for line in shown) == 1


@pytest.mark.parametrize("name", domain_names())
def test_what_is_said_about_the_hierarchy_is_true(name: str) -> None:
    hierarchy = domain(name).hierarchy
    home = {sub: e for e in hierarchy for sub in e.subtopics}
    for example in of_kind(name, "misplaced"):
        asked = example.meta.evolution
        options = [line[3:] for line in example.user.splitlines() if line[1:3] == ") "]
        wrong = [text for text in options if home[text].evolution != asked]
        assert wrong == [example.assistant[3:]]
        assert f"Evolution {asked}: {hierarchy[asked - 1].title}" in example.user
    for example in of_kind(name, "order"):
        given = {line[2:] for line in example.user.splitlines()[1:]}
        right = [f"Evolution {e.evolution}: {e.title}" for e in hierarchy if e.title in given]
        assert example.assistant.splitlines() == right
    for example in of_kind(name, "evolution-of"):
        evolution = hierarchy[example.meta.evolution - 1]
        assert any(s.casefold() in example.user.casefold() for s in evolution.subtopics)
        assert example.assistant == f"Evolution {evolution.evolution}: {evolution.title}"
    for example in of_kind(name, "subtopics"):
        evolution = hierarchy[example.meta.evolution - 1]
        numbers = [line.split()[0] for line in example.assistant.splitlines()]
        wanted = range(1, len(evolution.subtopics) + 1)
        assert numbers == [f"{evolution.evolution}.{n}" for n in wanted]


def test_parts_of_a_topic_come_from_that_topic() -> None:
    framework = load_framework("first-principles")
    topics = {topic.id: topic for topic in domain("physics").topics}
    for example in expanded("physics").examples:
        topic = topics.get(example.meta.topic)
        if topic is None or example.meta.kind in ("recover", "place", "merge"):
            continue
        assert topic.title.casefold() in example.user.casefold()
        whole = framework.written(topic.strands)
        assert example.assistant in whole
        assert (example.assistant == whole) == (example.meta.kind == "whole")


def test_a_strand_is_told_by_its_core() -> None:
    for example in of_kind("devops", "strand-of"):
        topic = next(t for t in domain("devops").topics if t.id == example.meta.topic)
        strand = next(s for s in topic.strands if s["final"] == example.assistant)
        assert f'"{strand["core"]}"' in example.user
        assert all(s["final"] in example.user for s in topic.strands)


def test_a_small_blueprint_with_another_framework_gives_what_it_can() -> None:
    framework = Framework(
        framework="proof",
        title="Claim and proof",
        levels=(Level(id="claim", label="Claim"), Level(id="proof", label="Proof")),
    )
    small = Domain(
        domain="sums",
        title="Sums",
        framework="proof",
        style="Terse.",
        hierarchy=tuple(
            Evolution(evolution=n, title=f"Part {n}", builds="More.", subtopics=(f"a{n}", f"b{n}"))
            for n in (1, 2)
        ),
        topics=(
            Topic(
                id="even",
                title="even {sums}",
                evolution=1,
                subtopic="a1",
                strands=({"claim": "Even plus even is even", "proof": "Both halve"},),
            ),
        ),
    )
    made = expand(small, framework, 3)
    # No merge: nothing to compress. One topic, two subtopics: no three wrong options.
    missing = {"short", "compress", "unfold", "recover", "strand-of", "misplaced"}
    missing |= {"merge", "drill"}
    assert {kind for kind, count in made.kinds.items() if not count} == missing
    assert any("{sums}" in example.user for example in made.examples)


def test_drills_are_known_strands_in_new_company_and_merged_nonsense() -> None:
    physics = domain("physics")
    framework = load_framework(physics.framework)
    made = expand(physics, framework, 0, drills=6)
    drills = [e for e in made.examples if e.meta.kind == "drill"]
    assert len(drills) >= 5.5 * len(physics.topics)
    assert expand(physics, framework, 0).examples == tuple(
        e for e in made.examples if e.meta.kind != "drill"
    )
    whole = [e for e in drills if e.assistant.startswith("Final Principle")]
    assert len(whole) == pytest.approx(len(drills) / 2, rel=0.1)
    group_of = {
        text: e.meta.group
        for e in made.examples
        if e.meta.kind == "whole"
        for text in explained(framework, e.assistant)
    }
    companies: set[tuple[str, ...]] = set()
    for example in whole:
        assert score_structure(framework, example.assistant).well_formed
        said = explained(framework, example.assistant)
        assert {group_of[text] for text in said} == {example.meta.group}
        companies.add(tuple(said))
    assert len(companies) > 0.6 * len(whole)
    for example in drills:
        if example not in whole:
            given = re.findall("Core Logic Principle: (.*)", example.user)
            assert example.assistant == f"Principles Compression: {' / '.join(given)}"
            lines = [*example.user.splitlines(), *example.assistant.splitlines()]
            assert not any(plain_words(line.partition(": ")[2]) in group_of for line in lines)


def test_merging_carries_over_what_is_given_and_nothing_else() -> None:
    merges = [e for e in expanded("devops").examples if e.meta.kind == "merge"]
    assert len(merges) > 3 * len(domain("devops").topics)
    for example in merges:
        given = re.findall("Core Logic Principle: (.*)", example.user)
        assert 2 <= len(given) <= 4
        assert example.assistant == f"Principles Compression: {' / '.join(given)}"
