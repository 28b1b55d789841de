"""Variants ask for the same: same chain, same answer, another letter, wording or prompt."""

from __future__ import annotations

import pytest

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.checks import check_task
from graphtutor.tasks.prompt import FORMAT_RULES
from graphtutor.tasks.task import Task
from graphtutor.tasks.variants import reworded, rotated, with_facts


def test_a_rotation_moves_every_option_and_the_answer_with_it(
    graph: KnowledgeGraph, splits: dict[str, list[Task]]
) -> None:
    """All four letters hold the answer once, and each variant passes the checks of a task."""
    for task in splits["eval"][:12]:
        turned = [rotated(task, shift) for shift in range(4)]
        assert turned[0] == task
        assert {t.answer_star for t in turned} == {*"ABCD"}
        assert {t.answer for t in turned} == {task.answer}
        for place in range(4):
            assert {t.options.names()[place] for t in turned} == {*task.options.names()}
        assert all(check_task(graph, t) == [] for t in turned)
        assert len({t.prompt for t in turned}) == len({t.key for t in turned}) == 4


def test_another_wording_asks_for_the_same_chain(
    graph: KnowledgeGraph, splits: dict[str, list[Task]]
) -> None:
    """The held-out template, checked word for word; and none that does not exist."""
    for task in splits["eval"][:12]:
        other = reworded(task, graph, "consider")
        assert other.question.startswith(f"Consider {task.start}. It ")
        assert other.options == task.options
        assert check_task(graph, other) == []
    with pytest.raises(KeyError):
        reworded(splits["eval"][0], graph, "sing")


def test_facts_stand_before_the_question(
    graph: KnowledgeGraph, splits: dict[str, list[Task]]
) -> None:
    """Every hop once, as a statement; the rest of the prompt is that of the task."""
    orders = set()
    for task in splits["eval"]:
        told = with_facts(task, graph)
        facts, _, rest = told.prompt.removeprefix(FORMAT_RULES).partition("\n")
        assert told.prompt.startswith(FORMAT_RULES)
        assert rest == task.prompt.removeprefix(FORMAT_RULES)
        said = facts.removeprefix("Facts: ").removesuffix(".").split(". ")
        assert len(said) == task.hop_len
        places = []
        for edge in task.path_star.edges:
            [place] = [i for i, fact in enumerate(said) if fact.startswith(f"{edge.src} ")]
            assert said[place].endswith(f" {edge.dst}")
            places.append(place)
        orders.add(tuple(places))
    assert len(orders) > 5
