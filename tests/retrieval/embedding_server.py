"""A real HTTP server on loopback that answers /v1/embeddings and fails as it is told to.

A text's vector is drawn from its digest, so that a test can tell which text each belongs to.
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

SIZE = 1536


def vector_of(text: str, size: int = SIZE) -> list[float]:
    """Return the vector that the server gives; it is not of length 1."""
    seed = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
    return np.random.default_rng(seed).normal(size=size).round(6).tolist()


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request; by default nothing."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: bool = False
    """Whether the connection goes in the middle of the answer."""
    delay: float = 0.0
    change: Callable[[dict[str, Any]], object] | None = None
    """What is done to a good answer before it is sent."""


def refuse(status: int, message: str = "as told", **headers: str) -> Fault:
    """An error in the protocol's shape."""
    body = json.dumps({"error": {"message": message}}).encode()
    return Fault(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


class EmbeddingServer(ThreadingHTTPServer):
    """Use it as a context manager; ``script`` holds faults, one a request."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, size: int = SIZE) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.size = size
        self.script: list[Fault] = []
        self.requests: list[dict[str, Any]] = []
        self.arrivals: list[float] = []
        self.keys: list[str | None] = []
        self.paths: list[str] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def asked(self) -> list[str]:
        """All texts that were asked for."""
        return [text for request in self.requests for text in request["input"]]

    def __enter__(self) -> EmbeddingServer:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that go away are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: EmbeddingServer

    def do_POST(self) -> None:
        server = self.server
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.requests.append(asked)
            server.arrivals.append(time.monotonic())
            server.keys.append(self.headers.get("Authorization"))
            server.paths.append(self.path)
            fault = server.script.pop(0) if server.script else Fault()
        time.sleep(fault.delay)
        rows = [
            {"object": "embedding", "index": place, "embedding": vector_of(text, server.size)}
            for place, text in enumerate(asked["input"])
        ]
        answer: dict[str, Any] = {
            "object": "list",
            "data": rows[::-1],
            "model": asked["model"],
            "usage": {"total_tokens": sum(len(text.split()) for text in asked["input"])},
        }
        if fault.change:
            fault.change(answer)
        body = json.dumps(answer).encode() if fault.body is None else fault.body
        self.send_response(fault.status)
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body[: len(body) // 2] if fault.cut else body)
        if fault.cut:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
