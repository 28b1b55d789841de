"""A live question on its way: what is asked, what has been said, how it stands."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from graphtutor.completion.completion import Completion
from graphtutor.runs.directory import RunDirectory
from graphtutor.web.answers import Answer
from graphtutor.web.rates import ApiRecord

__all__ = ["FINAL", "Job", "JobView", "Piece", "Question", "State"]

State = Literal["queued", "loading", "running", "done", "failed", "cancelled"]
FINAL: Final[tuple[State, ...]] = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask the models of ``phases``; ``judge`` reads and scores a completion."""

    run: RunDirectory
    phases: Sequence[str]
    prompt: str
    key: str
    max_new_tokens: int
    judge: Callable[[str, Completion], Answer]


class Piece(ApiRecord):
    """A piece of text that the model of a phase has just said."""

    phase: str
    text: str


class JobView(ApiRecord):
    """A job as it stands. ``position`` 0 is being answered, 1 is next."""

    job: str
    run: str
    state: State
    position: int
    phases: tuple[str, ...]
    results: tuple[Answer, ...]
    error: dict[str, str] | None
    loading: str | None
    seconds: float


@dataclass(slots=True, eq=False)
class Job:
    """A question in the queue or beyond; ``heard`` is when the engine last gave a sign of life."""

    id: str
    question: Question
    state: State = "queued"
    results: list[Answer] = field(default_factory=list[Answer])
    pieces: list[Piece] = field(default_factory=list[Piece])
    error: dict[str, str] | None = None
    loading: str | None = None
    cancelled: bool = False
    began: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    ended: float | None = None

    def view(self, position: int) -> JobView:
        """Return the job as the API shows it."""
        return JobView(
            job=self.id,
            run=self.question.run.run_id,
            state=self.state,
            position=position,
            phases=tuple(self.question.phases),
            results=tuple(self.results),
            error=self.error,
            loading=self.loading,
            seconds=round((self.ended or time.monotonic()) - self.began, 2),
        )

    def end(self, state: State) -> None:
        """Note how the job ended."""
        self.state, self.ended, self.loading = state, time.monotonic(), None
