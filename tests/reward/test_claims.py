"""What a trace claims, statement by statement, and what the graph says to each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.reward.claims import Claim, ClaimReader
from graphtutor.reward.matcher import EntityMatcher

TRUE, BACK, OTHER = "true edge", "wrong direction", "wrong relation"
WHO, HOW, NOT = "unknown entity", "unknown relation", "not in the graph"
AL = ("Alarm", "caused_by", "Leak", TRUE)
LF = ("Leak", "leads_to", "Flood", TRUE)
FP = ("Flood", "fixed_by", "Pump", TRUE)

Read = Callable[[str], tuple[Claim, ...]]


@pytest.fixture(scope="module")
def read(graph: KnowledgeGraph) -> Read:
    reader, matcher = ClaimReader(graph), EntityMatcher.from_graph(graph)
    return lambda text: reader.read(text, matcher.find(text))


@pytest.mark.parametrize(
    "text",
    [
        "Alarm is caused by Leak, which leads to Flood.",
        "Alarm is caused by Leak, and Leak leads to Flood.",
        "Alarm is often caused by Leak. Leak then leads to Flood.",
        "Alarm is caused by Leak. It leads to Flood.",
        "Alarm is caused by Leak. This, in turn, leads to Flood.",
        "Alarm is caused by the cause Leak; this cause leads to an effect, Flood",
        "First, Alarm caused by Leak, and then Leak LEADS TO Flood!",
        "1. Alarm caused_by Leak\n2. Leak leads_to Flood",
        "Alarm -> caused_by -> Leak -> leads_to -> Flood",
        "So the Alarm is caused by the Leak that also leads to a Flood...",
        "Alarm is caused\nby Leak and it leads to Flood",
    ],
)
def test_wordings_of_one_chain(read: Read, text: str):
    assert triples(read(text)) == [AL, LF]


def triples(claims: tuple[Claim, ...]) -> list[tuple[str | None, str | None, str | None, str]]:
    return [(c.source, c.relation, c.target, c.verdict) for c in claims]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        # Nothing is claimed.
        ("", []),
        ("I do not know.", []),
        ("Alarm, Leak and Flood", []),
        ("Alarm Leak Flood", []),
        ("The answer is Flood.", []),
        ("Alarm is terrible. Leak is not.", []),
        ("Alarm. Leak. Flood.", []),
        # Verdicts.
        ("Leak is caused by Alarm.", [("Leak", "caused_by", "Alarm", BACK)]),
        ("Alarm leads to Leak.", [("Alarm", "leads_to", "Leak", OTHER)]),
        ("Alarm is caused by Rope.", [("Alarm", "caused_by", "Rope", NOT)]),
        ("Valve stands near Pump.", [("Valve", "near", "Pump", TRUE)]),
        ("Pump fixes Flood.", [("Pump", "fixes", "Flood", TRUE)]),
        ("Flood fixes Pump.", [("Flood", "fixes", "Pump", BACK)]),
        # After "and" or "but" without a name the subject of before goes on.
        ("Alarm is caused by Leak and leads to Flood.", [AL, ("Alarm", "leads_to", "Flood", NOT)]),
        ("Leak leads to Flood but is caused by Alarm.", [LF, ("Leak", "caused_by", "Alarm", BACK)]),
        # Entities that nobody knows.
        ("Alarm is caused by Ghost.", [("Alarm", "caused_by", None, WHO)]),
        ("Ghost leads to Flood.", [(None, "leads_to", "Flood", WHO)]),
        ("Ghost leads to Spirit.", [(None, "leads_to", None, WHO)]),
        (
            "Alarm is caused by Ghost, which leads to Flood, which is fixed by Pump.",
            [("Alarm", "caused_by", None, WHO), (None, "leads_to", "Flood", WHO), FP],
        ),
        ("Alarm is caused by", [("Alarm", "caused_by", None, WHO)]),
        ("Alarm is caused by. Leak leads to Flood.", [("Alarm", "caused_by", None, WHO), LF]),
        ("Leak leads to Floodgate.", [("Leak", "leads_to", None, WHO)]),
        ("Alarm is caused by Leak. Leads to Flood.", [AL, (None, "leads_to", "Flood", WHO)]),
        ("Alarm is caused by Leak. Ghost leads to Flood.", [AL, (None, "leads_to", "Flood", WHO)]),
        (
            "Leak is caused by it, Flood is fixed by Pump.",
            [("Leak", "caused_by", None, WHO), FP],
        ),
        ("Ghost is odd. It leads to Flood.", [(None, "leads_to", "Flood", WHO)]),
        # Relations that nobody knows; negation and doubt are among them.
        ("Alarm is not caused by Leak.", [("Alarm", None, "Leak", HOW)]),
        ("Alarm may be caused by Leak.", [("Alarm", None, "Leak", HOW)]),
        ("Leak never leads to Flood.", [("Leak", None, "Flood", HOW)]),
        ("Leak leads to fixes Flood.", [("Leak", None, "Flood", HOW)]),
        ("Leak resembles Flood.", [("Leak", None, "Flood", HOW)]),
        ("Leak leads to Flood. It resembles Rust.", [LF, ("Flood", None, "Rust", HOW)]),
        ("It is false that Leak leads to Flood.", [(None, None, "Leak", HOW), LF]),
        ("Leak leads to Flood, which is false.", [LF, ("Flood", None, None, HOW)]),
        ("Leak leads to Flood. So the answer is clear.", [LF]),
    ],
)
def test_every_case_of_the_rule(read: Read, text: str, claims: list[tuple[str, str, str, str]]):
    assert triples(read(text)) == claims


def test_a_claim_keeps_its_wording(read: Read):
    claims = read("So Alarm is often caused by Leak, which leads to the Ghost ship.")
    assert [c.text for c in claims] == [
        "Alarm is often caused by Leak",
        "Leak, which leads to the Ghost",
    ]


def awkward() -> KnowledgeGraph:
    """Ids with dots, spaces and accents; phrases that contain each other or connecting words."""
    entities = ("T1059.001", "A B", "S\u00e3o_Paulo", "T1059")
    relations = (
        Relation(id="r1", label="is", phrase="is"),
        Relation(id="r2", label="is a", phrase="is a"),
        Relation(id="r3", label="Uses", phrase="then uses"),
        Relation(id="r4", label="uses", phrase="is linked by pre-use to"),
    )
    edges = (
        Edge(src="T1059.001", rel="r2", dst="A B"),
        Edge(src="A B", rel="r1", dst="S\u00e3o_Paulo"),
        Edge(src="S\u00e3o_Paulo", rel="r4", dst="T1059"),
    )
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="d",
            entities=tuple(Entity(id=e, label=e, type="data_part") for e in entities),
            relations=relations,
            edges=edges,
        )
    )


def test_awkward_names_and_phrases():
    graph = awkward()
    text = (
        "T1059.001 is a A B. The data part A B is the S\u00e3o_Paulo, "
        "which is linked by pre-use to T1059."
    )
    claims = ClaimReader(graph).read(text, EntityMatcher.from_graph(graph).find(text))
    assert [(c.relation, c.verdict) for c in claims] == [("r2", TRUE), ("r1", TRUE), ("r4", TRUE)]


def test_a_wording_that_two_relations_share_means_the_one_that_holds():
    graph = awkward()
    text = "S\u00e3o_Paulo uses T1059."
    claims = ClaimReader(graph).read(text, EntityMatcher.from_graph(graph).find(text))
    assert triples(claims) == [("S\u00e3o_Paulo", "r4", "T1059", TRUE)]


PIECES = "Alarm Leak Flood Pump Ghost is caused by not leads to which it . , and".split()


@given(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join))
def test_never_raises_and_calls_true_only_what_the_graph_holds(read: Read, text: str):
    holds = {AL, LF, FP, ("Alarm", "caused_by", "Storm", TRUE)}
    for triple, claim in zip(triples(read(text)), read(text), strict=True):
        assert claim.text in text
        assert (claim.verdict == TRUE) == (triple in holds)


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=80))
def test_any_text_is_read(read: Read, text: str):
    assert isinstance(read(f"Alarm {text} Leak"), tuple)
