"""Live inference: one worker, a bounded queue, a few loaded models; nothing else ever waits for it.

What loads a model is given from above: this layer knows no engine. A model that can say its words
one by one (``stream``) is shown as it speaks; any other is shown when it is done.

An engine may hang, and a thread cannot be ended from outside. So a thread whose engine gives no
sign of life for too long is given up: its question fails, what it may still say is ignored, and a
fresh thread with models of its own goes on with the next question. Only so many are given up; then
no question is taken until one of them comes back.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Generator
from threading import Condition, Thread
from typing import Final, Protocol, runtime_checkable

from graphtutor.backends.base import TextModel
from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.errors import BackendError, GraphtutorError
from graphtutor.web.jobs import FINAL, Job, JobView, Piece, Question, State
from graphtutor.web.loaded_models import LoadedModels, Loader
from graphtutor.web.problem import Busy, NotFound, Stuck, error_body

__all__ = ["QUIET_SECONDS", "InferenceWorker", "Streams"]

QUIET_SECONDS: Final = 120.0
"""How long an engine may take to load a model, to say its next word, or to answer if it does not
say them one by one."""
_WAITING: Final = 8
_GIVEN_UP: Final = 3
"""Threads that may hang at a time: each may hold a model in memory."""
_KEPT: Final = 64
"""Finished jobs whose answers can still be asked for."""
_LOG: Final = logging.getLogger(__name__)


@runtime_checkable
class Streams(Protocol):
    """A model that can be listened to while it answers one prompt."""

    def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[str, None, Completion]:
        """Yield the text piece by piece and return the completion as ``generate`` would."""
        ...


class _Unwanted(Exception):
    """Nobody waits for the answer any more."""


class InferenceWorker:
    """Answers one question at a time, in the order in which they came."""

    def __init__(
        self, load: Loader, waiting: int = _WAITING, quiet_seconds: float = QUIET_SECONDS
    ) -> None:
        """Start no thread and load no model before the first question."""
        self._load = load
        self._waiting = waiting
        self._quiet_seconds = quiet_seconds
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._queue: deque[Job] = deque()
        self._running: Job | None = None
        self._models: LoadedModels | None = None
        """Those of the thread at work: a thread with others has been given up."""
        self._given_up = 0
        self._watched = self._closed = False
        self._changed = Condition()

    def submit(self, question: Question) -> str:
        """Queue a question and return the job's id.

        Raises Busy if too many wait, Stuck if too many engines hang.
        """
        with self._changed:
            if self._given_up >= _GIVEN_UP:
                raise _stuck(self._given_up)
            under_way = len(self._queue) + (self._running is not None)
            if under_way > self._waiting or self._closed:
                raise Busy(
                    "the inference queue",
                    wanted=f"at most {self._waiting} questions waiting",
                    got="one more",
                    remedy="wait until one is answered, or cancel one",
                )
            job = Job(secrets.token_hex(8), question)
            self._jobs[job.id] = job
            self._queue.append(job)
            self._forget_old()
            self._start()
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
                job.end("cancelled")
            return self._view(job)

    def close(self) -> None:
        """Take no further question and stop at the next word."""
        with self._changed:
            self._closed = True
            for job in (*self._queue, *([self._running] if self._running else [])):
                job.cancelled = True
            self._changed.notify_all()

    def _job(self, job_id: str) -> Job:
        found = self._jobs.get(job_id)
        if found is None:
            raise NotFound("the job", wanted="a job of this server", got=repr(job_id)[:40])
        return found

    def _view(self, job: Job) -> JobView:
        return job.view(1 + self._queue.index(job) if job in self._queue else 0)

    def _forget_old(self) -> None:
        over = [job for job in self._jobs.values() if job.state in FINAL]
        for job in over[: max(0, len(over) - _KEPT)]:
            del self._jobs[job.id]

    def _start(self) -> None:
        """Start what is not there yet: a thread that answers, one that watches it."""
        if not self._watched:
            self._watched = True
            Thread(target=self._watch, name="inference watch", daemon=True).start()
        if self._models is None:
            self._models = LoadedModels(self._load)
            Thread(target=self._work, args=[self._models], name="inference", daemon=True).start()

    def _work(self, models: LoadedModels) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closed)
                if self._closed:
                    self._end_all("cancelled")
                    return
                self._running = job = self._queue.popleft()
                job.heard = time.monotonic()
            state = self._answered(job, models)
            with self._changed:
                if self._models is not models:
                    self._given_up -= 1
                    return
                self._running = None
                job.end(state)
                self._changed.notify_all()

    def _watch(self) -> None:
        """Give up the thread at work once it has been quiet for too long."""
        with self._changed:
            while not self._closed:
                heard = self._running.heard if self._running else time.monotonic()
                left = heard + self._quiet_seconds - time.monotonic()
                if self._running and left <= 0:
                    self._give_up(self._running)
                else:
                    self._changed.wait(left)

    def _give_up(self, job: Job) -> None:
        problem = BackendError(
            f"inference, run {job.question.run.run_id}",
            wanted=f"a sign of life from the engine within {self._quiet_seconds:g} s",
            got="none",
            remedy="ask again; restart 'graphtutor serve' if it happens again",
        )
        _LOG.error("%s", problem)
        job.error = None if job.cancelled else error_body(problem)["error"]
        job.end("cancelled" if job.cancelled else "failed")
        self._running = self._models = None
        self._given_up += 1
        if self._given_up < _GIVEN_UP:
            self._start()
        else:
            self._end_all("failed", error_body(_stuck(self._given_up))["error"])
        self._changed.notify_all()

    def _end_all(self, state: State, error: dict[str, str] | None = None) -> None:
        """End all that wait."""
        for job in self._queue:
            job.error = error
            job.end(state)
        self._queue.clear()

    def _answered(self, job: Job, models: LoadedModels) -> State:
        """Answer a job and return how that ended; no engine's failure ends the worker."""
        try:
            for phase in job.question.phases:
                self._answer(job, phase, models)
        except _Unwanted:
            return "cancelled"
        except GraphtutorError as problem:
            return self._failed(job, problem)
        except Exception as problem:
            _LOG.exception("inference failed")
            failure = BackendError(
                "inference",
                wanted="an answer",
                got=f"{type(problem).__name__} in the engine",
                remedy="see the terminal of 'graphtutor serve'",
            )
            return self._failed(job, failure)
        return "done"

    def _failed(self, job: Job, problem: GraphtutorError) -> State:
        with self._changed:
            if job.state not in FINAL:
                job.error = error_body(problem)["error"]
        return "failed"

    def _answer(self, job: Job, phase: str, models: LoadedModels) -> None:
        question = job.question
        model = models.known(question.run, phase)
        if model is None:
            self._go_on(job, "loading", phase)
            model = models.loaded(question.run, phase)
        self._go_on(job, "running")
        completion = self._said(job, phase, model)
        answer = question.judge(phase, completion)
        with self._changed:
            self._go_on(job, "running")
            job.results.append(answer)

    def _said(self, job: Job, phase: str, model: TextModel) -> Completion:
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

    def _say(self, job: Job, phase: str, words: str) -> None:
        with self._changed:
            self._go_on(job, "running")
            job.pieces.append(Piece(phase=phase, text=words))

    def _go_on(self, job: Job, state: State, loading: str | None = None) -> None:
        """Note a sign of life. Raises _Unwanted if the job was cancelled or given up."""
        with self._changed:
            if job.cancelled or job.state in FINAL:
                raise _Unwanted
            job.state, job.loading, job.heard = state, loading, time.monotonic()


def _stuck(engines: int) -> Stuck:
    return Stuck(
        "live answers",
        wanted="an engine that answers",
        got=f"{engines} that hang",
        remedy="restart 'graphtutor serve'",
    )
