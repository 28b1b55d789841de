"""Example questions for trying a model: tasks of the run's own files, spread over them."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import RootModel

from graphtutor.tasks.task import Task
from graphtutor.web.rates import ApiRecord
from graphtutor.web.run_files import RunFiles

__all__ = ["Example", "Examples", "examples_of"]


class Example(ApiRecord):
    """One multiple-choice question of a task file."""

    ex_id: str
    question: str
    options: Mapping[str, str]
    answer_star: str
    hop_len: int
    file: str


class Examples(RootModel[tuple[Example, ...]]):
    """Example questions, a bare list."""


def examples_of(files: RunFiles, n: int) -> Examples:
    """Return up to ``n`` questions of eval.jsonl; of dev.jsonl where the run has no other."""
    tasks = files.tasks
    for file in ("eval.jsonl", "dev.jsonl"):
        found = tasks.some(file, n)
        if found:
            return Examples(tuple(_example(task, file) for task in found))
    return Examples(())


def _example(task: Task, file: str) -> Example:
    return Example(
        ex_id=task.id,
        question=task.question,
        options=task.options.model_dump(),
        answer_star=task.answer_star,
        hop_len=task.hop_len,
        file=file,
    )
