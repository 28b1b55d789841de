"""The server itself, over real sockets: busy, idle and dropped connections hold nobody up."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from graphtutor.backends.fake import FakeBackend
from graphtutor.config import ModelConfig
from graphtutor.errors import ConfigError

pytest.importorskip("uvicorn")


class Held:
    """An engine that answers once it may."""

    def __init__(self) -> None:
        self.go = Event()
        self.model = FakeBackend().load(ModelConfig())

    def __call__(self, run: Any, phase: str) -> Any:
        return self

    def generate(self, *args: Any) -> Any:
        assert self.go.wait(30)
        return self.model.generate(*args)


@pytest.fixture
def engine() -> Iterator[Held]:
    held = Held()
    yield held
    held.go.set()


@pytest.fixture
def port(finished: Path, engine: Held) -> Iterator[int]:
    """A server in a thread; its port."""
    import uvicorn

    from graphtutor.web.app import create_app
    from graphtutor.web.server import listen

    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        create_app(finished, engine), log_level="error", lifespan="on", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = True
    engine.go.set()
    thread.join(10)
    listening.close()
    assert not thread.is_alive()


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


def test_idle_sockets_slow_bodies_and_inferences_hold_nobody_up(port: int) -> None:
    seconds_for_runs(port)  # the files are read once
    with ExitStack() as stack:
        for number in range(20):
            idle = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            if number % 2:
                idle.sendall(b"POST /api/infer HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            if number % 4 == 1:
                idle.sendall(b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
        body = {"run": "small", "phases": ["sft"], "question": "?"}
        statuses: list[int] = []
        threads = [
            Thread(target=lambda: statuses.append(ask(port, "POST", "/api/infer", body)[0]))
            for _ in range(10)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert sorted(statuses) == [202] * 9 + [429]
        # Generous: a tenth of a second on a machine that does nothing else.
        assert sorted(seconds_for_runs(port) for _ in range(9))[4] < 0.5


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


def test_a_port_in_use_is_one_line() -> None:
    from graphtutor.web.server import listen

    with listen("127.0.0.1", 0) as taken, pytest.raises(ConfigError, match="--port"):
        listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(ConfigError, match="wanted an address"):
        listen("no.such.host.invalid", 8000)
