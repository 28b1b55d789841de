"""An exported folder, read back by the definitions inside it: tasks by id, graph, scorer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from graphtutor.errors import TaskError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import load_graph
from graphtutor.harness.manifest import MANIFEST_FILE, Manifest
from graphtutor.harness.source import HeldOut
from graphtutor.io.jsonl import read_jsonl
from graphtutor.reward.profiles import Scored, Scorer
from graphtutor.runs.record_file import read_record
from graphtutor.tasks.task import Task

__all__ = ["GRAPH_FILE", "HELD_OUT_FILE", "TASKS_FILE", "ExportFolder"]

TASKS_FILE: Final = "tasks.jsonl"
GRAPH_FILE: Final = "kg.json"
HELD_OUT_FILE: Final = "held_out.jsonl"


@dataclass(frozen=True)
class ExportFolder:
    """The folder at ``path``; each file is read when it is first asked for, and kept."""

    path: Path

    @cached_property
    def manifest(self) -> Manifest:
        """export.json. Raises TaskError where there is none, RunError where it does not fit."""
        file = self.path / MANIFEST_FILE
        if not file.is_file():
            raise TaskError(
                str(self.path),
                wanted=f"a folder with {MANIFEST_FILE}",
                got="none" if self.path.is_dir() else "no such folder",
                remedy="make it with 'graphtutor harness'",
            )
        return read_record(file, Manifest)

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """The tasks by id, in the order of the file. Raises TaskError."""
        return {task.id: task for task in read_jsonl(self.path / TASKS_FILE, Task)}

    @cached_property
    def graph(self) -> KnowledgeGraph:
        """The graph. Raises GraphError where the export has none."""
        return load_graph(str(self.path / GRAPH_FILE))

    @cached_property
    def scorer(self) -> Scorer:
        """The reward with the constants of the export."""
        return Scorer(self.graph, self.manifest.reward)

    @cached_property
    def held_out(self) -> tuple[HeldOut, ...]:
        """Questions that generated tasks must not repeat; none where the file is missing."""
        file = self.path / HELD_OUT_FILE
        return tuple(read_jsonl(file, HeldOut)) if file.is_file() else ()

    def score(self, task_id: str, completion: str) -> Scored:
        """Score ``completion`` for a task of this folder. Raises KeyError for an unknown id."""
        return self.scorer.score(self.tasks[task_id], completion)
