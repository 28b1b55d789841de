"""A real HTTP server on loopback that speaks the OpenAI protocol and fails as it is told to.

Its completions are digests of prompt, seed and index, so that a test can tell which request each
came from. Faults are taken from ``script``, one a request in the order of arrival.
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKENS = 7
"""Tokens that the server counts for each completion."""


def echo(prompt: str, seed: int | None = None, index: int = 0) -> str:
    """Return the completion with number ``index`` of a request."""
    return hashlib.sha256(f"{prompt}|{seed}|{index}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request; by default nothing."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut_after: int | None = None
    """Bytes of the answer's body that are sent before the connection goes; -1: nothing at all."""
    delay: float = 0.0
    drip: float = 0.0
    """Seconds before each of the first four bytes of the answer's body."""
    choices: int | None = None
    """At most so many choices, whatever n says."""
    usage: bool = True

    @property
    def usable(self) -> bool:
        """Whether the answer is a whole one all the same."""
        return self.status == 200 and self.body is None and self.cut_after is None


def refuse(status: int, message: str = "as told", **headers: str) -> Fault:
    """An error in the protocol's shape."""
    body = json.dumps({"error": {"message": message, "type": "told"}}).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status=status, headers=names, body=body)


class FaultServer(ThreadingHTTPServer):
    """Serves ``model``; use it as a context manager."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, models: tuple[str, ...] | None = ("served",)) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.models = models
        self.script: list[Fault] = []
        self.always = Fault()
        self.listing = Fault()
        self.think = 0.0
        self.takes_n = True
        self.requests: list[dict[str, Any]] = []
        self.arrivals: list[float] = []
        self.keys: list[str | None] = []
        self.paths: list[str] = []
        self.given: list[str] = []
        self.answered = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.connections = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def __enter__(self) -> FaultServer:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that go away are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultServer

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        with self.server.lock:
            self.server.connections -= 1

    def do_GET(self) -> None:
        self.server.keys.append(self.headers.get("Authorization"))
        listed = {"data": [{"id": name} for name in self.server.models or ()]}
        fault = self.server.listing
        if self.server.models is None:
            fault = refuse(404, "no such path")
        self._send(fault, json.dumps(listed).encode())

    def do_POST(self) -> None:
        server = self.server
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.requests.append(asked)
            server.arrivals.append(time.monotonic())
            server.keys.append(self.headers.get("Authorization"))
            server.paths.append(self.path)
            server.in_flight += 1
            server.most_in_flight = max(server.most_in_flight, server.in_flight)
            fault = server.script.pop(0) if server.script else server.always
        time.sleep(server.think + fault.delay)
        if not server.takes_n and asked.get("n", 1) > 1:
            fault = refuse(400, "Only one completion choice is allowed")
        texts = self._texts(asked, fault)
        # Counted before the answer goes out: after it, the client may ask again at once.
        with server.lock:
            server.in_flight -= 1
            if fault.usable and not fault.delay and not fault.drip:
                server.answered += 1
                server.given += texts
        self._send(fault, json.dumps(self._answer(asked, fault, texts)).encode())

    def _texts(self, asked: dict[str, Any], fault: Fault) -> list[str]:
        n = min(asked.get("n", 1), fault.choices or 1 << 10)
        return [echo(_prompt(asked), asked.get("seed"), index) for index in range(n)]

    def _answer(self, asked: dict[str, Any], fault: Fault, texts: list[str]) -> dict[str, Any]:
        reason = "length" if "long" in _prompt(asked) else "stop"
        choices: list[dict[str, Any]] = []
        for index, text in enumerate(texts):
            choice: dict[str, Any] = {"index": index, "finish_reason": reason}
            if "messages" in asked:
                choice["message"] = {"role": "assistant", "content": text}
            else:
                choice["text"] = text
            choices.append(choice)
        answer: dict[str, Any] = {"object": "told", "choices": choices}
        if fault.usage:
            answer["usage"] = {
                "prompt_tokens": len(_prompt(asked).split()),
                "completion_tokens": TOKENS * len(texts),
            }
        return answer

    def _send(self, fault: Fault, body: bytes) -> None:
        body = body if fault.body is None else fault.body
        if fault.cut_after == -1:
            self._hang_up()
            return
        self.send_response(fault.status)
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for part in range(4 if fault.drip else 0):
            time.sleep(fault.drip)
            self.wfile.write(body[part : part + 1])
        self.wfile.write(body[4 if fault.drip else 0 : fault.cut_after])
        if fault.cut_after is not None:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def dead_url() -> str:
    """Return an address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def _prompt(asked: dict[str, Any]) -> str:
    return asked["messages"][0]["content"] if "messages" in asked else asked["prompt"]
