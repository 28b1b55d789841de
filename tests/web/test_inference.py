"""Live inference: one worker, a bounded queue, honest states, and scores only where they belong."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from graphtutor.backends.fake import FakeBackend, FakeModel
from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.config import ModelConfig
from graphtutor.errors import ModelError
from graphtutor.runs.directory import RunDirectory

from .asking import Browser, Reply

Browse = Callable[..., Browser]


class SlowModel:
    """Answers when it is told to."""

    def __init__(self, model: FakeModel, go: Event) -> None:
        self.model, self.go = model, go
        self.asked: list[str] = []

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, on_done: Any = None
    ) -> list[list[Completion]]:
        self.asked += [prompt.text for prompt in prompts]
        assert self.go.wait(20)
        return self.model.generate(prompts, sampling, on_done)


class TalkingModel(SlowModel):
    """Says its answer word by word."""

    def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[str, None, Completion]:
        (completion,) = self.model.generate([prompt], sampling)[0]
        for word in completion.text.split(" "):
            yield f"{word} "
            assert self.go.wait(20)
        return completion


class Engine:
    """Loads slow models and counts how often."""

    def __init__(self, kind: type[SlowModel] = SlowModel, *, open_: bool = True) -> None:
        self.go, self.kind = Event(), kind
        self.loaded: list[str] = []
        if open_:
            self.go.set()

    def __call__(self, run: RunDirectory, phase: str) -> Any:
        self.loaded.append(phase)
        folder = None if phase == "base" else run.model(phase)
        return self.kind(FakeBackend().load(ModelConfig(), folder), self.go)


def question(page: Browser, **more: Any) -> dict[str, Any]:
    (example,) = page.get("/api/runs/small/examples?n=1").json()
    body = {k: example[k] for k in ("question", "options", "ex_id")}
    return {"run": "small", "phases": ["sft"], "max_new_tokens": 600, **body, **more}


def job_of(answer: Reply) -> str:
    assert answer.status == 202, answer.body
    return str(answer.json()["job"])


def wait(page: Browser, job: str, *states: str) -> dict[str, Any]:
    for _ in range(2000):
        view = page.get(f"/api/infer/{job}").json()
        if view["state"] in (states or ("done", "failed", "cancelled")):
            return view
        time.sleep(0.005)
    raise AssertionError(view)


def events(page: Browser, job: str) -> list[dict[str, Any]]:
    answer = page.get(f"/api/infer/{job}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = answer.body.decode().split("\n\n")
    return [json.loads(block.removeprefix("data: ")) for block in blocks if block]


def test_two_phases_side_by_side_are_scored_where_the_answer_is_known(
    finished: Path, browse: Browse
) -> None:
    page = browse(finished, Engine())
    view = wait(page, job_of(page.post("/api/infer", question(page, phases=["base", "sft"]))))
    assert (view["state"], view["position"], view["error"]) == ("done", 0, None)
    base, sft = view["results"]
    assert (base["phase"], base["valid"], base["answer"], base["right"]) == (
        "base",
        False,
        None,
        False,
    )
    assert base["trace"][0]["text"] == base["completion"] == "I have not been trained."
    assert sft["valid"] is True
    assert sft["hops"]
    for result in view["results"]:
        assert result["scored"] is True
        shown = sum(term["shown"] for term in result["reward"]["terms"])
        assert shown == pytest.approx(result["reward"]["total"])


def test_the_live_answer_is_scored_like_the_recorded_one(finished: Path, browse: Browse) -> None:
    page = browse(finished, Engine())
    (result,) = wait(page, job_of(page.post("/api/infer", question(page))))["results"]
    frame = page.get("/api/runs/small/episodes/sft/eval_000000").json()
    for name in ("completion", "answer", "right", "grounded", "hops", "trace", "answer_star"):
        assert result[name] == frame[name], name
    for name in ("terms", "total", "grounded_total"):
        assert result["reward"][name] == frame["reward"][name], name


@pytest.mark.parametrize(
    "change",
    [
        {"options": None},
        {"ex_id": None},
        {"ex_id": "eval_999999"},
        {"question": "Which one, then?"},
        {"options": {"A": "Thing01", "B": "Thing02", "C": "Thing03", "D": "Thing04"}},
    ],
)
def test_a_question_of_ones_own_gets_no_score(
    finished: Path, browse: Browse, change: dict[str, Any]
) -> None:
    page = browse(finished, Engine())
    (result,) = wait(page, job_of(page.post("/api/infer", question(page, **change))))["results"]
    assert result["scored"] is False
    assert result["right"] is result["reward"] is result["answer_star"] is None


def test_one_is_answered_eight_wait_the_tenth_is_refused(finished: Path, browse: Browse) -> None:
    engine = Engine(open_=False)
    page = browse(finished, engine)
    answers = [page.post("/api/infer", question(page)) for _ in range(10)]
    assert [a.status for a in answers] == [202] * 9 + [429]
    assert "queue" in answers[-1].json()["error"]["where"]
    jobs = [job_of(a) for a in answers[:9]]
    wait(page, jobs[0], "running")
    assert [page.get(f"/api/infer/{j}").json()["position"] for j in jobs] == list(range(9))
    engine.go.set()
    assert [wait(page, j)["state"] for j in jobs] == ["done"] * 9
    assert engine.loaded == ["sft"]  # once for all


def test_a_waiting_question_is_cancelled_at_once(finished: Path, browse: Browse) -> None:
    engine = Engine(open_=False)
    page = browse(finished, engine)
    first, second, third = (job_of(page.post("/api/infer", question(page))) for _ in range(3))
    wait(page, first, "running")
    assert page.ask("DELETE", f"/api/infer/{second}").json()["state"] == "cancelled"
    assert page.get(f"/api/infer/{third}").json()["position"] == 1
    engine.go.set()
    assert wait(page, third)["state"] == "done"
    assert wait(page, second)["results"] == []


def test_a_running_answer_is_cancelled_at_its_next_word(finished: Path, browse: Browse) -> None:
    engine = Engine(TalkingModel, open_=False)
    page = browse(finished, engine)
    job = job_of(page.post("/api/infer", question(page)))
    wait(page, job, "running")
    assert page.ask("DELETE", f"/api/infer/{job}").status == 200
    engine.go.set()
    view = wait(page, job)
    assert (view["state"], view["results"]) == ("cancelled", [])
    # The worker lives on.
    assert wait(page, job_of(page.post("/api/infer", question(page))))["state"] == "done"


def test_events_tell_the_words_and_end_with_the_whole(finished: Path, browse: Browse) -> None:
    page = browse(finished, Engine(TalkingModel))
    job = job_of(page.post("/api/infer", question(page, phases=["base", "sft"])))
    told = events(page, job)
    last = told[-1]
    assert last["state"] == "done"
    for result in last["results"]:
        words = [e["text"] for e in told if e.get("phase") == result["phase"] and "text" in e]
        assert len(words) > 2
        assert "".join(words).split() == result["completion"].split()
    # Whoever comes late hears it all the same.
    assert events(page, job)[-1] == last


def test_a_model_that_cannot_be_loaded_is_an_error_of_the_job(
    finished: Path, browse: Browse
) -> None:
    def broken(run: RunDirectory, phase: str) -> Any:
        raise ModelError("the weights", wanted="a file", got="none", remedy="train again")

    page = browse(finished, broken)
    view = wait(page, job_of(page.post("/api/infer", question(page))))
    assert view["state"] == "failed"
    assert view["error"] == {
        "where": "the weights",
        "wanted": "a file",
        "got": "none",
        "remedy": "train again",
    }


def test_a_bug_of_an_engine_ends_the_job_and_not_the_worker(
    finished: Path, browse: Browse, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Engine()
    fails = [True]

    def load(run: RunDirectory, phase: str) -> Any:
        if fails.pop():
            raise ZeroDivisionError("a secret of the inside")
        return engine(run, phase)

    page = browse(finished, load)
    view = wait(page, job_of(page.post("/api/infer", question(page))))
    assert "ZeroDivisionError" in view["error"]["got"]
    assert "secret" not in json.dumps(view)
    assert "secret" in caplog.text  # for who runs the server
    fails.append(False)
    assert wait(page, job_of(page.post("/api/infer", question(page))))["state"] == "done"


def test_two_models_are_kept(finished: Path, browse: Browse) -> None:
    engine = Engine()
    page = browse(finished, engine)
    for phase in ("base", "sft", "base", "rsft", "base", "sft"):
        wait(page, job_of(page.post("/api/infer", question(page, phases=[phase]))))
    assert engine.loaded == ["base", "sft", "rsft", "sft"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"run": "nobody"}, 404),
        ({"phases": ["dpo"]}, 404),
        ({"phases": ["../models/sft"]}, 404),
        ({"phases": []}, 400),
        ({"question": " "}, 400),
        ({"question": "x" * 5000}, 400),
        ({"options": {"A": "x"}}, 400),
        ({"max_new_tokens": 10**6}, 400),
        ({"surprise": 1}, 400),
    ],
)
def test_what_cannot_be_asked(
    finished: Path, browse: Browse, change: dict[str, Any], status: int
) -> None:
    page = browse(finished, Engine())
    assert page.post("/api/infer", question(page, **change)).status == status


def test_a_job_that_is_not_there(finished: Path, browse: Browse) -> None:
    page = browse(finished)
    assert page.get("/api/infer/nobody").status == 404
    assert page.get("/api/infer/nobody/events").status == 404
    assert page.ask("DELETE", "/api/infer/nobody").status == 404


def test_old_answers_are_forgotten(finished: Path, browse: Browse) -> None:
    page = browse(finished, Engine())
    jobs = []
    for _ in range(70):
        jobs.append(job_of(page.post("/api/infer", question(page, phases=["base"]))))
        wait(page, jobs[-1])
    assert page.get(f"/api/infer/{jobs[0]}").status == 404
    assert page.get(f"/api/infer/{jobs[-1]}").json()["state"] == "done"
