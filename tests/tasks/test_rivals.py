"""Rivals: what counts as one, and that tasks without them are given up."""

from __future__ import annotations

import numpy as np

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.tasks.candidates import collect_pool, usable_edges
from graphtutor.tasks.rivals import rivals, with_rivals
from graphtutor.tasks.taught import taught_by


def comb_graph(teeth: int) -> KnowledgeGraph:
    """Chains of four hops from one start: r0 ... r3 to the answer, and as far under other names.

    Each tooth ends in its own entity by r3; its first relation is its own, so no chain is shared.
    """
    triples = [
        edge
        for tooth in range(teeth)
        for edge in (
            ("start", f"t{tooth}", f"a{tooth}"),
            (f"a{tooth}", "r1", f"b{tooth}"),
            (f"b{tooth}", "r2", f"c{tooth}"),
            (f"c{tooth}", "r3", f"d{tooth}"),
        )
    ]
    triples += [(f"x{n}", "r3", f"y{n}") for n in range(4)]  # fit the end, but lie nowhere near
    names = sorted({end for s, _, d in triples for end in (s, d)})
    relations = sorted({r for _, r, _ in triples})
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="comb",
            entities=tuple(
                Entity(id=n, label=n, type="end" if n[0] in "dy" else "way") for n in names
            ),
            relations=tuple(Relation(id=r, label=r) for r in relations),
            edges=tuple(Edge(src=s, rel=r, dst=d) for s, r, d in triples),
        )
    )


def left(teeth: int) -> tuple[int, int]:
    graph = comb_graph(teeth)
    usable = usable_edges(graph)
    pool = collect_pool(graph, 4, {1: 99, 2: 99}, strict=True, seed=0, usable=usable)
    return len(pool.paths), len(with_rivals(graph, pool).paths)


def test_a_task_without_rivals_is_given_up() -> None:
    """The answer of a lonely chain is the only one within four hops that its end fits."""
    assert left(teeth=1) == (1, 0)
    assert left(teeth=2) == (2, 0)
    assert left(teeth=3) == (3, 3)


def test_rivals_are_as_far_as_the_answer_and_fit_its_end() -> None:
    graph = comb_graph(3)
    pool = collect_pool(graph, 4, {1: 99}, strict=True, seed=0, usable=usable_edges(graph))
    task, entity = rivals(graph, pool.paths)
    answer = pool.paths.entities[:, -1]
    ends = {graph.entity_index[f"d{n}"] for n in range(3)}
    for number in range(3):
        assert set(entity[task == number].tolist()) == ends - {int(answer[number])}


def test_nothing_taught_pairs_nothing() -> None:
    graph = comb_graph(1)
    nothing = taught_by(graph, [])
    every = np.arange(len(graph.entities))
    assert not nothing.pairs_with(every, every).any()
    assert not nothing.offered_with(0, every).any()
