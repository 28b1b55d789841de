"""A server and what it costs: its address, key and prices."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from graphtutor.blueprint.llm_question import Tokens
from graphtutor.errors import BackendError

if TYPE_CHECKING:
    import httpx

__all__ = ["Budget", "Server", "open_http"]

_SECRET: Final = 8
"""Characters from which on a key is hidden in messages."""


@dataclass(frozen=True, slots=True)
class Server:
    """How a server is reached. ``retries`` are the further tries of a request that fails."""

    url: str
    key_variable: str = "OPENAI_API_KEY"
    seconds: float = 120.0
    retries: int = 3
    concurrency: int = 4

    def key(self) -> str:
        """Return the key from the environment, empty if there is none. Raises BackendError."""
        key = os.environ.get(self.key_variable, "").strip() if self.key_variable else ""
        if not all("!" <= letter <= "~" for letter in key):
            raise BackendError(
                f"environment variable {self.key_variable}",
                wanted="a key of printable ASCII characters",
                got="one with other characters or blanks within",
            )
        return key

    def shown(self, said: str) -> str:
        """Return what a server said without the key, which some servers repeat."""
        key = self.key()
        return said.replace(key, "***") if len(key) >= _SECRET else said

    def check(self) -> None:
        """Raise BackendError where address or key cannot be used, or the HTTP library is missing.

        The address is not shown: it may hold a password.
        """
        if not _is_address(self.url):
            raise BackendError(
                "--llm",
                wanted="an address such as http://localhost:8000/v1",
                got="one that is no such address, or that holds a password or '?'",
                remedy=f"put the key into the environment variable {self.key_variable}",
            )
        self.key()
        try:
            import httpx as _  # noqa: F401
        except ImportError as problem:
            raise BackendError(
                "--llm",
                wanted="the package httpx",
                got=str(problem),
                remedy="pip install 'graphtutor[openai]'",
            ) from None


@dataclass(frozen=True, slots=True)
class Budget:
    """Prices of a million tokens, and what may be spent at most; None: no limit."""

    price_sent: float = 0.0
    price_written: float = 0.0
    most: float | None = None

    def cost(self, tokens: Tokens) -> float:
        """Return what ``tokens`` cost.

        >>> Budget(1.0, 2.0).cost(Tokens(500_000, 250_000))
        1.0
        """
        return (tokens.sent * self.price_sent + tokens.written * self.price_written) / 1e6


def open_http(server: Server) -> httpx.AsyncClient:
    """Return an HTTP client that does not follow redirects; whoever asks for it closes it.

    Proxies come from the environment as usual, but this machine is never asked through one. Raises
    BackendError; see :meth:`Server.check`.
    """
    server.check()
    key = server.key()
    import httpx

    return httpx.AsyncClient(
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=httpx.Timeout(server.seconds, connect=min(server.seconds, 10.0), pool=None),
        mounts={f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")},
    )


def _is_address(url: str) -> bool:
    with suppress(ValueError):
        parts = urlsplit(url)
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
        known = parts.scheme in ("http", "https") and parts.port != 0
        return plain and known and bool(parts.hostname) and url.isascii() and " " not in url
    return False
