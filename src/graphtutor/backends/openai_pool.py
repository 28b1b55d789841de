"""A pool of servers: requests go to the least busy one, and are tried again when they fail.

A URL that keeps failing is rested, then tried with one request at a time; the others take over. An
answer is either used whole or not at all, so nothing is lost or counted twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from graphtutor.backends.openai_answer import Answer, Malformed, error_text, parse_answer
from graphtutor.backends.openai_client import Access
from graphtutor.backends.openai_usage import Meter
from graphtutor.errors import BackendError
from graphtutor.io.pacing import Pacing, backoff, retry_after

if TYPE_CHECKING:
    import httpx

__all__ = ["Endpoint", "Pool", "Question", "refusal"]

_PASSING: Final = {408, 409, 425, 429}
"""Statuses besides 5xx after which the same request may well succeed."""
_NO_N: Final = "completion choice"
"""What llama-server says, in older versions with status 500, when it refuses several choices."""


@dataclass(slots=True, eq=False)
class Endpoint:
    """A server and how it has been doing; ``failures`` are those in a row.

    ``single`` says that it refuses to give several choices at a time.
    """

    url: str
    busy: int = 0
    failures: int = 0
    rest_until: float = 0.0
    problem: str = ""
    single: bool = False

    def room(self, pacing: Pacing, concurrency: int) -> bool:
        """Tell whether one more request may go there; one at a time while it keeps failing."""
        return self.busy < (1 if self.failures >= pacing.rest_after else concurrency)


@dataclass(frozen=True)
class Question:
    """One request: what is sent for ``n`` choices, and the jitter from [0, 1) of each try."""

    chat: bool
    n: int
    payload: Callable[[int], Mapping[str, Any]]
    draw: Callable[[int], float]


class _PassingError(Exception):
    """A failure that may pass; ``wait`` are the seconds that the server asks for."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        self.wait = wait
        super().__init__(problem)


class _RefusedError(Exception):
    """An answer that will be the same however often one asks."""

    def __init__(self, status: int, said: str) -> None:
        self.status, self.said = status, said
        super().__init__(said)

    def may_be_of_n(self) -> bool:
        """Tell whether the number of choices alone may have been refused."""
        return self.status in (400, 422) or self.status >= 500


class Pool:
    """Asks ``endpoints`` with at most ``concurrency`` requests under way at each.

    It lives as long as ``client``; what is known of the endpoints stays with them.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        endpoints: Sequence[Endpoint],
        access: Access,
        meter: Meter,
        *,
        concurrency: int,
        retries: int,
        pacing: Pacing,
    ) -> None:
        """Take the settings; ``retries`` are the further tries of one request."""
        self._client, self._endpoints, self._access, self._meter = client, endpoints, access, meter
        self._concurrency, self._retries, self._pacing = concurrency, retries, pacing
        self._changed = asyncio.Event()

    async def ask(self, question: Question) -> Answer:
        """Return an answer with one choice at least, however many were asked for.

        Raises BackendError, with the server's own words, where a server refuses the request, and
        with the last problem of each URL where the tries are used up.
        """
        failures = 0
        failed_at: set[Endpoint] = set()
        while True:
            endpoint = await self._acquire(failed_at)
            n, wait = (1 if endpoint.single else question.n), 0.0
            try:
                answer = await self._try(endpoint, question, n)
            except _RefusedError as refused:
                self._meter.failed()
                if n == 1 or not refused.may_be_of_n():
                    said = self._access.show(refused.said)
                    raise refusal(endpoint.url, refused.status, said, self._access) from None
                # If it was of something else, the request for one choice is refused in turn.
                endpoint.single = True
            except _PassingError as problem:
                self._meter.failed()
                failures += 1
                failed_at.add(endpoint)
                self._note(endpoint, problem)
                if failures > self._retries or self._all_dead():
                    raise self._exhausted() from None
                if problem.wait is None:
                    wait = backoff(self._pacing, failures, question.draw(failures))
            else:
                endpoint.failures, endpoint.problem = 0, ""
                self._meter.answered(answer)
                return answer
            finally:
                endpoint.busy -= 1
                self._changed.set()
            await asyncio.sleep(wait)
            self._meter.retried()

    async def _try(self, endpoint: Endpoint, question: Question, n: int) -> Answer:
        """Ask once for ``n`` choices. Raises _PassingError or _RefusedError."""
        import httpx

        path = "/chat/completions" if question.chat else "/completions"
        seconds = self._access.seconds
        try:
            # The client's own limit is that between two bytes.
            async with asyncio.timeout(seconds):
                response = await self._client.post(endpoint.url + path, json=question.payload(n))
        except (TimeoutError, httpx.TimeoutException):
            raise _PassingError(f"no answer within {seconds:g} s") from None
        except httpx.RequestError as problem:
            raise _PassingError(f"{type(problem).__name__}: {problem}") from None
        status = response.status_code
        if response.is_success:
            try:
                return parse_answer(response.content, chat=question.chat)
            except Malformed as problem:
                raise _PassingError(str(problem)) from None
        said = error_text(response.content)
        if status in _PASSING or (status >= 500 and _NO_N not in said):
            wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
            raise _PassingError(f"HTTP {status}: {said}", wait)
        raise _RefusedError(status, said)

    async def _acquire(self, failed_at: set[Endpoint]) -> Endpoint:
        """Wait for room and take it, where possible at an endpoint that has not failed this one."""
        while True:
            now = monotonic()
            awake = [e for e in self._endpoints if e.rest_until <= now]
            wanted = [e for e in awake if e not in failed_at] or awake
            free = [e for e in wanted if e.room(self._pacing, self._concurrency)]
            if free:
                chosen = min(free, key=lambda e: e.busy)
                chosen.busy += 1
                return chosen
            ends = [e.rest_until - now for e in self._endpoints if e.rest_until > now]
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(ends, default=None)):
                    await self._changed.wait()

    def _note(self, endpoint: Endpoint, problem: _PassingError) -> None:
        """Keep in mind that an endpoint failed, and rest it if it asks for it or keeps failing."""
        now = monotonic()
        endpoint.problem = self._access.show(str(problem))
        if endpoint.rest_until <= now:
            # What was under way when the rest began fails as well, and says nothing new.
            endpoint.failures += 1
        wait = problem.wait or 0.0
        if endpoint.failures >= self._pacing.rest_after:
            wait = max(wait, backoff(self._pacing, endpoint.failures))
        endpoint.rest_until = max(endpoint.rest_until, now + min(wait, self._pacing.longest_wait))

    def _all_dead(self) -> bool:
        return all(endpoint.failures > self._retries for endpoint in self._endpoints)

    def _exhausted(self) -> BackendError:
        found = "; ".join(f"{e.url}: {e.problem or 'no problem'}" for e in self._endpoints)
        for endpoint in self._endpoints:  # so that a later call begins anew
            endpoint.failures, endpoint.rest_until = 0, 0.0
        return BackendError(
            "model.server.urls",
            wanted=f"an answer within {self._retries + 1} tries",
            got=found,
            remedy="check the servers, or raise model.server.retries or timeout_seconds",
        )


def refusal(url: str, status: int, said: str, access: Access) -> BackendError:
    """Return the error for a request that a server refuses, with what it said and what to do."""
    lower = said.lower()
    if status in (401, 403):
        known = "holds" if access.key else "is to hold"
        remedy = f"check the key that the environment variable {access.key_variable} {known}"
    elif status in (404, 405) or status < 400:
        remedy = "check model.server.urls (they mostly end in /v1), chat, and model.name"
    elif "context" in lower or "too long" in lower or "max_tokens" in lower:
        remedy = "lower evaluation.max_new_tokens, or serve the model with a longer window"
    else:
        remedy = "check the settings of model.server against what the server can do"
    got = f"HTTP {status}: {said}"
    return BackendError(url, wanted="an answer", got=got, remedy=remedy)
