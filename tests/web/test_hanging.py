"""An engine that hangs: its question fails with a reason, and the next one is answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from graphtutor.backends.fake import FakeBackend, FakeModel
from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.config import ModelConfig
from graphtutor.runs.directory import RunDirectory

from .asking import Browser

Browse = Callable[..., Browser]
QUIET = 0.2
"""Seconds without a sign of life after which these tests give an engine up."""


class Engine:
    """Hangs while it loads, or answers, the first ``times`` models; ``free`` ends all of that."""

    def __init__(self, where: str, times: int = 1) -> None:
        self.where, self.left = where, times
        self.free = Event()
        self.came_back: list[str] = []
        self.loaded = 0

    def __call__(self, run: RunDirectory, phase: str) -> Any:
        self.loaded += 1
        if self.where == "load":
            self.hang()
        return Model(self, FakeBackend().load(ModelConfig(), None if phase == "base" else run.path))

    def hang(self) -> None:
        if self.left:
            self.left -= 1
            assert self.free.wait(30)
            self.came_back.append(self.where)


class Model:
    def __init__(self, engine: Engine, model: FakeModel) -> None:
        self.engine, self.model = engine, model

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, on_done: Any = None
    ) -> list[list[Completion]]:
        self.engine.hang()
        return self.model.generate(prompts, sampling, on_done)


class TalkingEngine(Engine):
    """Says a word every now and then, for longer than an engine may be quiet, and then hangs."""

    def __call__(self, run: RunDirectory, phase: str) -> Any:
        return TalkingModel(self, FakeBackend().load(ModelConfig()))


class TalkingModel(Model):
    def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[str, None, Completion]:
        for word in range(8):
            time.sleep(0.1)
            yield f"{word} "
        self.engine.hang()
        yield "a word too late"
        return self.model.generate([prompt], sampling)[0][0]


@pytest.fixture
def engines() -> Iterator[list[Engine]]:
    """Engines that are set free when the test ends."""
    made: list[Engine] = []
    yield made
    for engine in made:
        engine.free.set()


def ask(page: Browser, phase: str = "base") -> str:
    answer = page.post("/api/infer", {"run": "small", "phases": [phase], "question": "?"})
    assert answer.status == 202, answer.body
    return str(answer.json()["job"])


def wait(page: Browser, job: str, *states: str) -> dict[str, Any]:
    for _ in range(2000):
        view = page.get(f"/api/infer/{job}").json()
        if view["state"] in (states or ("done", "failed", "cancelled")):
            return view
        time.sleep(0.005)
    raise AssertionError(view)


@pytest.mark.parametrize("where", ["load", "answer"])
def test_the_question_fails_and_the_next_is_answered(
    finished: Path, browse: Browse, engines: list[Engine], where: str
) -> None:
    engine = Engine(where)
    engines.append(engine)
    page = browse(finished, engine, quiet_seconds=QUIET)
    first, second = ask(page), ask(page)
    view = wait(page, first)
    assert view["state"] == "failed"
    assert view["seconds"] >= QUIET
    assert view["error"]["wanted"] == "a sign of life from the engine within 0.2 s"
    assert "restart" in view["error"]["remedy"]
    assert wait(page, second)["state"] == "done"
    # The thread that was given up holds its own model; the new one has loaded again.
    assert engine.loaded == 2
    # What it says when it comes back is heard by nobody.
    engine.free.set()
    for _ in range(200):
        if engine.came_back:
            break
        time.sleep(0.005)
    time.sleep(0.05)
    assert page.get(f"/api/infer/{first}").json() == view
    assert view["results"] == []
    assert wait(page, ask(page))["state"] == "done"
    assert engine.loaded == 2


def test_an_engine_that_speaks_is_not_given_up_until_it_falls_silent(
    finished: Path, browse: Browse, engines: list[Engine]
) -> None:
    engine = TalkingEngine("answer")
    engines.append(engine)
    page = browse(finished, engine, quiet_seconds=0.6)
    job = ask(page)
    view = wait(page, job)
    assert view["state"] == "failed"
    assert view["seconds"] >= 8 * 0.1 + 0.6
    events = page.get(f"/api/infer/{job}/events").body.decode()
    assert '"text":"7 "' in events
    engine.free.set()
    assert wait(page, ask(page))["state"] == "done"
    assert "too late" not in page.get(f"/api/infer/{job}/events").body.decode()


def test_a_cancelled_question_that_hangs_ends_as_cancelled(
    finished: Path, browse: Browse, engines: list[Engine]
) -> None:
    engine = Engine("answer")
    engines.append(engine)
    page = browse(finished, engine, quiet_seconds=QUIET)
    job = ask(page)
    wait(page, job, "running")
    page.ask("DELETE", f"/api/infer/{job}")
    view = wait(page, job)
    assert (view["state"], view["error"]) == ("cancelled", None)
    assert wait(page, ask(page))["state"] == "done"


def test_after_three_that_hang_the_server_says_that_it_must_be_restarted(
    finished: Path, browse: Browse, engines: list[Engine]
) -> None:
    engine = Engine("load", times=3)
    engines.append(engine)
    page = browse(finished, engine, quiet_seconds=QUIET)
    jobs = [ask(page) for _ in range(5)]
    views = [wait(page, job) for job in jobs]
    assert [view["state"] for view in views] == ["failed"] * 5
    assert all("sign of life" in view["error"]["wanted"] for view in views[:3])
    # Those that waited are not left waiting.
    assert all(view["error"]["got"] == "3 that hang" for view in views[3:])
    refused = page.post("/api/infer", {"run": "small", "phases": ["base"], "question": "?"})
    assert refused.status == 503
    assert refused.json()["error"]["remedy"] == "restart 'graphtutor serve'"
    assert engine.loaded == 3
    assert page.get("/api/runs").status == 200
    # If they come back after all, nothing has to be restarted.
    engine.free.set()
    for _ in range(400):
        answer = page.post("/api/infer", {"run": "small", "phases": ["base"], "question": "?"})
        if answer.status == 202:
            break
        time.sleep(0.005)
    assert wait(page, answer.json()["job"])["state"] == "done"
