"""A tiny graph with a branch, a wrong turn and a symmetric relation, and tasks on it.

Alarm -caused_by-> Leak -leads_to-> Flood -fixed_by-> Pump
Alarm -caused_by-> Storm -leads_to-> Flood
                   Leak -leads_to-> Rust
Pump -near- Valve (symmetric)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from graphtutor.config import RewardConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.reward.profiles import Scorer
from graphtutor.tasks.prompt import completion_text, prompt_text
from graphtutor.tasks.task import (
    LETTERS,
    Options,
    PathEdge,
    PathStar,
    Reference,
    Task,
    TaskMeta,
)
from graphtutor.tasks.wording import phrase_of, trace

ENTITIES = {
    "Alarm": "sign",
    "Leak": "cause",
    "Storm": "cause",
    "Flood": "effect",
    "Rust": "effect",
    "Pump": "tool",
    "Valve": "tool",
    "Drill": "tool",
    "Rope": "tool",
}
EDGES = (
    ("Alarm", "caused_by", "Leak"),
    ("Alarm", "caused_by", "Storm"),
    ("Leak", "leads_to", "Flood"),
    ("Leak", "leads_to", "Rust"),
    ("Storm", "leads_to", "Flood"),
    ("Flood", "fixed_by", "Pump"),
    ("Pump", "near", "Valve"),
)
RELATIONS = (
    Relation(id="caused_by", label="caused by", phrase="is caused by"),
    Relation(id="leads_to", label="leads to"),
    Relation(id="fixed_by", label="fixed by", phrase="is fixed by", inverse="fixes"),
    Relation(id="fixes", label="fixes"),
    Relation(id="near", label="near", phrase="stands near", symmetric=True),
)

MakeTask = Callable[..., Task]


def make_graph(entities: Sequence[Entity] | None = None) -> KnowledgeGraph:
    """Build the tiny graph, by default with the entities above."""
    chosen = entities or [Entity(id=i, label=i, type=t) for i, t in ENTITIES.items()]
    edges = tuple(Edge(src=s, rel=r, dst=d) for s, r, d in EDGES)
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="tiny",
            entities=tuple(chosen),
            relations=RELATIONS,
            edges=edges,
        )
    )


def build_task(
    path: Sequence[str] = ("Alarm", "Leak", "Flood", "Pump"),
    relations: Sequence[str] = ("caused_by", "leads_to", "fixed_by"),
    options: Sequence[str] = ("Drill", "Pump", "Valve", "Rope"),
) -> Task:
    """Build a task as the generator would."""
    phrases = {relation.id: phrase_of(relation) for relation in RELATIONS}
    letter = LETTERS[list(options).index(path[-1])]
    reference = trace(path, [phrases[name] for name in relations])
    hops = zip(path, relations, path[1:], strict=False)
    return Task(
        id="t1",
        split="eval",
        hop_len=len(relations),
        question="Which?",
        options=Options(**dict(zip("ABCD", options, strict=True))),
        answer_star=letter,
        path_star=PathStar(
            entities=tuple(path), edges=tuple(PathEdge(src=s, rel=r, dst=d) for s, r, d in hops)
        ),
        prompt=prompt_text("Which?", options),
        ref=Reference(trace=completion_text(reference, letter)),
        meta=TaskMeta(relations=tuple(relations)),
    )


@pytest.fixture(scope="session")
def graph() -> KnowledgeGraph:
    return make_graph()


@pytest.fixture(scope="session")
def config() -> RewardConfig:
    return RewardConfig()


@pytest.fixture(scope="session")
def scorer(graph: KnowledgeGraph, config: RewardConfig) -> Scorer:
    return Scorer(graph, config)


@pytest.fixture(scope="session")
def task() -> Task:
    return build_task()


@pytest.fixture(scope="session")
def make_task() -> MakeTask:
    return build_task
