"""One request for embeddings to an OpenAI-compatible server: tried again, bounded, checked.

What may pass is tried again: 429 and 5xx, after as long as the server asks for, timeouts, broken
connections, bodies that are no JSON. What would come again is an error at once: a refusal, and an
answer with a wrong count, a wrong length or a number that is none.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from graphtutor.backends.openai_answer import error_text
from graphtutor.backends.openai_client import Access
from graphtutor.errors import RetrievalError
from graphtutor.io.pacing import Pacing, backoff, retry_after
from graphtutor.io.seed import random_stream

if TYPE_CHECKING:
    import httpx

__all__ = ["TRIES", "Reply", "Server"]

TRIES: Final = 6
"""How often a request is made at most."""
_PASSING: Final = {408, 409, 425, 429}
_MOST_BYTES: Final = 1 << 28
"""A larger answer is none to batches of the size that is sent."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The vectors as they came, shape (texts, dimensions), and the tokens that the server counts.

    ``tokens`` is None where it does not. ``lost`` are the tries whose answer did not arrive: the
    server may have counted those too.
    """

    vectors: NDArray[np.float32]
    tokens: int | None
    lost: int


class _PassingError(Exception):
    """A failure that may pass; ``wait`` are the seconds that the server asks for."""

    def __init__(self, problem: str, wait: float | None = None, lost: bool = False) -> None:
        self.wait, self.lost = wait, lost
        super().__init__(problem)


@dataclass(frozen=True)
class Server:
    """Where embeddings come from: the base address, the model, the key and the waiting times."""

    url: str
    model: str
    access: Access
    pacing: Pacing

    def ask(self, client: httpx.Client, texts: Sequence[str]) -> Reply:
        """Return the vectors of ``texts``; RetrievalError where there are none to be had."""
        lost = 0
        for failures in range(1, TRIES + 1):
            try:
                vectors, tokens = self._read(self._post(client, texts), len(texts))
            except _PassingError as problem:
                lost += problem.lost
                if failures == TRIES:
                    raise self._error(str(problem), f"no answer in {TRIES} tries") from None
                draw = random_stream("embedding wait", self.url, texts[0], failures).random()
                wait = backoff(self.pacing, failures, draw) if problem.wait is None else None
                time.sleep(wait or min(problem.wait or 0.0, self.pacing.longest_wait))
            else:
                return Reply(vectors, tokens, lost)
        raise AssertionError("the last try either returns or raises")

    def _post(self, client: httpx.Client, texts: Sequence[str]) -> bytes:
        """Return the body of a good answer. Raises _PassingError or RetrievalError."""
        import httpx

        payload = {"model": self.model, "input": list(texts), "encoding_format": "float"}
        # The client's own limit is that between two bytes.
        until = time.monotonic() + self.access.seconds
        try:
            with client.stream("POST", f"{self.url}/embeddings", json=payload) as response:
                body = bytearray()
                for part in response.iter_bytes():
                    body += part
                    if time.monotonic() > until:
                        raise _PassingError(
                            f"no answer within {self.access.seconds:g} s", lost=True
                        )
                    if len(body) > _MOST_BYTES:
                        raise self._error(f"more than {_MOST_BYTES} bytes")
        except (httpx.ConnectError, httpx.ConnectTimeout) as problem:
            raise _PassingError(f"{type(problem).__name__}: {problem}") from None
        except httpx.RequestError as problem:
            raise _PassingError(f"{type(problem).__name__}: {problem}", lost=True) from None
        if response.is_success:
            return bytes(body)
        said = f"HTTP {response.status_code}: {error_text(bytes(body))}"
        if response.status_code in _PASSING or response.status_code >= 500:
            wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
            raise _PassingError(said, wait)
        raise self._error(said)

    def _read(self, body: bytes, count: int) -> tuple[NDArray[np.float32], int | None]:
        """Return vectors in the order of the texts, and the tokens. Raises as :meth:`_post`."""
        try:
            whole = json.loads(body)
        except (ValueError, RecursionError):
            raise _PassingError("a body that is no JSON", lost=True) from None
        try:
            rows = {int(row["index"]): row["embedding"] for row in whole["data"]}
            total = len(whole["data"])
        except (KeyError, TypeError, ValueError):
            raise self._error(f"no embeddings but {error_text(body)}") from None
        if total != count or rows.keys() != set(range(count)):
            raise self._error(f"{total} embeddings for {count} texts, or not one for each")
        try:
            vectors = np.array([rows[place] for place in range(count)], dtype=np.float32)
        except (TypeError, ValueError):
            raise self._error("embeddings that are no lists of numbers of one length") from None
        if vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise self._error("embeddings with NaN, infinity or something else that is no number")
        if not vectors.any(axis=1).all():
            raise self._error("an embedding of zeros")
        return vectors, _tokens(whole)

    def _error(self, got: str, instead: str = "") -> RetrievalError:
        shown = self.access.show(got)
        return RetrievalError(
            f"embeddings from {self.url}",
            wanted=f"vectors of {self.model}",
            got=f"{instead}: {shown}" if instead else shown,
            remedy="check OPENAI_BASE_URL, OPENAI_API_KEY and the name of the model; what has come "
            "is kept, so the same command goes on from there",
        )


def _tokens(whole: Any) -> int | None:
    usage = whole.get("usage")
    if not isinstance(usage, dict):
        return None
    count = cast("dict[str, Any]", usage).get("total_tokens")
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
