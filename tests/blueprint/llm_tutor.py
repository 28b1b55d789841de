"""A real HTTP server on loopback that answers a blueprint's questions, and fails as it is told to.

Its answers are made of the question alone, so that two builds of the same topics are equal. What
goes wrong is told by topic (or ``hierarchy``): a list of faults, one a request, then it is well.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SENT, WRITTEN = 300, 90
"""Tokens that the server counts for each answer."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request; by default nothing."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content: str | None = None
    refusal: str | None = None
    finish: str = "stop"
    cut: bool = False
    """The connection goes in the middle of the body."""
    delay: float = 0.0
    drip: bool = False
    """The body comes byte by byte, with pauses shorter than the client's limit."""
    usage: bool = True


def refuse(status: int, message: str = "as told", **headers: str) -> Fault:
    """An error in the protocol's shape."""
    body = json.dumps({"error": {"message": message}}).encode()
    return Fault(
        status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def word(*parts: object) -> str:
    """A made-up word that is the same for the same parts."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return "".join("bdfgklmnprstvz"[b % 14] + "aeiou"[b // 14 % 5] for b in digest[:4])


def strands(topic: str) -> list[dict[str, str]]:
    """Strands that pass the gate of the framework first-principles."""
    return [
        {
            "final": f"{word(topic, n)} law".capitalize(),
            "explanatory": " ".join(word(topic, n, place) for place in range(14)).capitalize()
            + ".",
            "core": f"{word(topic, n, 'x')} {word(topic, n, 'y')}".capitalize(),
        }
        for n in range(2)
    ]


def hierarchy(count: int) -> dict[str, Any]:
    """Two evolutions of two subtopics that hold topics 1 to ``count``."""
    held = [[n for n in range(1, count + 1) if n % 4 == k] for k in range(4)]
    names = ["First", "Second", "Third", "Fourth"]
    subtopics = [{"title": n, "topics": t} for n, t in zip(names, held, strict=True)]
    return {
        "evolutions": [
            {"title": "Ground", "builds": "What comes first.", "subtopics": subtopics[:2]},
            {"title": "Roof", "builds": "What comes after.", "subtopics": subtopics[2:]},
        ]
    }


class Tutor(ThreadingHTTPServer):
    """Serves one model; use it as a context manager."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.faults: dict[str, list[Fault]] = {}
        self.always: Fault | None = None
        self.think = 0.0
        self.takes_schema = True
        self.limit = "max_tokens"
        self.requests: list[dict[str, Any]] = []
        self.arrivals: list[float] = []
        self.topics: list[str] = []
        self.keys: list[str | None] = []
        self.answered = 0
        self.in_flight = self.most_in_flight = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def __enter__(self) -> Tutor:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that go away are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Tutor

    def do_POST(self) -> None:
        server = self.server
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = asked["messages"][1]["content"]
        topic = re.search('Take apart the topic "(.+?)" of', question)
        name = topic[1] if topic else "hierarchy"
        with server.lock:
            server.requests.append(asked)
            server.arrivals.append(time.monotonic())
            server.topics.append(name)
            server.keys.append(self.headers.get("Authorization"))
            server.in_flight += 1
            server.most_in_flight = max(server.most_in_flight, server.in_flight)
            told = server.faults.get(name)
            fault = told.pop(0) if told else server.always or Fault()
        time.sleep(server.think + fault.delay)
        if not server.takes_schema and "response_format" in asked:
            fault = refuse(400, "response_format is not supported")
        if server.limit not in asked:
            fault = refuse(400, f"Unsupported parameter. Use '{server.limit}' instead.")
        good: Any = {"strands": strands(name)} if topic else hierarchy(_count(question))
        with server.lock:
            server.in_flight -= 1
            server.answered += 1
        self._send(fault, _answer(fault, json.dumps(good)))

    def _send(self, fault: Fault, body: bytes) -> None:
        body = body if fault.body is None else fault.body
        self.send_response(fault.status)
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault.cut:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        for byte in body[:20] if fault.drip else b"":
            self.wfile.write(bytes([byte]))
            time.sleep(0.1)
        self.wfile.write(body[20 if fault.drip else 0 :])

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _answer(fault: Fault, good: str) -> bytes:
    message: dict[str, Any] = {"role": "assistant"}
    message["content"] = good if fault.content is None else fault.content
    if fault.refusal:
        message |= {"content": None, "refusal": fault.refusal}
    answer: dict[str, Any] = {"choices": [{"message": message, "finish_reason": fault.finish}]}
    if fault.usage:
        answer["usage"] = {"prompt_tokens": SENT, "completion_tokens": WRITTEN}
    return json.dumps(answer).encode()


def _count(question: str) -> int:
    return len(re.findall(r"^\d+\. ", question, re.MULTILINE))
