"""The model-free check of tasks against the reward."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graphtutor.config import GroundedRewardConfig, RewardConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.reward.selfcheck import selfcheck
from graphtutor.tasks.task import Reference, Task

MakeTask = Callable[..., Task]


def with_reference(task: Task, text: str) -> Task:
    return task.model_copy(update={"ref": Reference(trace=text)})


def test_good_tasks_pass(graph: KnowledgeGraph, config: RewardConfig, make_task: MakeTask):
    tasks = [
        make_task(),
        make_task(("Flood", "Pump"), ("fixed_by",)),
        make_task(
            ("Leak", "Flood", "Pump"), ("leads_to", "fixed_by"), ("Pump", "Rope", "Rust", "Drill")
        ),
        # A distractor that may stand in for a bridge: the swap is as true, and no violation.
        make_task(
            ("Alarm", "Leak", "Flood", "Pump"),
            ("caused_by", "leads_to", "fixed_by"),
            ("Storm", "Pump", "Rope", "Drill"),
        ),
    ]
    assert selfcheck(graph, tasks, config) == []


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("Alarm is caused by Leak.", "t1: the reference completion is invalid: no line starts"),
        (
            "TRACE: Alarm is caused by Leak.\nANSWER: B",
            "t1: the reference earns 1.25 of 1.5 under spec-1.0",
        ),
        (
            "TRACE: Alarm leads to Leak, which leads to Flood, which is fixed by Pump.\nANSWER: B",
            "t1: the reference is not grounded ('Alarm leads to Leak': wrong relation; ",
        ),
        ("TRACE: Alarm\nANSWER: B", "t1: the reference is not grounded (it claims nothing)"),
        ("TRACE: Alarm\nANSWER: A", "t1: the reference earns -2 of 1.5 under grounded-1.0"),
    ],
)
def test_a_bad_reference_is_named(
    graph: KnowledgeGraph, config: RewardConfig, task: Task, reference: str, message: str
):
    problems = selfcheck(graph, [with_reference(task, reference)], config)
    assert any(problem.startswith(message) for problem in problems), problems


def test_a_second_right_option_is_named(
    graph: KnowledgeGraph, config: RewardConfig, make_task: MakeTask
):
    """Rust, too, is what Leak leads to: a trace that ends there earns as much."""
    task = make_task(
        ("Alarm", "Leak", "Flood"), ("caused_by", "leads_to"), ("Rust", "Flood", "Rope", "Drill")
    )
    assert selfcheck(graph, [task], config) == [
        "t1: the reference trace with Rust for Flood earns as much as the reference under "
        "grounded-1.0"
    ]


def test_a_profile_that_rewards_nothing_is_named(graph: KnowledgeGraph, task: Task):
    config = RewardConfig(
        grounded=GroundedRewardConfig(weight_path=0, false_edge_penalty=0, repeat_penalty=0)
    )
    problems = selfcheck(graph, [task], config)
    assert len(problems) == 4
    assert all("with Drill for" in problem for problem in problems)
