"""Ids made from names: readable, one word, unique, the same whatever the order of the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.graph.readers.naming import (
    entity_token,
    local_name,
    readable,
    relation_token,
    unique_tokens,
)


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("Spearphishing Attachment", "SpearphishingAttachment"),
        ("usa", "Usa"),
        ("O'Hare Airport", "OHareAirport"),
        ("ACAD/Medre.A", "ACADMedreA"),
        ("T1059.001", "T1059001"),
        ("Über größe", "ÜberGröße"),
        ("हिन्दी भाषा", "हिन्दीभाषा"),
        ("北京 市", "北京市"),
        ("ﬁne", "Fine"),
        ("---", ""),
    ],
)
def test_entity_token(name: str, token: str) -> None:
    assert entity_token(name) == token


def test_a_long_name_is_cut_at_a_word() -> None:
    name = " ".join(["alpha"] * 40)
    assert entity_token(name) == "Alpha" * 12
    assert len(entity_token("x" * 500)) == 64


@given(st.text())
def test_a_token_is_one_word(name: str) -> None:
    """No white space, no ASCII punctuation, and nothing is left to change at a second pass."""
    token = entity_token(name)
    assert len(token) <= 64
    assert not any(c.isspace() or (c.isascii() and not c.isalnum()) for c in token)
    assert relation_token(name) == relation_token(name).lower()


@pytest.mark.parametrize(
    ("name", "token", "label"),
    [
        ("caused by", "caused_by", "caused by"),
        ("attributed-to", "attributed_to", "attributed to"),
        ("LIVES_IN", "lives_in", "lives in"),
        ("livesIn", "lives_in", "lives in"),
        ("hasHTTPServer", "has_http_server", "has http server"),
        ("/people/person/born", "people_person_born", "people person born"),
        ("commonbloc1", "commonbloc1", "commonbloc1"),
        ("is A kind of", "is_a_kind_of", "is A kind of"),
    ],
)
def test_relation_names(name: str, token: str, label: str) -> None:
    assert relation_token(name) == token
    assert readable(name) == label


def test_local_name() -> None:
    assert local_name("http://x.org/a#B_c") == "B_c"
    assert local_name("http://x.org/a/D%20e/") == "D e"
    assert local_name("urn:isbn:1") == "urn:isbn:1"


def test_colliding_tokens_get_numbers_in_order_of_key() -> None:
    pairs = [("k3", "Rain"), ("k1", "Rain"), ("k2", "RAIN"), ("k4", "Rain2"), ("k5", "T1")]
    assert unique_tokens([*pairs, ("k6", "T1")]) == {
        "k1": "Rain",
        "k4": "Rain2",
        "k5": "T1",
        "k2": "RAIN3",
        "k3": "Rain4",
        "k6": "T1x2",
    }


NAMES = st.sampled_from(["A", "a", "A2", "B", "A1"])
PAIRS = st.lists(st.tuples(st.integers(0, 99).map(str), NAMES), unique_by=lambda pair: pair[0])


@given(PAIRS, st.randoms())
def test_unique_tokens_are_unique_and_do_not_depend_on_order(pairs, random) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)
    tokens = unique_tokens(pairs)
    assert tokens == unique_tokens(shuffled)
    assert len({token.casefold() for token in tokens.values()}) == len(pairs)
    assert tokens.keys() == {key for key, _ in pairs}
