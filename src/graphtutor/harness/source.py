"""Where an export's tasks come from: a run, a folder of task files, or one file; and their graph.

The graph is the one named with ``--graph``, else that of the run's configuration, else ``kg.json``
beside the tasks, else the bundled graph whose digest the tasks carry. Tasks of another graph than
that are refused: their rewards would be computed from the wrong facts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from graphtutor.config import RewardConfig, RunConfig
from graphtutor.errors import GraphError, TaskError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import bundled_names, load_graph
from graphtutor.io.jsonl import read_jsonl
from graphtutor.runs.directory import RunDirectory
from graphtutor.tasks.task import Task

__all__ = ["HELD_OUT_SPLITS", "HeldOut", "Source", "read_source"]

HELD_OUT_SPLITS: Final = ("dev", "eval", "eval_search")
"""What nothing may train on."""


class HeldOut(BaseModel):
    """What a generator of new tasks has to stay away from: a held-out chain and its answer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start: str
    chain: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Source:
    """Tasks in the order of their file, their graph if it is known, the reward's constants.

    ``held_out`` lists the questions of dev, eval and eval_search beside the tasks.
    """

    where: str
    tasks: tuple[Task, ...]
    graph: KnowledgeGraph | None
    reward: RewardConfig
    held_out: tuple[HeldOut, ...]

    @property
    def split(self) -> str:
        """The splits of the tasks, joined; one name in the usual case."""
        return "+".join(sorted({task.split for task in self.tasks}))

    @property
    def hops(self) -> tuple[int, ...]:
        """The hop lengths that occur, ascending."""
        return tuple(sorted({task.hop_len for task in self.tasks}))


def read_source(
    source: Path, split: str, graph: str | None = None, root: Path = Path("data/runs")
) -> Source:
    """Read the tasks of ``split`` from a run, a run id under ``root``, a folder or a .jsonl file.

    ``split`` is not looked at for a file. Raises TaskError when there are no tasks, ids occur twice
    or the tasks are of another graph; GraphError when a graph is named that cannot be read.
    """
    file = _task_file(source if source.exists() else root / source, split, str(source))
    tasks = tuple(read_jsonl(file, Task))
    _check(file, tasks)
    config = _config_beside(file)
    found = _find_graph(file, tasks, config, graph)
    return Source(
        where=str(file),
        tasks=tasks,
        graph=found,
        reward=config.reward if config else RewardConfig(),
        held_out=_held_out(file.parent),
    )


def _task_file(path: Path, split: str, given: str) -> Path:
    if path.is_file():
        return path
    here = [folder for folder in (path / "tasks", path) if any(folder.glob("*.jsonl"))]
    for folder in here:
        if (folder / f"{split}.jsonl").is_file():
            return folder / f"{split}.jsonl"
    names = sorted(file.stem for folder in here[:1] for file in folder.glob("*.jsonl"))
    raise TaskError(
        given,
        wanted=f"a run, a folder with {split}.jsonl, or a .jsonl task file",
        got=f"a folder with {', '.join(names)}" if names else "no task file there",
        remedy="choose with --split" if names else "make the files with 'graphtutor data'",
    )


def _check(file: Path, tasks: Sequence[Task]) -> None:
    if not tasks:
        raise TaskError(str(file), wanted="tasks", got="an empty file")
    twice = [name for name, count in Counter(task.id for task in tasks).items() if count > 1]
    if twice:
        raise TaskError(
            str(file),
            wanted="ids that occur once",
            got=f"{len(twice)} that occur more often ({twice[0]}, ...)",
            remedy="export one task file at a time",
        )


def _config_beside(file: Path) -> RunConfig | None:
    for folder in (file.parent, file.parent.parent):
        if (folder / "config.yaml").is_file():
            return RunDirectory(folder).read_config()
    return None


def _find_graph(
    file: Path, tasks: Sequence[Task], config: RunConfig | None, named: str | None
) -> KnowledgeGraph | None:
    digests = {task.graph for task in tasks} - {""}
    if named is not None:
        found = load_graph(named)
    elif config is not None:
        found = _configured(config.graph)
    else:
        beside = next(
            (p for p in (file.with_name("kg.json"), file.parent.parent / "kg.json") if p.exists()),
            None,
        )
        if beside is None:
            bundled = (load_graph(name) for name in bundled_names())
            return next((graph for graph in bundled if {graph.digest} == digests), None)
        found = load_graph(str(beside))
    if digests - {found.digest}:
        raise TaskError(
            str(file),
            wanted=f"tasks of the graph {found.domain} ({found.digest[:12]})",
            got=f"tasks of {', '.join(sorted(digest[:12] for digest in digests))}",
            remedy="name the graph that the tasks were made from with --graph",
        )
    return found


def _configured(name: str) -> KnowledgeGraph:
    try:
        return load_graph(name)
    except GraphError as problem:
        raise GraphError(
            problem.where,
            wanted="the graph of the run's configuration",
            got=problem.got,
            remedy="name it with --graph",
        ) from None


def _held_out(folder: Path) -> tuple[HeldOut, ...]:
    files = [folder / f"{split}.jsonl" for split in HELD_OUT_SPLITS]
    return tuple(
        HeldOut(start=task.start, chain=task.chain, answer=task.answer)
        for file in files
        if file.is_file()
        for task in read_jsonl(file, Task)
    )
