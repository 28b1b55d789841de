"""What a question wants, by all the names it goes by."""

from __future__ import annotations

import pytest
from tests.retrieval.library import LINKER

from graphtutor.retrieval.coverage import share_found, wanted_in
from graphtutor.retrieval.terms import terms


def names(question: str) -> list[list[list[str]]]:
    return [[sorted(name) for name in thing.names] for thing in wanted_in(question, lambda _: 1.0)]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("How do I find the other valves?", [[["valv"]]]),
        ("Is disk-check slow?", [[["disk"]], [["check"]], [["slow"]]]),
        ("ERR-42?", [[["err-42"], ["42", "err"]]]),
        ("What is max_open_files?", [[["max_open_files"], ["file", "max", "open"]]]),
        ("the the of", []),
    ],
)
def test_identifiers_count_once_and_words_each(
    question: str, wanted: list[list[list[str]]]
) -> None:
    assert names(question) == wanted


@pytest.mark.parametrize("name", ["ConnectionTimeout", "LimitNOFILE", "processed_messages"])
def test_an_identifier_is_found_by_itself_or_by_its_parts(name: str) -> None:
    [thing] = wanted_in(name, lambda _: 1.0)
    assert thing.is_in(frozenset(terms(name)[:1]))
    assert thing.is_in(frozenset(terms(name)[1:]))
    assert not thing.is_in(frozenset(terms(name)[1:2]))


def test_an_entity_is_found_by_any_of_its_names() -> None:
    wanted = wanted_in("Why is there seal wear?", lambda _: 1.0, LINKER)
    assert share_found(wanted, terms("a worn seal")) == 1.0
    assert share_found(wanted, terms("SealWear")) == 1.0
    assert share_found(wanted, terms("a seal")) == 0.0


def test_rare_things_weigh_more() -> None:
    wanted = wanted_in("pump valve", lambda term: 3.0 if term == "pump" else 1.0)
    assert share_found(wanted, ["pump"]) == 0.75
    assert share_found((), ["pump"]) == 1.0
