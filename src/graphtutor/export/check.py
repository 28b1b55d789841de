"""Whether an exported model answers as the one that was trained: the same tasks asked of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphtutor.completion.completion import Generator, Prompt, Sampling
from graphtutor.completion.parser import parse
from graphtutor.errors import ModelError
from graphtutor.tasks.task import Task

__all__ = ["Comparison", "answers", "compare", "refuse_different"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Greedy answers to ``n`` tasks, of the run's own model and of the export by ``engine``.

    ``own_right`` and ``right`` count right letters, ``same`` completions equal in every character.
    ``read_otherwise`` counts prompts that the program itself splits into other tokens; None where
    there is nothing to compare.
    """

    engine: str
    n: int
    own_right: int
    right: int
    same: int
    read_otherwise: int | None = None

    def __str__(self) -> str:
        """Say it in one line."""
        line = (
            f"{self.n} tasks asked of both: own model {self.own_right} right, export "
            f"({self.engine}) {self.right} right, {self.same} completions equal"
        )
        if self.read_otherwise is not None:
            line += f", {self.n - self.read_otherwise} prompts read as the same tokens"
        return line


def answers(
    model: Generator,
    tasks: Sequence[Task],
    limit: int,
    on_done: Callable[[int], None] | None = None,
) -> list[str]:
    """Return the greedy completions of ``tasks``, of at most ``limit`` tokens each."""
    prompts = [Prompt(key=task.id, text=task.prompt) for task in tasks]
    done = model.generate(prompts, Sampling(max_new_tokens=limit), on_done)
    return [row[0].text for row in done]


def compare(
    engine: str,
    tasks: Sequence[Task],
    own: Sequence[str],
    exported: Sequence[str],
    read_otherwise: int | None = None,
) -> Comparison:
    """Count what ``own`` and ``exported``, the completions of ``tasks``, have in common."""
    return Comparison(
        engine=engine,
        n=len(tasks),
        own_right=_right(tasks, own),
        right=_right(tasks, exported),
        same=sum(one == other for one, other in zip(own, exported, strict=True)),
        read_otherwise=read_otherwise,
    )


def refuse_different(found: Comparison, *, exact: bool, tolerance: int, ids_only: bool) -> None:
    """Raise ModelError where the export is not the model that was trained.

    ``exact`` wants every completion equal; otherwise ``tolerance`` fewer right answers are borne.
    ``ids_only`` bears a program that reads text as other tokens: it is to be given tokens.
    """
    if found.read_otherwise and not ids_only:
        raise ModelError(
            "export, check",
            wanted=f"{found.engine} to read the prompts as the same tokens",
            got=f"others for {found.read_otherwise} of {found.n}",
            remedy="--token-ids exports it for programs that send token ids; --to hf has no such "
            "limit",
        )
    if exact and found.same < found.n:
        raise ModelError(
            "export, check",
            wanted=f"the completions of the run's own model to {found.n} tasks",
            got=f"{found.n - found.same} others by {found.engine} ({found.own_right} right before, "
            f"{found.right} after)",
            remedy="nothing was written; give --dtype for a precision in which that may differ",
        )
    if found.own_right - found.right > tolerance:
        raise ModelError(
            "export, check",
            wanted=f"at least {found.own_right - tolerance} of {found.n} tasks right, as the run's "
            f"own model has {found.own_right}",
            got=f"{found.right} by {found.engine}",
            remedy="nothing was written; choose a finer --dtype, or raise --tolerance",
        )


def _right(tasks: Sequence[Task], completions: Sequence[str]) -> int:
    return sum(
        parse(text).answer == task.answer_star
        for task, text in zip(tasks, completions, strict=True)
    )
