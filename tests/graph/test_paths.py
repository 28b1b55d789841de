"""Counting, listing and sampling of walks, against answers worked out by hand or by brute force."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphtutor.graph.cells import TooManyCells, iter_cells
from graphtutor.graph.chains import chain_answers
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.paths import draw_starts, fan_out, sample_paths, walk_counts, walk_table
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation


def graph_of(triples: set[tuple[int, int, int]], entities: int) -> KnowledgeGraph:
    """Make a graph of entities e0, e1, ... and relations r0, r1, ..., numbered in that order."""
    relations = {r for _, r, _ in triples} | {0}
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="test",
            entities=tuple(Entity(id=f"e{n}", label="", type="x") for n in range(entities)),
            relations=tuple(Relation(id=f"r{n}", label=f"r{n}") for n in range(max(relations) + 1)),
            edges=tuple(Edge(src=f"e{s}", rel=f"r{r}", dst=f"e{d}") for s, r, d in triples),
        )
    )


# A diamond with a tail and a way back: 0 -> 1, 2 -> 3 -> 4 -> 0.
DIAMOND = graph_of({(0, 0, 1), (0, 0, 2), (1, 0, 3), (2, 0, 3), (3, 1, 4), (4, 1, 0)}, 5)
graphs = st.sets(
    st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(0, 5)), max_size=16
).map(lambda triples: graph_of(triples, 6))


def brute_force_walks(graph: KnowledgeGraph, hops: int) -> list[tuple[int, ...]]:
    """List all walks as edge numbers."""
    walks = product(range(len(graph)), repeat=hops)
    return [
        walk
        for walk in walks
        if all(graph.edge_target[a] == graph.edge_source[b] for a, b in pairwise(walk))
    ]


def test_walk_counts_of_the_diamond() -> None:
    counts = walk_counts(DIAMOND, 3, np.ones(len(DIAMOND)))
    assert counts.tolist() == [[1, 1, 1, 1, 1], [2, 1, 1, 1, 1], [2, 1, 1, 1, 2], [2, 1, 1, 2, 2]]


def test_fan_out_counts_targets_per_source_and_relation() -> None:
    assert fan_out(DIAMOND).tolist() == [2, 2, 1, 1, 1, 1]


def test_chain_answers_merge_walks_that_meet() -> None:
    answers = chain_answers(DIAMOND, np.array([0, 1, 0]), np.array([[0, 0], [0, 1], [1, 1]]))
    assert answers.question.tolist() == [0, 1]
    assert answers.entity.tolist() == [3, 4]
    assert answers.walks.tolist() == [2.0, 1.0]


def test_cells_of_the_diamond() -> None:
    """Of the three-hop walks, those that return to their start are no paths."""
    found = {
        (
            tuple(cells.paths.entities[row].tolist()),
            float(cells.answers.walks[cells.rows[row]]),
        )
        for cells in iter_cells(DIAMOND, 3, unique=False)
        for row in range(len(cells.rows))
    }
    assert found == {
        ((0, 1, 3, 4), 2.0),
        ((1, 3, 4, 0), 1.0),
        ((2, 3, 4, 0), 1.0),
        ((3, 4, 0, 1), 1.0),
        ((3, 4, 0, 2), 1.0),
        ((4, 0, 1, 3), 2.0),
    }
    assert sum(len(cells.rows) for cells in iter_cells(DIAMOND, 3, unique=True)) == 4


def test_cells_stop_at_the_budget() -> None:
    with pytest.raises(TooManyCells):
        list(iter_cells(DIAMOND, 3, unique=False, budget=10))


@settings(max_examples=40, deadline=None)
@given(graph=graphs, hops=st.integers(1, 3))
def test_counts_answers_and_cells_agree_with_brute_force(graph: KnowledgeGraph, hops: int) -> None:
    walks = brute_force_walks(graph, hops)
    starts = Counter(int(graph.edge_source[walk[0]]) for walk in walks)
    counts = walk_counts(graph, hops, np.ones(len(graph)))[hops]
    assert counts.tolist() == [starts[n] for n in range(6)]

    expected: Counter[tuple[int, tuple[int, ...], int]] = Counter()
    simple: set[tuple[int, tuple[int, ...], int]] = set()
    for walk in walks:
        entities = [int(graph.edge_source[walk[0]]), *graph.edge_target[list(walk)].tolist()]
        cell = (entities[0], tuple(graph.edge_relation[list(walk)].tolist()), entities[-1])
        expected[cell] += 1
        if len(set(entities)) == hops + 1:
            simple.add(cell)
    questions = sorted({(start, chain) for start, chain, _ in expected})
    answers = chain_answers(
        graph,
        np.array([start for start, _ in questions], dtype=np.int64),
        np.array([chain for _, chain in questions], dtype=np.int64).reshape(-1, hops),
        row_limit=3,  # so that halving is exercised
    )
    found = {
        (*questions[q], e): w
        for q, e, w in zip(
            answers.question.tolist(), answers.entity.tolist(), answers.walks.tolist(), strict=True
        )
    }
    assert found == dict(expected)

    unique = {cell for cell in simple if expected[cell] == 1}
    listed = {
        (
            int(cells.paths.entities[row, 0]),
            tuple(graph.edge_relation[cells.paths.edges[row]].tolist()),
            int(cells.paths.entities[row, -1]),
        )
        for cells in iter_cells(graph, hops, unique=True)
        for row in range(len(cells.rows))
    }
    assert listed == unique


@settings(max_examples=40, deadline=None)
@given(graph=graphs, limit=st.integers(0, 5))
def test_distances_agree_with_breadth_first_search(graph: KnowledgeGraph, limit: int) -> None:
    pairs = [(a, b) for a in range(6) for b in range(6)]
    expected = []
    for source, target in pairs:
        ball, steps = {source}, 0
        while target not in ball and steps < limit:
            ball |= {d for s, _, d in graph.triple_set if s in ball}
            steps += 1
        expected.append(steps if target in ball else -1)
    found = pair_distances(graph, *np.array(pairs, dtype=np.int64).T, limit)
    assert found.tolist() == expected


@settings(max_examples=40, deadline=None)
@given(graph=graphs, hops=st.integers(1, 4), seed=st.integers(0, 3))
def test_sampled_paths_are_simple_and_real(graph: KnowledgeGraph, hops: int, seed: int) -> None:
    table = walk_table(graph, hops, np.ones(len(graph)))
    stream = np.random.default_rng(seed)
    starts = draw_starts(table, np.zeros(6, dtype=np.int64), 50, stream)
    paths = sample_paths(graph, table, starts, stream)
    assert (graph.edge_source[paths.edges] == paths.entities[:, :-1]).all()
    assert (graph.edge_target[paths.edges] == paths.entities[:, 1:]).all()
    assert all(len(set(row)) == hops + 1 for row in paths.entities.tolist())


def test_steps_are_drawn_in_proportion_to_the_walks_that_remain() -> None:
    """e0 leads to e1, from where three walks go on, and to e2, from where one does."""
    graph = graph_of({(0, 0, 1), (0, 0, 2), (1, 0, 3), (1, 0, 4), (1, 0, 5), (2, 0, 3)}, 6)
    table = walk_table(graph, 2, np.ones(len(graph)))
    stream = np.random.default_rng(0)
    paths = sample_paths(graph, table, np.zeros(4000, dtype=np.int64), stream)
    assert len(paths) == 4000
    assert abs((paths.entities[:, 1] == 1).mean() - 0.75) < 0.03


def test_no_walk_ends_too_early() -> None:
    """Only one of 300 first steps leads on; blind sampling would find it once in 300 tries."""
    triples = {(0, 0, n) for n in range(1, 301)} | {(7, 0, 301), (301, 0, 302)}
    graph = graph_of(triples, 303)
    start = np.full(20, graph.entity_index["e0"])
    table = walk_table(graph, 3, np.ones(len(graph)))
    assert len(sample_paths(graph, table, start, np.random.default_rng(0))) == 20


def test_starts_that_were_used_are_drawn_less() -> None:
    graph = graph_of({(0, 0, 1), (2, 0, 3)}, 4)
    table = walk_table(graph, 1, np.ones(len(graph)))
    uses = np.array([9, 0, 0, 0])
    drawn = draw_starts(table, uses, 2200, np.random.default_rng(0))
    assert set(drawn.tolist()) == {0, 2}
    assert abs((drawn == 0).mean() - 1 / 11) < 0.02
