"""The verifiers export in the real package: loaded as an environment, rolled out, scored.

The model is a server on this machine's loopback that speaks the chat protocol; everything between
it and the reward is what ``vf-eval`` uses.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from graphtutor.tasks.task import Task

pytest.importorskip("verifiers")

import verifiers.v1 as vf
from verifiers.v1.utils.loaders import load_environment, resolve_env_config

PACKAGE = "things_env"


@pytest.fixture
def package(make_export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The package of the export, importable as after ``pip install .``."""
    monkeypatch.syspath_prepend(str(make_export("verifiers")))
    yield PACKAGE
    sys.modules.pop(PACKAGE, None)


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[str], str]], str]]:
    """Start a chat server that answers the last message; returns its base URL."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[str], str]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                asked = json.loads(self.rfile.read(size))["messages"][-1]["content"]
                message = {"role": "assistant", "content": answer(asked)}
                body = json.dumps(
                    {
                        "id": "1",
                        "object": "chat.completion",
                        "created": 0,
                        "model": "loopback",
                        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
                    }
                ).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/v1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _environment(package: str, **taskset: Any) -> vf.Env[Any]:
    return load_environment(resolve_env_config({"taskset": {"id": package, **taskset}}))


def _roll_out(package: str, url: str, count: int) -> list[vf.Trace]:
    async def play() -> list[vf.Trace]:
        env = _environment(package)
        context = vf.ModelContext(model="loopback", client=vf.EvalClientConfig(base_url=url))
        traces: list[vf.Trace] = []
        async with env.serving():
            for task in env.taskset.take(count):
                episode = await env.run_episode(task, context)
                assert episode.ok, (episode.errors, [t.errors for t in episode.traces])
                traces += episode.traces
        return traces

    return asyncio.run(play())


def test_the_taskset_has_the_tasks(package: str, eval_tasks: tuple[Task, ...]) -> None:
    tasks = list(_environment(package).taskset)
    assert [task.key for task in tasks] == [task.id for task in eval_tasks]
    assert [task.data.prompt for task in tasks] == [task.prompt for task in eval_tasks]
    assert not any(
        task.ref.trace in repr(vars(t.data)) for task, t in zip(eval_tasks, tasks, strict=True)
    )
    assert {t.data.hop_len for t in _environment(package, hops=5).taskset} == {5}


def test_rollouts_are_scored(
    package: str,
    serve: Callable[..., str],
    eval_tasks: tuple[Task, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An oracle has 1; the right letter alone something between; a broken format 0."""
    monkeypatch.setattr("verifiers.v1.runtimes.subprocess.CACHE_DIR", tmp_path)
    known = {task.prompt: task for task in eval_tasks}
    oracle = _roll_out(package, serve(lambda prompt: known[prompt].ref.trace), 3)
    assert [trace.reward for trace in oracle] == [1.0, 1.0, 1.0]
    assert all(trace.metrics["grounded"] == 1.0 for trace in oracle)
    letter = serve(lambda prompt: f"TRACE: x.\nANSWER: {known[prompt].answer_star}")
    (guess,) = _roll_out(package, letter, 1)
    assert 0 < guess.reward < 1
    assert (guess.metrics["letter"], guess.metrics["grounded"]) == (1.0, 0.0)
    (broken,) = _roll_out(package, serve(lambda _: "no format"), 1)
    assert (broken.reward, broken.metrics["format"]) == (0.0, 0.0)
