"""A data set: counts that add up, topics on one side, the same bytes for the same arguments."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import yaml

from graphtutor.blueprint.dataset import (
    NOT_WANTED,
    PREFERENCE_FILES,
    REPORT_FILE,
    ROW_FILES,
    Dataset,
    make_dataset,
)
from graphtutor.blueprint.dataset_report import DatasetReport
from graphtutor.blueprint.domain import Domain
from graphtutor.blueprint.expand import expand
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.kinds import KINDS
from graphtutor.blueprint.load import domain_names, load_domain, load_framework
from graphtutor.blueprint.split import split_by_topic
from graphtutor.blueprint.template import TEMPLATE
from graphtutor.errors import ConfigError
from graphtutor.io.digest import digest_bytes

ALL_FILES = {*ROW_FILES, *PREFERENCE_FILES, REPORT_FILE, "report.md"}


def shipped(name: str) -> tuple[Domain, Framework]:
    domain = load_domain(name)
    return domain, load_framework(domain.framework)


@cache
def everything() -> Dataset:
    return make_dataset([shipped(name) for name in domain_names()])


@cache
def physics(seed: int = 0) -> Dataset:
    return make_dataset([shipped("physics")], seed=seed)


@cache
def bread() -> tuple[Domain, Framework]:
    """A domain too small for its topics to be split."""
    return Domain.model_validate(yaml.safe_load(TEMPLATE)), load_framework("first-principles")


def rows(dataset: Dataset, name: str) -> list[Any]:
    return [json.loads(line) for line in dataset.texts[name].splitlines()]


def test_the_shipped_domains_give_what_was_promised() -> None:
    """At least 5,000 examples, none asked twice, no topic on both sides, what was dropped told."""
    dataset = everything()
    assert dataset.findings == ()
    train, valid = (rows(dataset, name) for name in ROW_FILES)
    assert len(train) + len(valid) >= 5_000
    questions = [row["messages"][1]["content"].casefold() for row in train + valid]
    assert len(set(questions)) == len(questions)
    topics = [{(r["meta"]["domain"], r["meta"]["topic"]) for r in side} for side in (train, valid)]
    assert not topics[0] & topics[1]
    pairs = [rows(dataset, name) for name in PREFERENCE_FILES]
    for side, own, other in zip(pairs, topics, topics[::-1], strict=True):
        paired = {(row["meta"]["domain"], row["meta"]["topic"]) for row in side}
        assert paired <= own
        assert not paired & other
    report = dataset.report
    assert set(report.dropped) == {"same question", "near duplicate", NOT_WANTED}
    assert report.dropped["near duplicate"] > 0
    assert all(len(one.held_out) >= 0.15 * one.topics for one in report.domains)
    assert set(report.gate.values()) == {0}
    assert {"lengths", "compression", "answer-levels", "leak", "script"} <= set(report.gate)


def test_counts_add_up() -> None:
    report = physics().report
    domain, framework = shipped("physics")
    expansion = expand(domain, framework, 0)
    kept = sum(one.train + one.valid for one in report.examples.values())
    made = len(expansion.examples) + sum(expansion.dropped.values())
    assert kept + sum(report.dropped.values()) == made
    for number, name in enumerate((*ROW_FILES, *PREFERENCE_FILES)):
        counts = report.examples if number < 2 else report.preferences
        side = "train" if number % 2 == 0 else "valid"
        assert report.files[name].rows == sum(getattr(one, side) for one in counts.values())
        assert report.files[name].rows == len(rows(physics(), name))
        data = physics().texts[name].encode("utf-8")
        assert report.files[name].sha256 == digest_bytes(data)
    (one,) = report.domains
    assert len(one.held_out_evolutions) == 1
    asked = [e for e in expansion.examples if e.meta.topic.startswith("hierarchy/")]
    assert one.hierarchy.train + one.hierarchy.valid == len(asked)
    assert report.frameworks == {"first-principles": framework}
    assert DatasetReport.model_validate_json(physics().texts[REPORT_FILE]) == report


def test_the_page_says_what_the_report_says() -> None:
    page, report = physics().texts["report.md"], physics().report
    for kind, one in report.examples.items():
        assert f"| {kind} | {one.train} | {one.valid} |" in page
    for name, count in {**report.dropped, **report.gate}.items():
        assert f"| {name} | {count} |" in page
    for name, file in report.files.items():
        assert f"| {name} | {file.rows} | `{file.sha256}` |" in page
    assert "of the questions about hierarchies are held out" in page


def test_lines_have_the_same_keys_and_come_mixed() -> None:
    for name in (*ROW_FILES, *PREFERENCE_FILES):
        read = rows(physics(), name)
        assert len({(*row, *row["meta"]) for row in read}) == 1
        what = "kind" if name in ROW_FILES else "fault"
        held = {row["meta"][what] for row in read}
        assert len({row["meta"][what] for row in read[:100]}) > 0.7 * len(held)
        assert len({row["meta"]["key"] for row in read}) == len(read)


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others() -> None:
    assert make_dataset([shipped("physics")]).texts == physics().texts
    assert physics(1).texts["train.jsonl"] != physics().texts["train.jsonl"]
    assert physics(1).report.domains[0].held_out != physics().report.domains[0].held_out


def test_kinds_choose_examples_and_not_what_is_held_out() -> None:
    some = make_dataset([shipped("physics")], kinds=["whole", "order"], with_preferences=False)
    assert set(some.report.examples) == {"whole", "order"}
    for kind, one in some.report.examples.items():
        assert one == physics().report.examples[kind]
    assert some.report.domains == physics().report.domains
    left = sum(
        o.train + o.valid
        for k, o in physics().report.examples.items()
        if k not in ("whole", "order")
    )
    assert some.report.dropped[NOT_WANTED] == left
    assert set(some.texts) == ALL_FILES - set(PREFERENCE_FILES)
    assert some.report.preferences == {}


def test_a_domain_too_small_to_split_says_so_and_has_no_empty_file() -> None:
    dataset = make_dataset([bread()])
    assert dataset.findings == ()
    assert dataset.report.domains[0].held_out == ()
    assert (
        "Bread: no topic is held out; a split needs ten topics, this domain has 5."
        in (dataset.texts["report.md"])
    )
    assert set(dataset.texts) == ALL_FILES - {"preferences_valid.jsonl"}
    assert all(dataset.texts.values())


def test_what_breaks_a_check_is_counted_and_named() -> None:
    domain, framework = bread()
    data = domain.model_dump(mode="json")
    data["topics"][0]["strands"][0]["core"] = "far too many words for this level"
    dataset = make_dataset([(Domain.model_validate(data), framework)])
    assert dataset.report.gate["lengths"] == 1
    assert dataset.findings[0].where == "kneading"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kinds": ["whole", "poem", "song"]}, r"kinds: wanted some of whole, .*, got poem, song"),
        ({"kinds": []}, "wanted examples to train on and examples held out, got 0 and 0"),
        ({"kinds": ["whole"]}, "got 10 and 0"),
        ({"valid_share": 1.0}, "valid_share: wanted a share between 0 and 1"),
    ],
)
def test_arguments_that_make_no_data_set_are_refused(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        make_dataset([bread()], **arguments)


def test_no_domain_and_the_same_domain_twice_are_refused() -> None:
    with pytest.raises(ConfigError, match="wanted at least one blueprint"):
        make_dataset([])
    with pytest.raises(ConfigError, match="domain bread: wanted blueprints with an id of their"):
        make_dataset([bread(), bread()])
    domain, framework = bread()
    other = framework.model_copy(update={"title": "Other"})
    cake = domain.model_copy(
        update={"domain": "cake", "hierarchy": shipped("physics")[0].hierarchy}
    )
    with pytest.raises(ConfigError, match="two different ones with the id first-principles"):
        make_dataset([bread(), (cake, other)])


def test_the_split_is_the_one_of_the_examples() -> None:
    domain, framework = shipped("physics")
    split = split_by_topic(expand(domain, framework, 0).examples, 0.2, 0)
    written = {row["meta"]["key"] for row in rows(physics(), "valid.jsonl")}
    assert written == {example.meta.key for example in split.valid}
    assert set(physics().report.examples) == set(KINDS) - {"drill"}
