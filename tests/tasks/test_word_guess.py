"""The generator's own guesser learns what words give away, and nothing where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from graphtutor.config import TasksConfig
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.tasks.candidates import usable_edges
from graphtutor.tasks.generate import one_hop_paths
from graphtutor.tasks.gold import GoldSet, gold_set
from graphtutor.tasks.word_guess import WordGuess, WordTable

CONFIG = TasksConfig(train_one_hop=1)


@pytest.fixture(scope="module")
def gold(graph: KnowledgeGraph) -> GoldSet:
    edges = usable_edges(graph).nonzero()[0]
    return gold_set(graph, "train", one_hop_paths(graph, edges, 1))


def rate(words: WordGuess, gold: GoldSet, distractors: IndexArray) -> float:
    """How often the answer has the highest score of its four options."""
    options = np.column_stack([gold.answer, distractors])
    task = np.repeat(np.arange(len(options)), 4)
    scores = words.scores(gold, task, options.ravel()).reshape(-1, 4)
    return float((scores.argmax(axis=1) == 0).mean())


def test_a_name_that_is_never_right_is_found_out(graph: KnowledgeGraph, gold: GoldSet) -> None:
    """Three entities stand beside every answer; whoever has read that needs no graph."""
    wrong = np.tile(np.array([0, 1, 2]), (len(gold.paths), 1))
    kept = np.flatnonzero(~np.isin(gold.answer, [0, 1, 2]))
    assert len(kept) > 100
    table = WordTable(graph, CONFIG)
    learnt = WordGuess.learnt(table, [gold], [wrong])
    assert rate(learnt, gold, wrong) > 0.9
    assert rate(WordGuess(table, np.zeros_like(learnt.weights)), gold, wrong) == 1.0  # all tie


def test_options_that_fit_alike_teach_nothing_that_holds_elsewhere(
    graph: KnowledgeGraph, gold: GoldSet
) -> None:
    """Each wrong option is the answer of another task with the same relation: at chance."""
    stream = np.random.default_rng(0)
    relation = graph.edge_relation[gold.paths.edges[:, 0]]
    alike = [np.flatnonzero(relation == each) for each in relation]
    wrong = np.stack([gold.answer[stream.choice(rows, 3)] for rows in alike])
    odd = np.arange(len(gold.paths)) % 2 == 1
    one, other = (
        gold_set(graph, "train", gold.paths.take(side.nonzero()[0])) for side in (odd, ~odd)
    )
    learnt = WordGuess.learnt(WordTable(graph, CONFIG), [one], [wrong[odd]])
    assert rate(learnt, one, wrong[odd]) > 0.6
    assert rate(learnt, other, wrong[~odd]) == pytest.approx(0.25, abs=0.13)


def test_learning_twice_gives_the_same_weights(graph: KnowledgeGraph, gold: GoldSet) -> None:
    wrong = np.tile(np.array([0, 1, 2]), (len(gold.paths), 1))
    first, second = (
        WordGuess.learnt(WordTable(graph, CONFIG), [gold], [wrong]).weights for _ in range(2)
    )
    assert (first == second).all()
    assert np.abs(first).max() > 0
