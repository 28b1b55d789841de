"""The placebo pays for another task's path, and tells the truth about everything else."""

from __future__ import annotations

from collections.abc import Callable

from graphtutor.reward.profiles import Scorer
from graphtutor.tasks.task import PathEdge, PathStar, Task
from graphtutor.training.placebo import PlaceboScorer


def _other(task: Task, number: int) -> Task:
    """A task of the same length over a path of its own."""
    names = [f"Other{number}{hop}" for hop in range(task.hop_len + 1)]
    edges = [
        PathEdge(src=a, rel=e.rel, dst=b)
        for a, b, e in zip(names[:-1], names[1:], task.path_star.edges, strict=True)
    ]
    path = PathStar(entities=tuple(names), edges=tuple(edges))
    return task.model_copy(update={"id": f"other{number}", "path_star": path})


def test_only_the_path_term_of_spec_is_exchanged(
    scorer: Scorer, make_task: Callable[..., Task]
) -> None:
    """A perfect answer stays right and grounded, and is paid nothing for its path."""
    task = make_task()
    tasks = [task, *(_other(task, number) for number in range(5))]
    placebo = PlaceboScorer(scorer, tasks, seed=0)
    true = scorer.score(task, task.ref.trace)
    found = placebo.score(task, task.ref.trace)
    assert true.spec.path_coverage == 1.0
    assert (found.spec.path_coverage, found.spec.path_reward, found.hits) == (0.0, 0.0, 0)
    assert found.spec.correctness == true.spec.correctness
    assert (found.right, found.grounded) == (True, True)
    assert found.grounded_reward == true.grounded_reward


def test_no_task_keeps_its_path(scorer: Scorer, make_task: Callable[..., Task]) -> None:
    """Within a hop length every path goes to another task, each to one."""
    task = make_task()
    tasks = [_other(task, number) for number in range(7)]
    placebo = PlaceboScorer(scorer, tasks, seed=1)
    given = {t.id: placebo._paths[t.id].entities[0] for t in tasks}
    assert all(given[t.id] != t.path_star.entities[0] for t in tasks)
    assert len(set(given.values())) == 7
    again = PlaceboScorer(scorer, tasks, seed=1)
    assert again._paths == placebo._paths
    assert PlaceboScorer(scorer, tasks, seed=2)._paths != placebo._paths
