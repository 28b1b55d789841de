"""The task files of a run: where each task's line lies, read when a task is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from graphtutor.tasks.task import Task
from graphtutor.web.lines import Position, read_line, read_lines
from graphtutor.web.values import clean, text

__all__ = ["TaskFiles"]

Place = tuple[Path, int, int]
"""File, byte offset, length in bytes."""


class TaskFiles:
    """Tasks by id and by file; a line that is no task is passed over."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Note where the lines lie; files that cannot be read hold none."""
        self.by_file: dict[str, list[str]] = {}
        self._places: dict[str, Place] = {}
        for path in files:
            ids = self.by_file.setdefault(path.name, [])
            try:
                for line in read_lines(path, Position()):
                    name = text(line.record.get("id")) if line.record else None
                    if name:
                        ids.append(name)
                        self._places.setdefault(name, (path, line.offset, line.length))
            except OSError:
                continue

    def get(self, task_id: str) -> Task | None:
        """Return a task; None if no file has one that can be used under that id."""
        place = self._places.get(task_id)
        return None if place is None else _task(read_line(*place))

    def some(self, file: str, n: int) -> list[Task]:
        """Return up to ``n`` tasks of a file, spread evenly over it."""
        ids = self.by_file.get(file, [])
        chosen = [ids[place * len(ids) // n] for place in range(n)] if n < len(ids) else ids
        found = (self.get(task_id) for task_id in dict.fromkeys(chosen))
        return [task for task in found if task is not None]

    def paths(self, file: str) -> list[tuple[tuple[str, str, str], ...]]:
        """Return the gold paths of a file as edges (source, relation, target)."""
        tasks = (self.get(task_id) for task_id in self.by_file.get(file, []))
        return [
            tuple((edge.src, edge.rel, edge.dst) for edge in task.path_star.edges)
            for task in tasks
            if task is not None
        ]


def _task(line: Mapping[str, Any]) -> Task | None:
    try:
        return Task.model_validate(clean(line)) if line else None
    except (ValidationError, ValueError):
        return None
