"""Exact whole-token matching: the longest name wins, and a name never hides inside another word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Entity, GraphFile
from graphtutor.reward.matcher import EntityMatcher, Mention

IDS = [
    "DNS",
    "DNSCache",
    "T1059",
    "T1059.001",
    "A",
    "A B",
    "A B C",
    "S\u00e3o_Paulo",
    "O'Brien (NY)",
]


def names(text: str, ids: list[str] = IDS) -> list[str]:
    return [mention.entity for mention in EntityMatcher(ids).find(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("DNS", ["DNS"]),
        ("DNS, (DNS): 'DNS'.", ["DNS", "DNS", "DNS"]),
        ("DNSTimeout myDNS DNS_ DNS2 dns", []),
        ("DNS-over-HTTPS and pre-DNS and DNS/TCP", []),
        ("DNSCache", ["DNSCache"]),
        ("DNS's end", ["DNS"]),
        ("T1059.001 then T1059. Then T1059.002", ["T1059.001", "T1059"]),
        ("A B C D", ["A B C"]),
        ("A B D A", ["A B", "A"]),
        ("A\n B", ["A B"]),
        ("A. B", ["A"]),
        ("in S\u00e3o_Paulo.", ["S\u00e3o_Paulo"]),
        ("S\u00e3o_Paulo\u0301 is another word", []),
        ("by O'Brien (NY), not O'Brien", ["O'Brien (NY)"]),
        ("DNS\u200bTimeout \ud83d DNS\u2192DNS", ["DNS", "DNS"]),
    ],
)
def test_mentions_in_order(text: str, found: list[str]):
    assert names(text) == found


def test_spans_point_at_the_text():
    assert EntityMatcher(["A B"]).find("x A  B.") == (Mention(("A B",), 2, 6),)


LABELLED = [
    Entity(id="ClockSkew", label="Clock Skew", type="cause", aliases=("time drift",)),
    Entity(id="NTP", label="N.T.P.", type="tool"),
    Entity(id="Drift1", label="Drift", type="cause"),
    Entity(id="Drift2", label="drift!", type="cause"),
    Entity(id="Silent", label="...", type="cause"),
]


def labelled() -> KnowledgeGraph:
    return KnowledgeGraph.from_file(
        GraphFile(version="1.0", domain="d", entities=tuple(LABELLED), relations=(), edges=())
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("clock skew, CLOCK-SKEW and a time drift", [("ClockSkew",)] * 3),
        ("ClockSkew", [("ClockSkew",)]),
        ("the drift", [("Drift1", "Drift2")]),
        ("drift-free clock skewed n t p", [("NTP",)]),
        ("...", []),
    ],
)
def test_labels_and_aliases_when_asked(text: str, found: list[tuple[str, ...]]):
    matcher = EntityMatcher.from_graph(labelled(), labels=True)
    assert [mention.candidates for mention in matcher.find(text)] == found


def test_labels_are_off_by_default():
    assert EntityMatcher.from_graph(labelled()).find("clock skew") == ()


def test_of_an_id_and_a_label_the_id_wins():
    matcher = EntityMatcher(["pump", "Engine"], {"Engine": ["Pump"]})
    assert [mention.entity for mention in matcher.find("pump PUMP")] == ["pump", "Engine"]


@given(
    st.lists(st.sampled_from([*IDS, "x", ".", ",", "-", "DNSTimeout"]), max_size=15), st.randoms()
)
def test_the_order_of_the_vocabulary_changes_nothing(words, random):
    shuffled = list(IDS)
    random.shuffle(shuffled)
    text = " ".join(words)
    assert EntityMatcher(shuffled).find(text) == EntityMatcher(IDS).find(text)


ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)


@given(st.lists(ANY_TEXT, max_size=5), ANY_TEXT)
def test_never_raises_and_finds_only_what_is_there(vocabulary, text):
    labels = {name: [name] for name in vocabulary}
    matcher = EntityMatcher(vocabulary, labels)
    end = 0
    for mention in matcher.find(" ".join([text, *vocabulary])):
        assert mention.start >= end
        assert mention.end > mention.start
        end = mention.end


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1))
def test_an_id_between_spaces_is_always_found(name: str):
    assert names(f" {name} ", [name]) == [name]


def test_a_large_vocabulary_does_not_change_the_result():
    crowd = [f"Entity{number}" for number in range(20_000)]
    assert names("DNS, which is Entity777.", crowd + IDS) == ["DNS", "Entity777"]
