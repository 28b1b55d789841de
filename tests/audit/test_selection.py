"""Leaving out what guessers solve: only where a gate fails, and down to chance itself."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.audit import selection
from graphtutor.audit.selection import fair_splits
from graphtutor.audit.shortcuts_guess import FEWEST
from graphtutor.config import TasksConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import load_graph
from graphtutor.tasks.generate import generate_splits, verify
from graphtutor.tasks.task import Task
from graphtutor.tasks.variants import balanced, rotated

EVALUATED = ("dev", "eval", "eval_search")
Splits = dict[str, list[Task]]


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return load_graph("software_troubleshooting")


@pytest.fixture(scope="module")
def splits(graph: KnowledgeGraph) -> Splits:
    config = TasksConfig(
        **{"eval": 60, "dev": 4, "search": 20, "train_long": 20},
        **{"train_one_hop": 1, "train_two_hop": 200, "train_three_hop": 200},
    )
    return generate_splits(graph, config)


def answered_c(task: Task) -> Task:
    """Return ``task`` with its right option at C."""
    return rotated(task, (2 - "ABCD".index(task.answer_star)) % 4)


def test_a_fair_file_keeps_every_task(graph: KnowledgeGraph, splits: Splits) -> None:
    assert fair_splits(graph, splits, EVALUATED) == splits


def test_a_file_with_a_shortcut_is_rid_of_it(graph: KnowledgeGraph, splits: Splits) -> None:
    """Every other answer is C; those leave until a quarter is C, and the files pass every check."""
    eval_ = [answered_c(t) if n % 2 else t for n, t in enumerate(splits["eval"])]
    planted = {**splits, "eval": eval_}
    fair = fair_splits(graph, planted, EVALUATED)
    verify(graph, fair)
    left = {task.id: task for task in fair["eval"]}
    assert [task.id for task in eval_ if task.id in left] == list(left)
    for task in eval_:
        same = left.get(task.id, task)
        assert (same.answer, {*same.options.names()}) == (task.answer, {*task.options.names()})
    # No more than needed leaves: most of it is C, and the letters that stay were so already.
    lost = [task for task in eval_ if task.id not in left]
    assert sum(task.answer_star == "C" for task in lost) >= 0.6 * len(lost)
    assert sum(left[t.id].answer_star != t.answer_star for t in eval_ if t.id in left) <= 6
    assert all(fair[name] == splits[name] for name in splits if name != "eval")


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from([4, 5])), max_size=30))
def test_letters_are_dealt_anew(splits: Splits, wanted: list[tuple[str, int]]) -> None:
    """Balanced to within one per hop length, with as few changes as that takes."""
    pools = {hops: [t for t in splits["eval"] if t.hop_len == hops] for hops in (4, 5)}
    tasks: list[Task] = []
    for letter, hops in wanted:
        task = pools[hops].pop(0)
        tasks.append(rotated(task, ("ABCD".index(letter) - "ABCD".index(task.answer_star)) % 4))
    dealt = balanced(tasks)
    for hops in (4, 5):
        before = Counter(task.answer_star for task in tasks if task.hop_len == hops)
        after = Counter(task.answer_star for task in dealt if task.hop_len == hops)
        counts = [after[letter] for letter in "ABCD"]
        assert max(counts) - min(counts) <= 1
        if max(before[x] for x in "ABCD") - min(before[x] for x in "ABCD") <= 1:
            assert before == after
    assert [task.id for task in dealt] == [task.id for task in tasks]
    assert [task.answer for task in dealt] == [task.answer for task in tasks]


def test_a_file_too_small_to_judge_is_left_alone(graph: KnowledgeGraph, splits: Splits) -> None:
    """Dev has 8 tasks: no gate judges it, so none of its tasks has to go."""
    assert len(splits["dev"]) < FEWEST
    planted = {**splits, "dev": [answered_c(task) for task in splits["dev"]]}
    assert fair_splits(graph, planted, EVALUATED) == planted


@given(
    st.lists(
        st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=12, max_size=12),
        min_size=1,
        max_size=5,
    )
)
def test_no_guesser_is_above_chance_on_what_stays(rows: list[list[float]]) -> None:
    credit = np.array(rows)
    kept = selection._kept(credit)  # pyright: ignore[reportPrivateUsage]
    if kept.any():
        assert (credit[:, kept].mean(axis=1) <= 0.25 + 1e-9).all()
    if (credit.mean(axis=1) <= 0.25).all():
        assert kept.all()
