"""Distractors: valid, near, and silent about the answer."""

from __future__ import annotations

import numpy as np
import pytest

from graphtutor.config import TasksConfig
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.paths import Paths
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.tasks.build import balanced_letters
from graphtutor.tasks.distractors import linked
from graphtutor.tasks.generate import generate_splits
from graphtutor.tasks.near_misses import near_misses

from .conftest import random_graph

CONFIG = TasksConfig(
    train_one_hop=1, train_two_hop=0, train_three_hop=0, train_long=0, dev=0, eval=120, search=0
)


def wrong_turn_graph() -> KnowledgeGraph:
    """The gold path is a -r0-> b -r1-> c; every other edge is one kind of wrong turn."""
    triples = [
        ("a", "r0", "b"), ("b", "r1", "c"),
        ("a", "r0", "branch"), ("branch", "r1", "c1"),  # a wrong branch, then as asked
        ("a", "r2", "other"), ("other", "r1", "c2"),  # a wrong relation, then as asked
        ("b", "r2", "c3"),  # a wrong relation at the end
        ("c", "r0", "c4"),  # a hop too many, at the end
        ("a", "r1", "c5"),  # a hop too few: r0 left out
        ("far", "r1", "c6"), ("branch", "r2", "c7"),  # two wrong turns
    ]  # fmt: skip
    names = sorted({end for s, _, d in triples for end in (s, d)})
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="turns",
            entities=tuple(Entity(id=name, label=name, type="x") for name in names),
            relations=tuple(Relation(id=f"r{n}", label=f"r{n}") for n in range(3)),
            edges=tuple(Edge(src=s, rel=r, dst=d) for s, r, d in triples),
        )
    )


def test_near_misses_are_one_wrong_turn_away() -> None:
    graph = wrong_turn_graph()
    a, b, c = (graph.entity_index[name] for name in "abc")
    edges = [
        next(
            n
            for n in range(len(graph))
            if (graph.edge_source[n], graph.edge_relation[n], graph.edge_target[n]) == triple
        )
        for triple in ((a, 0, b), (b, 1, c))
    ]
    path = Paths(np.array([[a, b, c], [a, b, c]]), np.array([edges, edges]))
    rows, entities = near_misses(graph, path)
    for number in (0, 1):
        found = {graph.entities[e].id for e in entities[rows == number].tolist()}
        assert {"c1", "c2", "c3", "c4", "c5"} <= found
        assert not {"c6", "c7"} & found


def test_linked_sees_two_hops_in_any_direction() -> None:
    graph = wrong_turn_graph()
    names = ["c", "b", "a", "c6"]
    links = linked(graph, np.array([graph.entity_index[name] for name in names]))
    assert links.astype(int).tolist() == [[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("items", range(9))
@pytest.mark.parametrize("copies", [1, 2, 3, 4, 5])
def test_letters_are_balanced_whatever_the_number(items: int, copies: int) -> None:
    letters = balanced_letters(items, copies, np.random.default_rng(items))
    assert letters.shape == (copies, items)
    if items:
        counts = np.bincount(letters.ravel(), minlength=4)
        assert counts.max() - counts.min() <= 1
        assert all(len(set(column)) == min(4, copies) for column in letters.T.tolist())


def test_guessers_that_do_not_reason_stay_at_chance() -> None:
    """Highest and lowest of each score; 240 tasks, so chance is 25 % +- 5.5 points (95 %)."""
    graph = random_graph(200, 560, 5, seed=2)
    tasks = generate_splits(graph, CONFIG)["eval"]
    options = np.array([[graph.entity_index[n] for n in task.options.names()] for task in tasks])
    answer = np.array(["ABCD".index(task.answer_star) for task in tasks])
    starts = np.array([graph.entity_index[task.start] for task in tasks])
    frequency = np.bincount(options[np.arange(len(tasks)), answer], minlength=len(graph.entities))
    appearances = np.bincount(options.ravel(), minlength=len(graph.entities))
    distance = pair_distances(graph, np.repeat(starts, 4), options.ravel(), 8).reshape(-1, 4)
    scores = {
        "in-degree": graph.in_degree[options],
        "degree": (graph.in_degree + graph.out_degree)[options],
        "frequency as an answer": frequency[options],
        "appearances": appearances[options],
        "distance from the start": np.where(distance < 0, 9, distance),
        "links among the options": np.array([linked(graph, row).sum(axis=1) for row in options]),
    }
    for name, score in scores.items():
        for sign in (1, -1):
            best = sign * score == (sign * score).max(axis=1, keepdims=True)
            right = best[np.arange(len(tasks)), answer] / best.sum(axis=1)
            assert abs(right.mean() - 0.25) < 0.055, (name, sign, right.mean())


def test_most_distractors_are_near_misses() -> None:
    graph = random_graph(200, 560, 5, seed=2)
    tasks = [task for task in generate_splits(graph, CONFIG)["eval"] if task.hop_len == 4]
    paths = Paths(
        np.array([[graph.entity_index[n] for n in t.path_star.entities] for t in tasks]),
        np.array(
            [
                [
                    next(
                        n
                        for n in range(*graph.out_start[[s, s + 1]].tolist())
                        if graph.relations[graph.edge_relation[n]].id == edge.rel
                        and graph.entities[graph.edge_target[n]].id == edge.dst
                    )
                    for edge in t.path_star.edges
                    for s in [graph.entity_index[edge.src]]
                ]
                for t in tasks
            ]
        ),
    )
    near = set(zip(*(column.tolist() for column in near_misses(graph, paths)), strict=True))
    hits = [
        (number, graph.entity_index[name]) in near
        for number, task in enumerate(tasks)
        for name in task.options.names()
        if name != task.answer
    ]
    assert np.mean(hits) > 0.3
