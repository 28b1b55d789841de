"""The HTTP client of the openai engine, the addresses it may ask, and the key it shows there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from graphtutor.backends.openai_answer import shorten
from graphtutor.errors import BackendError

if TYPE_CHECKING:
    import ssl

    import httpx

__all__ = ["Access", "check_urls", "open_client", "read_key", "require_httpx"]

_HERE: Final = ("localhost", "127.0.0.1", "[::1]")
_SECRET: Final = 8
"""Characters from which on a key is hidden."""


@dataclass(frozen=True, slots=True)
class Access:
    """How servers are reached: the key, the variable it came from, seconds for one request."""

    key: str = field(repr=False)
    key_variable: str
    seconds: float

    def show(self, said: str) -> str:
        """Return what a server said as an error shows it: short, and without the key.

        Some servers repeat the key that they refuse. One as short as "EMPTY" is no secret.
        """
        return shorten(said.replace(self.key, "***") if len(self.key) >= _SECRET else said)


def require_httpx() -> None:
    """Raise BackendError with the install command if the HTTP library is missing."""
    try:
        import httpx as _  # noqa: F401
    except ImportError as problem:
        raise BackendError(
            "backend openai",
            wanted="the package httpx",
            got=str(problem),
            remedy="pip install 'graphtutor[openai]'",
        ) from None


def check_urls(urls: Sequence[str]) -> tuple[str, ...]:
    """Return the base addresses without final slashes, each once. Raises BackendError.

    >>> check_urls(["http://localhost:8000/v1/", "http://localhost:8000/v1"])
    ('http://localhost:8000/v1',)
    """
    if not urls:
        raise BackendError(
            "model.server.urls",
            wanted="the base address of a server at least",
            got="none",
            remedy="--set model.server.urls=[http://localhost:8000/v1]",
        )
    for number, url in enumerate(urls, start=1):
        fault = _fault(url)
        if fault:
            # The address itself is not shown: it may hold a password.
            raise BackendError(
                f"model.server.urls, number {number}",
                wanted="an address such as http://localhost:8000/v1",
                got=fault,
                remedy="a key belongs into the environment variable of model.server.key_variable",
            )
    return tuple(dict.fromkeys(url.rstrip("/") for url in urls))


def read_key(variable: str) -> str:
    """Return the key that an environment variable holds; empty if it is not set.

    Raises BackendError, without the key, if it cannot stand in an HTTP header.
    """
    key = os.environ.get(variable, "").strip() if variable else ""
    if not all("!" <= letter <= "~" for letter in key):
        raise BackendError(
            f"environment variable {variable}",
            wanted="a key of printable ASCII characters",
            got="one with other characters or blanks within",
        )
    return key


def open_client(access: Access) -> httpx.AsyncClient:
    """Return a client; whoever asks for it closes it. It does not follow redirects.

    Proxies come from the environment as usual, but this machine is never asked through one.
    """
    import httpx

    return httpx.AsyncClient(
        verify=_trusted(),
        headers={"Authorization": f"Bearer {access.key}"} if access.key else {},
        timeout=httpx.Timeout(access.seconds, connect=min(access.seconds, 10.0), pool=None),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
        mounts={f"all://{host}": None for host in _HERE},
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted; reading them takes as long as many requests."""
    import httpx

    return httpx.create_ssl_context()


def _fault(url: str) -> str:
    """Return what is wrong with an address; empty if nothing is."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None:
            return "one with a name or password"
        if parts.query or parts.fragment:
            return "one with '?' or '#'"
        parts.port  # noqa: B018 - raises ValueError where it is no port
        if parts.scheme in ("http", "https") and parts.hostname and url.isprintable():
            return "" if " " not in url else "one with blanks"
        return "one without http:// or host"
    return "one that cannot be read"
