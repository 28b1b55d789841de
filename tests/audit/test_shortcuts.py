"""Guessers against theory: planted shortcuts are found, noise fails as often as it should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.audit.shortcuts import shortcuts
from graphtutor.audit.shortcuts_guess import clustered_wilson, guess_credit
from graphtutor.audit.shortcuts_options import links_among
from graphtutor.audit.shortcuts_question import undirected
from graphtutor.audit.table import OptionTable
from graphtutor.evaluation.intervals import cluster_bootstrap, wilson
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.runs.audit import Shortcut


def a_graph(entities: int, edges: int, seed: int) -> KnowledgeGraph:
    """A random graph of two types and three relations."""
    draw = np.random.default_rng(seed)
    triples = {
        (int(s), int(r), int(d))
        for s, r, d in zip(
            draw.integers(entities, size=edges),
            draw.integers(3, size=edges),
            draw.integers(entities, size=edges),
            strict=True,
        )
        if s != d
    }
    name = [f"Node{number:03d}" for number in range(entities)]
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="random",
            entities=tuple(Entity(id=n, label=n, type="xy"[i % 2]) for i, n in enumerate(name)),
            relations=tuple(Relation(id=f"r{i}", label=f"r{i}") for i in range(3)),
            edges=tuple(Edge(src=name[s], rel=f"r{r}", dst=name[d]) for s, r, d in triples),
        )
    )


def a_table(graph: KnowledgeGraph, n: int, seed: int, starts: int = 50) -> OptionTable:
    """Tasks with random options of one type, and a random answer."""
    draw = np.random.default_rng(seed)
    options = np.array(
        [
            draw.choice(np.arange(kind, len(graph.entities), 2), 4, replace=False)
            for kind in draw.integers(2, size=n).tolist()
        ],
        dtype=np.int64,
    )
    names = [graph.entities[entity].id for entity in options.ravel().tolist()]
    start = draw.integers(starts, size=n)
    relation = draw.integers(3, size=n)
    return OptionTable(
        ids=[f"t{number}" for number in range(n)],
        questions=[
            f"{graph.entities[s].id} leads by r{r} to which, {i}?"
            for i, (s, r) in enumerate(zip(start.tolist(), relation.tolist(), strict=True))
        ],
        names=[tuple(names[4 * i : 4 * i + 4]) for i in range(n)],  # type: ignore[misc]
        options=options,
        right=draw.integers(4, size=n),
        start=start,
        answer_hops=np.full(n, 4),
        last_relation=relation,
    )


GRAPH = a_graph(120, 500, seed=1)


def by_name(found: list[Shortcut], file: str = "eval") -> dict[str, Shortcut]:
    chosen = [item for item in found if item.file == file]
    assert len({item.name for item in chosen}) == len(chosen)
    return {item.name: item for item in chosen}


def test_ties_share_the_credit() -> None:
    """By hand: alone on top, one of two, one of four, not on top."""
    scores = np.array([[3, 1, 2, 0], [5, 5, 1, 1], [7, 7, 7, 7], [1, 2, 2, 2]], dtype=np.float64)
    assert guess_credit(scores, np.array([0, 1, 3, 0])).tolist() == [1, 0.5, 0.25, 0]


def test_interval_is_wilsons_where_every_task_has_its_own_start() -> None:
    credit = np.repeat([1.0, 0.0], [30, 70])
    found = clustered_wilson(credit, np.arange(100))
    # The estimate of the variance divides by n - 1, so the two differ a little.
    assert np.allclose(found, wilson(30, 100), atol=1e-3)
    assert clustered_wilson(np.zeros(0), np.arange(0)) == (0.0, 1.0)


def test_interval_of_tasks_that_share_starts_is_that_of_the_bootstrap() -> None:
    draw = np.random.default_rng(4)
    start = draw.integers(60, size=900)
    credit = (draw.random(900) < draw.beta(2, 5, size=60)[start]).astype(float)
    found = clustered_wilson(credit, start)
    expected = cluster_bootstrap(credit.tolist(), [str(s) for s in start.tolist()])
    assert np.allclose(found, expected, atol=0.01)
    assert found[0] < clustered_wilson(credit, np.arange(900))[0]


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=1, max_size=60))
def test_interval_holds_the_mean(items: list[tuple[float, int]]) -> None:
    credit = np.array([value for value, _ in items])
    low, high = clustered_wilson(credit, np.array([group for _, group in items]))
    assert 0 <= low <= credit.mean() + 1e-9
    assert credit.mean() - 1e-9 <= high <= 1


def test_right_letter_always_c() -> None:
    table = a_table(GRAPH, 200, 1)
    table = replace(table, right=np.full(200, 2))
    found = by_name(shortcuts({}, {"eval": table}, GRAPH))
    assert found["letter-c"].accuracy == 1
    assert found["letter-c"].passed is False
    assert found["letter-c"].ids == tuple(table.ids)
    assert found["letter-majority"].accuracy == 1
    assert found["letter-majority"].passed is None  # the file's own letters are told
    assert found["letter-a"].accuracy == 0
    assert found["letter-a"].passed is True
    assert not found["letter-a"].ids
    trained = by_name(shortcuts({"train": table}, {"eval": table}, GRAPH))
    assert trained["letter-majority"].passed is False


def test_answer_always_the_most_central_option() -> None:
    table = a_table(GRAPH, 400, 2)
    links = links_among(GRAPH, table.options)
    table = replace(table, right=links.argmax(axis=1))
    found = by_name(shortcuts({}, {"eval": table}, GRAPH))
    credit = guess_credit(links.astype(float), table.right)
    assert found["central-most"].right == pytest.approx(credit.sum())
    assert found["central-most"].passed is False
    assert found["central-least"].passed is True


def test_links_are_pairs_within_two_undirected_hops() -> None:
    options = a_table(GRAPH, 60, 3).options
    both = undirected(GRAPH)
    for row in options.tolist():
        pairs = [(a, b) for a in row for b in row]
        ends = np.array(pairs).T
        near = pair_distances(both, ends[0], ends[1], 2).reshape(4, 4) > 0
        assert links_among(GRAPH, np.array([row]))[0].tolist() == near.sum(axis=1).tolist()


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("in-degree-high", lambda t: GRAPH.in_degree[t.options]),
        ("out-degree-low", lambda t: -GRAPH.out_degree[t.options]),
        ("name-last", lambda t: t.options),
        ("start-nearest-undirected", lambda t: -_far(undirected(GRAPH), t, 4)),
        ("start-nearest", lambda t: -_far(GRAPH, t, 6)),
        ("relation-edges-most", lambda t: _edges(t)),
    ],
)
def test_planted_shortcut_is_found(name: str, score: object) -> None:
    table = a_table(GRAPH, 300, 7)
    values = score(table)  # type: ignore[operator]
    table = replace(table, right=values.argmax(axis=1))
    found = by_name(shortcuts({}, {"eval": table}, GRAPH))[name]
    assert found.passed is False
    assert found.right == pytest.approx(guess_credit(values.astype(float), table.right).sum())


def _far(graph: KnowledgeGraph, table: OptionTable, limit: int) -> np.ndarray:
    found = pair_distances(graph, np.repeat(table.start, 4), table.options.ravel(), limit)
    return np.where(found < 0, limit + 1, found).reshape(-1, 4)


def _edges(table: OptionTable) -> np.ndarray:
    triples = GRAPH.triple_set
    return np.array(
        [
            [sum(r == relation and d == option for _, r, d in triples) for option in row]
            for row, relation in zip(
                table.options.tolist(), table.last_relation.tolist(), strict=True
            )
        ]
    )


def test_frequent_answers_of_training_are_found() -> None:
    """In training a low number is right; in the evaluated file as well."""
    train, table = a_table(GRAPH, 2000, 1), a_table(GRAPH, 300, 2)
    train = replace(train, right=train.options.argmin(axis=1))
    table = replace(table, right=table.options.argmin(axis=1))
    found = by_name(shortcuts({"train": train}, {"eval": table}, GRAPH))
    for name in ("answer-train-most", "share-train", "relation-answer-train", "words-train"):
        assert found[name].passed is False, name
        assert (found[name].accuracy or 0) > 0.7, name
    assert found["share-here"].passed is False
    assert found["words-here"].passed is False


def test_random_answers_fail_as_often_as_theory_says() -> None:
    """40 seeds: about 2.5 % of the gates, fewer where ties share the credit."""
    judged = failed = 0
    for seed in range(40):
        train, table = a_table(GRAPH, 300, 100 + seed), a_table(GRAPH, 200, 300 + seed)
        found = shortcuts({"train": train}, {"eval": table}, GRAPH)
        judged += sum(item.passed is not None for item in found)
        failed += sum(item.passed is False for item in found)
    assert judged > 1200
    assert 0.002 < failed / judged < 0.045


def test_training_files_and_few_tasks_are_told_not_judged() -> None:
    train, few = a_table(GRAPH, 200, 1), a_table(GRAPH, 20, 2)
    train = replace(train, right=np.full(200, 2))
    found = shortcuts({"train": train}, {"dev": replace(few, right=np.full(20, 2))}, GRAPH)
    assert all(item.passed is None and item.note for item in found)
    assert by_name(found, "train")["letter-c"].accuracy == 1
    assert by_name(found, "dev")["letter-c"].accuracy == 1


def test_without_graph_training_or_chains_a_note_says_so() -> None:
    table = a_table(GRAPH, 100, 1)
    bare = replace(
        table,
        options=np.full((100, 4), -1),
        start=np.full(100, -1),
        answer_hops=np.full(100, -1),
        last_relation=np.full(100, -1),
    )
    with_graph = by_name(shortcuts({"train": table}, {"eval": table}, GRAPH))
    without = by_name(shortcuts({}, {"eval": bare}, None))
    unknown_entities = by_name(shortcuts({}, {"eval": bare}, GRAPH))
    assert set(with_graph) == set(without) == set(unknown_entities)
    for name in ("central-most", "start-nearest", "relation-edges-most", "words-train"):
        for found in (without, unknown_entities):
            assert found[name].passed is None
            assert found[name].accuracy is None
            assert found[name].note
    assert without["name-first"].passed is not None
    assert without["words-here"].passed is not None


def test_one_hop_tasks_are_left_out_of_the_distance_from_the_start() -> None:
    table = a_table(GRAPH, 100, 1)
    table = replace(table, answer_hops=np.repeat([1, 4], 50))
    found = by_name(shortcuts({}, {"eval": table}, GRAPH))
    assert found["start-nearest"].n == 50
    assert "50 tasks of one hop" in found["start-nearest"].note


def test_empty_files_are_passed_over_and_progress_is_told() -> None:
    told: list[str] = []
    empty = a_table(GRAPH, 1, 1)
    empty = OptionTable(
        [], [], [], empty.options[:0], empty.right[:0], empty.start[:0], empty.right[:0],
        empty.right[:0],
    )  # fmt: skip
    table = a_table(GRAPH, 40, 1)
    found = shortcuts({"train": empty}, {"dev": empty, "eval": table}, GRAPH, told.append)
    assert {item.file for item in found} == {"eval"}
    assert told


def test_the_same_files_give_the_same_figures() -> None:
    train, table = a_table(GRAPH, 200, 1), a_table(GRAPH, 100, 2)
    first = shortcuts({"train": train}, {"eval": table}, GRAPH)
    assert first == shortcuts({"train": train}, {"eval": table}, GRAPH)
