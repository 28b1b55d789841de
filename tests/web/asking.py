"""Asks the app without a network: one request straight into the ASGI application."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

__all__ = ["Browser", "Reply"]

HOST = "127.0.0.1:8000"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body, parse_constant=_refuse)


def _refuse(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


class Browser:
    """A page of the app at http://127.0.0.1:8000."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, value: object, **headers: str) -> Reply:
        sent = {"content-type": "application/json", "origin": f"http://{HOST}", **headers}
        return self.ask("POST", path, json.dumps(value).encode(), sent)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        host: str | None = HOST,
    ) -> Reply:
        """Send one request; an underscore in the name of a header stands for a hyphen."""
        raw, _, query = path.partition("?")
        named = {k.replace("_", "-").lower(): v for k, v in (headers or {}).items()}
        if host is not None:
            named.setdefault("host", host)
        if body:
            named.setdefault("content-length", str(len(body)))
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw),
            "raw_path": raw.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in named.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        }
        return asyncio.run(self._send(scope, body))

    async def _send(self, scope: dict[str, Any], body: bytes) -> Reply:
        status, headers, parts = 0, {}, []
        given = False

        async def receive() -> dict[str, Any]:
            nonlocal given
            if given:
                await asyncio.sleep(3600)
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers.update({k.decode().lower(): v.decode() for k, v in message["headers"]})
            else:
                parts.append(message.get("body", b""))

        await self.app(scope, receive, send)
        found = b"".join(parts)
        if headers.get("content-encoding") == "gzip":
            found = gzip.decompress(found)
        return Reply(status, headers, found)
