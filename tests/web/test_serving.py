"""The server itself, over real sockets: busy, idle and dropped connections hold nobody up."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from graphtutor.backends.fake import FakeBackend
from graphtutor.config import ModelConfig
from graphtutor.errors import ConfigError

pytest.importorskip("uvicorn")


class Held:
    """An engine that works without a pause until it may answer."""

    def __init__(self) -> None:
        self.go = Event()
        self.model = FakeBackend().load(ModelConfig())
        self.rounds = 0

    def __call__(self, run: Any, phase: str) -> Any:
        return self

    def generate(self, *args: Any) -> Any:
        ends = time.monotonic() + 30
        while not self.go.is_set():
            assert time.monotonic() < ends
            sum(range(1000))
            self.rounds += 1
        return self.model.generate(*args)


@pytest.fixture
def engine() -> Iterator[Held]:
    held = Held()
    yield held
    held.go.set()


@contextmanager
def served(app: Any) -> Iterator[tuple[int, Any]]:
    """Run a server in a thread; yield its port and itself."""
    import uvicorn

    from graphtutor.web.server import listen

    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield listening.getsockname()[1], server
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
        assert not thread.is_alive()


@pytest.fixture
def port(finished: Path, engine: Held) -> Iterator[int]:
    """The port of a server."""
    from graphtutor.web.app import create_app

    with served(create_app(finished, engine)) as (number, _):
        yield number
        engine.go.set()


def ask(port: int, method: str, path: str, value: object = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    body = None if value is None else json.dumps(value)
    headers = {"content-type": "application/json"} if body else {}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read() or b"null")
    connection.close()
    return found


def seconds_for_runs(port: int) -> float:
    began = time.perf_counter()
    status, answer = ask(port, "GET", "/api/runs")
    assert (status, len(answer["runs"])) == (200, 1)
    return time.perf_counter() - began


def answered_within(port: int, limit: float) -> bool:
    """Tell whether half of nine answers come within ``limit``, in the best of five rounds.

    A machine that does other work as well may be late once; a server that waits for something
    is late every time.
    """
    rounds = (sorted(seconds_for_runs(port) for _ in range(9))[4] for _ in range(5))
    return any(median < limit for median in rounds)


def test_idle_sockets_slow_bodies_and_inferences_hold_nobody_up(port: int, engine: Held) -> None:
    seconds_for_runs(port)  # the files are read once
    with ExitStack() as stack:
        for number in range(20):
            idle = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            if number % 2:
                idle.sendall(b"POST /api/infer HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            if number % 4 == 1:
                idle.sendall(b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
        body = {"run": "small", "phases": ["sft"], "question": "?"}
        answers: list[tuple[int, Any]] = []
        threads = [
            Thread(target=lambda: answers.append(ask(port, "POST", "/api/infer", body)))
            for _ in range(10)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert sorted(status for status, _ in answers) == [202] * 9 + [429]
        jobs = [answer["job"] for status, answer in answers if status == 202]
        before = engine.rounds
        assert answered_within(port, 0.1)
        # Meanwhile one was being answered and the others waited.
        assert engine.rounds > before
        states = sorted(ask(port, "GET", f"/api/infer/{job}")[1]["state"] for job in jobs)
        assert states == ["queued"] * 8 + ["running"]


def test_a_listener_that_leaves_is_no_harm(port: int, engine: Held) -> None:
    body = {"run": "small", "phases": ["sft"], "question": "?"}
    job = ask(port, "POST", "/api/infer", body)[1]["job"]
    with socket.create_connection(("127.0.0.1", port)) as listener:
        listener.sendall(
            f"GET /api/infer/{job}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        )
        assert b"200" in listener.recv(300)
    engine.go.set()
    for _ in range(200):
        state = ask(port, "GET", f"/api/infer/{job}")[1]["state"]
        if state == "done":
            return
        time.sleep(0.02)
    raise AssertionError(state)


def test_who_leaves_while_the_engine_hangs_leaves_nothing_behind(
    finished: Path, engine: Held
) -> None:
    from graphtutor.web.app import create_app

    body = {"run": "small", "phases": ["sft"], "question": "?"}
    with served(create_app(finished, engine, quiet_seconds=0.5)) as (port, server):
        first, second = (ask(port, "POST", "/api/infer", body)[1]["job"] for _ in range(2))
        with ExitStack() as stack:
            for job in (first, second):
                listener = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                listener.sendall(
                    f"GET /api/infer/{job}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
                )
                assert b"200" in listener.recv(300)
            assert len(server.server_state.tasks) == 2
        for _ in range(200):
            if not server.server_state.tasks:
                break
            time.sleep(0.01)
        assert not server.server_state.tasks
        for _ in range(300):
            state = ask(port, "GET", f"/api/infer/{first}")[1]["state"]
            if state == "failed":
                break
            time.sleep(0.01)
        assert state == "failed"
        # Nobody listens to the second either, but who asks for it later finds its answer.
        engine.go.set()
        for _ in range(300):
            state = ask(port, "GET", f"/api/infer/{second}")[1]["state"]
            if state == "done":
                break
            time.sleep(0.01)
        assert state == "done"


def test_a_port_in_use_is_one_line() -> None:
    from graphtutor.web.server import listen

    with listen("127.0.0.1", 0) as taken, pytest.raises(ConfigError, match="--port"):
        listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(ConfigError, match="wanted an address"):
        listen("no.such.host.invalid", 8000)
