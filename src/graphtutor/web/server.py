"""Runs the app under uvicorn: checks the address first, says where it is, opens the browser."""

from __future__ import annotations

import socket
import threading
import time
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from graphtutor.errors import BackendError, ConfigError
from graphtutor.web.app import create_app
from graphtutor.web.inference import QUIET_SECONDS
from graphtutor.web.library import Library
from graphtutor.web.loaded_models import Loader

__all__ = ["listen", "serve"]

_GRACE_SECONDS: Final = 2


def serve(
    root: Path,
    load: Loader,
    static: Path,
    host: str,
    port: int,
    *,
    page: str = "",
    open_browser: bool = True,
    quiet_seconds: float = QUIET_SECONDS,
    library: Library | None = None,
    blueprints: Path | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Serve until Ctrl-C.

    ``page`` is what follows the address in the browser. An engine that gives no sign of life for
    ``quiet_seconds`` is given up. ``library`` and ``blueprints`` are those of :func:`create_app`.

    Raises BackendError where FastAPI or uvicorn is not installed, ConfigError where the address
    cannot be used.
    """
    try:
        import fastapi  # noqa: F401  # pyright: ignore[reportUnusedImport]
        import uvicorn
    except ImportError:
        raise BackendError(
            "the web app",
            wanted="FastAPI and uvicorn",
            got="not installed",
            remedy="pip install 'graphtutor[web]'",
        ) from None
    listening = listen(host, port)
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listening.getsockname()[1]}/{page}"
    app = create_app(root, load, static, (host,), quiet_seconds, library, blueprints)
    settings = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        h11_max_incomplete_event_size=32 << 10,
        lifespan="on",
    )
    server = uvicorn.Server(settings)
    say(f"{address}  (Ctrl-C ends it)")
    if open_browser:
        threading.Thread(target=_open, args=(address, lambda: server.started), daemon=True).start()
    # Ctrl-C is how a server ends; there is nothing to go on with.
    with listening, suppress(KeyboardInterrupt):
        server.run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """Take an address before anything is loaded, so that a port in use is one line.

    Raises ConfigError for an address that cannot be used.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
    except (OSError, UnicodeError) as problem:
        raise _no_address(host, port, problem) from None
    # The protocol by name: asyncio sends small answers at once on sockets that say they are TCP.
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen(128)
    except OSError as problem:
        listening.close()
        raise _no_address(host, port, problem) from None
    return listening


def _no_address(host: str, port: int, problem: Exception) -> ConfigError:
    return ConfigError(
        f"{host}:{port}",
        wanted="an address to listen on",
        got=getattr(problem, "strerror", None) or str(problem),
        remedy="choose another with --port or --host; --port 0 takes a free one",
    )


def _open(address: str, ready: Callable[[], bool]) -> None:
    for _ in range(100):
        if ready():
            webbrowser.open(address)
            return
        time.sleep(0.05)
