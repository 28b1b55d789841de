"""What every request has to pass, and what every answer carries: plain ASGI around the app.

The server is for the browser on the same machine. So that no web page elsewhere can use it, the
Host has to be one that the server answers to (against DNS rebinding), what changes something has to
come from the app's own pages and be JSON, and no answer allows another origin anything.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from hashlib import blake2b
from typing import Any, Final

from graphtutor.web.problem import WebError, error_body

__all__ = ["ETags", "Guard"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_LIMIT: Final = 64 << 10
"""Bytes of a request's body."""
_BODY_SECONDS: Final = 10.0
_LOCAL: Final = ("localhost", "127.0.0.1", "[::1]")
_READING: Final = ("GET", "HEAD", "OPTIONS")
_HEADERS: Final = {
    "content-security-policy": "default-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class _Refused(WebError):
    """A request that is not let in."""

    def __init__(self, status: int, where: str, wanted: str, got: str, remedy: str = "") -> None:
        super().__init__(where, wanted=wanted, got=got, remedy=remedy)
        self.status = status


class Guard:
    """Refuses what does not come from the app's own pages; adds the headers of safety."""

    def __init__(self, app: App, hosts: Iterable[str] = ()) -> None:
        """Answer to the names of this machine, and to ``hosts``."""
        self._app = app
        self._hosts = {*_LOCAL, *(_bracketed(host) for host in hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _with_headers(send)
        try:
            self._check(scope)
            if scope["method"] not in _READING:
                receive = await _whole_body(scope, receive)
        except _Refused as problem:
            await _answer(guarded, problem)
            return
        await self._app(scope, receive, guarded)

    def _check(self, scope: Scope) -> None:
        host = _header(scope, b"host")
        if _without_port(host) not in self._hosts:
            raise _Refused(
                403,
                "the Host header",
                wanted=f"one of {', '.join(sorted(self._hosts))}",
                got=repr(host)[:80],
                remedy="start with --host NAME to serve under another name",
            )
        if scope["method"] in _READING:
            return
        origin = _header(scope, b"origin")
        site = _header(scope, b"sec-fetch-site")
        foreign = bool(origin) and origin.lower() not in (f"http://{host}", f"https://{host}")
        if foreign or site not in ("", "same-origin", "none"):
            raise _Refused(
                403,
                "the Origin header",
                wanted=f"a page of http://{host}",
                got=repr(origin or site)[:80],
                remedy="ask from the app's own page",
            )
        kind = _header(scope, b"content-type").partition(";")[0].strip().lower()
        if scope["method"] != "DELETE" and kind != "application/json":
            raise _Refused(415, "the body", wanted="application/json", got=repr(kind)[:80])


class ETags:
    """Gives each JSON answer a tag of its content, and answers 304 to who has it already."""

    def __init__(self, app: App) -> None:
        """Stand directly around the app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the answer back until it is whole, if it is JSON; pass on all else."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        known = {tag.strip() for tag in _header(scope, b"if-none-match").split(",")}
        held: list[Message] = []

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                kinds = [v for k, v in message["headers"] if k.lower() == b"content-type"]
                if message["status"] == 200 and kinds == [b"application/json"]:
                    held.append(message)
                    return
            if not held:
                await send(message)
                return
            held.append(message)
            if not message.get("more_body"):
                await _send_tagged(held, known, send)
                held.clear()

        await self._app(scope, receive, tagged)


async def _send_tagged(held: list[Message], known: set[str], send: Send) -> None:
    start, body = held[0], b"".join(part.get("body", b"") for part in held[1:])
    tag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
    same = tag in known
    headers = [
        (name, value)
        for name, value in start["headers"]
        if not (same and name.lower() in (b"content-length", b"content-type"))
    ]
    headers.append((b"etag", tag.encode()))
    await send({**start, "status": 304 if same else 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if same else body})


async def _whole_body(scope: Scope, receive: Receive) -> Receive:
    """Read the body within limits of size and time, and return what gives it again."""
    length = _header(scope, b"content-length")
    if length and (not length.isdecimal() or len(length) > 9 or int(length) > BODY_LIMIT):
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    break
                body += message.get("body", b"")
                if len(body) > BODY_LIMIT:
                    raise _too_large()
                if not message.get("more_body"):
                    break
    except TimeoutError:
        raise _Refused(
            408, "the body", wanted=f"all of it within {_BODY_SECONDS:g} s", got="a part"
        ) from None
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return again


def _too_large() -> _Refused:
    return _Refused(413, "the body", wanted=f"at most {BODY_LIMIT >> 10} KiB", got="more")


def _with_headers(send: Send) -> Send:
    added = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message["headers"], *added]
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                # Files and logs change; an answer is used again only once its tag was compared.
                headers.append((b"cache-control", b"no-cache"))
            message = {**message, "headers": headers}
        await send(message)

    return guarded


async def _answer(send: Send, problem: WebError) -> None:
    body = json.dumps(error_body(problem)).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        # What is left of the body is not read, so the connection cannot be used again.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: bytes) -> str:
    # Several of one name fit nothing that is wanted, so they are refused like a foreign one.
    return b",".join(value for key, value in scope["headers"] if key == name).decode("latin-1")


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()


def _bracketed(host: str) -> str:
    return f"[{host}]".lower() if ":" in host and not host.startswith("[") else host.lower()
