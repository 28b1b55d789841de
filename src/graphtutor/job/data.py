"""The task files of a job: generated, rid of what guessers solve, checked, written and audited."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from graphtutor.audit.selection import fair_splits
from graphtutor.config import RunConfig
from graphtutor.errors import GraphtutorError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import load_graph
from graphtutor.job.audit import audit_data
from graphtutor.job.job import Job
from graphtutor.job.watch import Watch
from graphtutor.runs.meta import RunMeta
from graphtutor.runs.record_file import read_record, write_record
from graphtutor.tasks.generate import generate_splits, shortfalls, write_splits
from graphtutor.tasks.task import Task

__all__ = ["make_data", "write_tasks"]

_EVALUATED: Final = ("dev", "eval", "eval_search")
_BEFORE_DATA: Final = {"config.yaml", "meta.json"}
"""What a run holds before its task files are made."""


def make_data(job: Job) -> None:
    """Make, check and audit the task files of the run.

    Raises TaskError where the graph cannot yield them; the run is taken back then.
    """
    if not job.todo("data"):
        return
    try:
        with job.measuring("data"):
            made, left_out = write_tasks(job.run.tasks, job.config, job.watch, job.graph)
    except GraphtutorError:
        if {path.name for path in job.run.path.iterdir()} <= _BEFORE_DATA:
            shutil.rmtree(job.run.path)
        raise
    meta = read_record(job.run.meta, RunMeta)
    write_record(job.run.meta, meta.with_left_out(left_out))
    audit_data(job)
    job.run.mark("data", **made)


def write_tasks(
    folder: Path, config: RunConfig, watch: Watch, graph: KnowledgeGraph | None = None
) -> tuple[dict[str, int], dict[str, int]]:
    """Make, check and write the task files of ``config`` into ``folder``.

    Returns how many tasks each file holds, and how many were left out of it because guessers solved
    them. Raises TaskError, with nothing written, where the graph cannot yield the tasks asked for.
    """
    graph = graph or load_graph(config.graph)
    wanted = config.tasks
    # At most: the graph may have fewer, and not every edge is worth a task.
    long = 2 * (wanted.eval + wanted.dev + wanted.train_long + wanted.search)
    short = wanted.train_one_hop * len(graph) + wanted.train_two_hop + wanted.train_three_hop
    with watch.bar("data   tasks from the graph", long + short) as advance:
        made = generate_splits(graph, wanted, _counting(advance))
        fair = fair_splits(graph, made, _EVALUATED)
        write_splits(folder, fair, graph)
    watch.say("data   " + ", ".join(f"{split} {len(tasks)}" for split, tasks in fair.items()))
    for line in (*shortfalls(graph, wanted, made), *_left_out(made, fair)):
        watch.say(f"data   {line}")
    lost = {split: len(made[split]) - len(tasks) for split, tasks in fair.items()}
    return (
        {split: len(tasks) for split, tasks in fair.items()},
        {split: count for split, count in lost.items() if count},
    )


def _left_out(made: Mapping[str, Sequence[Task]], fair: Mapping[str, Sequence[Task]]) -> list[str]:
    return [
        f"{split}: {len(made[split]) - len(tasks)} of {len(made[split])} tasks left out, so that "
        "no guesser of the audit is above chance on the others"
        for split, tasks in fair.items()
        if len(tasks) < len(made[split])
    ]


def _counting(advance: Callable[[int, str], None]) -> Callable[[str, int], None]:
    done: dict[str, int] = {}

    def on_progress(split: str, count: int) -> None:
        advance(count - done.get(split, 0), split)
        done[split] = count

    return on_progress
