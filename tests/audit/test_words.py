"""Questions that name their answer, and those that only seem to."""

from __future__ import annotations

import pytest

from graphtutor.audit.audit import audit
from graphtutor.audit.dataset import dataset_of
from graphtutor.audit.record import AuditTask
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation

LABELS = {"ClockSkew": "Clock Skew", "DiskFull": "Full disk", "PacketLoss": "Loss", "X9": "Nine"}


@pytest.fixture
def graph() -> KnowledgeGraph:
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="d",
            entities=tuple(Entity(id=i, label=label, type="cause") for i, label in LABELS.items()),
            relations=(Relation(id="r", label="r"),),
            edges=(Edge(src="X9", rel="r", dst="ClockSkew"),),
        )
    )


def given_away(question: str, graph: KnowledgeGraph | None) -> bool:
    """Whether the gate fails where ClockSkew is right."""
    options = dict(zip("ABCD", LABELS, strict=True))
    task = AuditTask(id="1", question=question, options=options, answer_star="A")
    dataset = dataset_of([("eval", "evaluated", "0", [task])])
    record = audit(dataset, graph, baselines=False)
    (check,) = [c for c in record.checks if c.name == "gives-itself-away"]
    return check.passed is False


@pytest.mark.parametrize(
    "question",
    ["Is it ClockSkew?", "clockskew, or what?", "Has the clock skew?", "Why a clock-skew?"],
)
def test_the_answer_is_named(question: str, graph: KnowledgeGraph) -> None:
    assert given_away(question, graph)
    assert given_away(question, None)


def test_a_label_counts_only_with_the_graph() -> None:
    """Without one nobody knows what the label is."""
    task = AuditTask(
        id="1",
        question="Nine?",
        options=dict(zip("ABCD", LABELS, strict=True)),
        answer_star="D",
    )
    dataset = dataset_of([("eval", "evaluated", "0", [task])])
    assert not [c for c in audit(dataset, None, baselines=False).failed]


@pytest.mark.parametrize(
    "question",
    [
        "ClockSkew or DiskFull?",  # another option is named as well
        "Clock Skew, or rather a full disk?",  # by its label
        "Which clocks skew?",
        "MyClockSkewed?",
        "Which?",
    ],
)
def test_the_answer_is_not_given_away(question: str, graph: KnowledgeGraph) -> None:
    assert not given_away(question, graph)
