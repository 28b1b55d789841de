"""Graphs for the task tests: one with known statistics, and one made by a recipe."""

from __future__ import annotations

import numpy as np
import pytest

from graphtutor.config import TasksConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.tasks.generate import generate_splits
from graphtutor.tasks.task import Task

SMALL = TasksConfig(
    train_one_hop=2, train_two_hop=40, train_three_hop=60, train_long=8, dev=6, eval=20, search=6
)


def random_graph(
    entities: int, edges: int, kinds: int, seed: int, loops: bool = False
) -> KnowledgeGraph:
    """Draw a graph with little branching: two relations for each type that they lead to."""
    stream = np.random.default_rng(seed)
    ids = [f"Thing{number:03d}" for number in range(entities)]
    types = [f"kind{number}" for number in stream.integers(kinds, size=entities)]
    triples: set[tuple[str, str, str]] = set()
    for source, target in stream.integers(entities, size=(edges, 2)).tolist():
        relation = f"links_{types[target][-1]}{stream.integers(2)}"
        if loops or source != target:
            triples.add((ids[source], relation, ids[target]))
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="random",
            entities=tuple(
                Entity(id=name, label=name, type=kind)
                for name, kind in zip(ids, types, strict=True)
            ),
            relations=tuple(
                Relation(id=name, label=name) for name in sorted({r for _, r, _ in triples})
            ),
            edges=tuple(Edge(src=s, rel=r, dst=d) for s, r, d in sorted(triples)),
        )
    )


@pytest.fixture(scope="session")
def graph() -> KnowledgeGraph:
    """A graph of 120 entities of four types that fills ``SMALL``."""
    return random_graph(120, 320, 4, seed=1)


@pytest.fixture(scope="session")
def splits(graph: KnowledgeGraph) -> dict[str, list[Task]]:
    """The five splits of ``graph`` under ``SMALL``."""
    return generate_splits(graph, SMALL)
