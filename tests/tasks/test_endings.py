"""Which options fit the last relations of a question, against a search by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.tasks.conftest import random_graph

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.endings import LEVELS, endings


def ends_of(graph: KnowledgeGraph, relations: list[int]) -> set[int]:
    """Every entity that ``relations`` in turn lead to, from any start."""
    here = {*range(len(graph.entities))}
    for relation in relations:
        on = np.flatnonzero(graph.edge_relation == relation)
        here = {int(graph.edge_target[edge]) for edge in on if int(graph.edge_source[edge]) in here}
    return here


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_as_many_of_the_last_relations_as_lead_there(seed: int, hops: int) -> None:
    graph = random_graph(12, 30, 3, seed)
    stream = np.random.default_rng(seed)
    chains = stream.integers(len(graph.relations), size=(6, hops))
    task, entity = np.repeat(np.arange(6), 12), np.tile(np.arange(12), 6)
    found = endings(graph, chains, task, entity)
    for row in range(len(task)):
        chain = chains[task[row]].tolist()
        levels = [chain[-level:] for level in range(1, min(LEVELS, hops) + 1)]
        assert found[row] == sum(int(entity[row]) in ends_of(graph, level) for level in levels)
