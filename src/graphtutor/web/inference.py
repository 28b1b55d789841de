"""Live inference: one worker, a bounded queue, a few loaded models; nothing else ever waits for it.

What loads a model is given from above: this layer knows no engine. A model that can say its words
one by one (``stream``) is shown as it speaks; any other is shown when it is done.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Final, Literal, Protocol, runtime_checkable

from graphtutor.backends.base import TextModel
from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.errors import BackendError, GraphtutorError
from graphtutor.runs.directory import RunDirectory
from graphtutor.web.answers import Answer
from graphtutor.web.problem import Busy, NotFound, error_body
from graphtutor.web.rates import ApiRecord

__all__ = ["InferenceWorker", "JobView", "Loader", "Piece", "Question", "Streams"]

Loader = Callable[[RunDirectory, str], TextModel]
"""Loads the model that a phase of a run ended with. Raises GraphtutorError where it cannot."""
State = Literal["queued", "loading", "running", "done", "failed", "cancelled"]

_FINAL: Final = ("done", "failed", "cancelled")
_WAITING: Final = 8
_MODELS: Final = 2
_KEPT: Final = 64
"""Finished jobs whose answers can still be asked for."""
_LOG: Final = logging.getLogger(__name__)


@runtime_checkable
class Streams(Protocol):
    """A model that can be listened to while it answers one prompt."""

    def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[str, None, Completion]:
        """Yield the text piece by piece and return the completion as ``generate`` would."""
        ...


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


@dataclass(slots=True)
class _Job:
    id: str
    question: Question
    state: State = "queued"
    results: list[Answer] = field(default_factory=list[Answer])
    pieces: list[Piece] = field(default_factory=list[Piece])
    error: dict[str, str] | None = None
    loading: str | None = None
    cancelled: bool = False
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None


class _Cancelled(Exception):
    """Nobody waits for the answer any more."""


class InferenceWorker:
    """Answers one question at a time, in the order in which they came."""

    def __init__(self, load: Loader, waiting: int = _WAITING) -> None:
        """Start no thread and load no model before the first question."""
        self._load = load
        self._waiting = waiting
        self._models: OrderedDict[tuple[str, str], TextModel] = OrderedDict()
        self._jobs: OrderedDict[str, _Job] = OrderedDict()
        self._queue: deque[_Job] = deque()
        self._running: _Job | None = None
        self._closed = False
        self._changed = Condition()
        self._thread: Thread | None = None

    def submit(self, question: Question) -> str:
        """Queue a question and return the job's id. Raises Busy if too many wait."""
        with self._changed:
            under_way = len(self._queue) + (self._running is not None)
            if under_way > self._waiting or self._closed:
                raise Busy(
                    "the inference queue",
                    wanted=f"at most {self._waiting} questions waiting",
                    got="one more",
                    remedy="wait until one is answered, or cancel one",
                )
            job = _Job(secrets.token_hex(8), question)
            self._jobs[job.id] = job
            self._queue.append(job)
            self._forget_old()
            if self._thread is None:
                self._thread = Thread(target=self._work, name="inference", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return job.id

    def view(self, job_id: str) -> JobView:
        """Return a job as it stands. Raises NotFound."""
        with self._changed:
            return self._view(self._job(job_id))

    def news(self, job_id: str, after: int) -> tuple[list[Piece], JobView]:
        """Return the pieces said since the first ``after`` ones, and the job. Raises NotFound."""
        with self._changed:
            job = self._job(job_id)
            return job.pieces[after:], self._view(job)

    def cancel(self, job_id: str) -> JobView:
        """Stop a job: at once where it waits, else at its next word. Raises NotFound."""
        with self._changed:
            job = self._job(job_id)
            job.cancelled = True
            if job in self._queue:
                self._queue.remove(job)
                self._end(job, "cancelled")
            return self._view(job)

    def close(self) -> None:
        """Take no further question and stop at the next word."""
        with self._changed:
            self._closed = True
            for job in (*self._queue, *([self._running] if self._running else [])):
                job.cancelled = True
            self._changed.notify_all()

    def _job(self, job_id: str) -> _Job:
        found = self._jobs.get(job_id)
        if found is None:
            raise NotFound("the job", wanted="a job of this server", got=repr(job_id)[:40])
        return found

    def _view(self, job: _Job) -> JobView:
        waits = job in self._queue
        return JobView(
            job=job.id,
            run=job.question.run.run_id,
            state=job.state,
            position=1 + self._queue.index(job) if waits else 0,
            phases=tuple(job.question.phases),
            results=tuple(job.results),
            error=job.error,
            loading=job.loading,
            seconds=round((job.ended or time.monotonic()) - job.began, 2),
        )

    def _forget_old(self) -> None:
        over = [job for job in self._jobs.values() if job.state in _FINAL]
        for job in over[: max(0, len(over) - _KEPT)]:
            del self._jobs[job.id]

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closed)
                if self._closed:
                    for job in self._queue:
                        self._end(job, "cancelled")
                    self._queue.clear()
                    return
                self._running = job = self._queue.popleft()
            state = self._answered(job)
            with self._changed:
                self._running = None
                self._end(job, state)

    def _answered(self, job: _Job) -> State:
        """Answer a job and return how that ended; no engine's failure ends the worker."""
        try:
            for phase in job.question.phases:
                self._answer(job, phase)
        except _Cancelled:
            return "cancelled"
        except GraphtutorError as problem:
            job.error = error_body(problem)["error"]
            return "failed"
        except Exception as problem:
            _LOG.exception("inference failed")
            failure = BackendError(
                "inference",
                wanted="an answer",
                got=f"{type(problem).__name__} in the engine",
                remedy="see the terminal of 'graphtutor serve'",
            )
            job.error = error_body(failure)["error"]
            return "failed"
        return "done"

    def _answer(self, job: _Job, phase: str) -> None:
        question = job.question
        model = self._model(job, phase)
        self._go_on(job, "running")
        completion = self._said(job, phase, model)
        answer = question.judge(phase, completion)
        with self._changed:
            job.results.append(answer)

    def _said(self, job: _Job, phase: str, model: TextModel) -> Completion:
        question = job.question
        prompt = Prompt(question.key, question.prompt)
        sampling = Sampling(max_new_tokens=question.max_new_tokens)
        if not isinstance(model, Streams):
            completion = model.generate([prompt], sampling)[0][0]
            self._say(job, phase, completion.text)
            return completion
        speech = model.stream(prompt, sampling)
        while True:
            try:
                self._say(job, phase, next(speech))
            except StopIteration as end:
                return end.value

    def _say(self, job: _Job, phase: str, words: str) -> None:
        with self._changed:
            job.pieces.append(Piece(phase=phase, text=words))
        self._go_on(job, "running")

    def _model(self, job: _Job, phase: str) -> TextModel:
        key = (str(job.question.run.path), phase)
        if key in self._models:
            self._models.move_to_end(key)
            return self._models[key]
        job.loading = phase
        self._go_on(job, "loading")
        # Room first: two models and a third may be more than the memory holds.
        while len(self._models) >= _MODELS:
            self._models.popitem(last=False)
        model = self._models[key] = self._load(job.question.run, phase)
        job.loading = None
        return model

    def _go_on(self, job: _Job, state: State) -> None:
        with self._changed:
            if job.cancelled:
                raise _Cancelled
            job.state = state

    def _end(self, job: _Job, state: State) -> None:
        job.state, job.ended, job.loading = state, time.monotonic(), None
        self._changed.notify_all()
