"""Asks an OpenAI-compatible server, within a budget; every call is noted before and after.

A failure that may pass is tried again after a wait that doubles, with jitter, or as long as the
server asks for. One that will not pass stops everything: what is under way still arrives and is
kept, nothing new is sent.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NoReturn

from graphtutor.blueprint.llm_cache import CallLog
from graphtutor.blueprint.llm_question import Reply, Request
from graphtutor.blueprint.llm_server import Budget, Server
from graphtutor.blueprint.llm_wire import (
    Dialect,
    MalformedError,
    error_text,
    parse_reply,
    payload,
)
from graphtutor.errors import BackendError
from graphtutor.io.pacing import Pacing, backoff, retry_after

if TYPE_CHECKING:
    import httpx

__all__ = ["Client", "GivenUpError", "StoppedError"]

_PASSING: Final = {408, 409, 425, 429}
"""Statuses besides 5xx after which the same request may well succeed."""
_LOST: Final = {502, 504}
"""A gateway has lost the answer: it may have been made, and billed."""
_DEAD: Final = 2
"""So many requests given up without an answer between them: the server is not there."""
_KEPT: Final = "what was paid is kept, the same command goes on"


class GivenUpError(Exception):
    """A request that was tried as often as may be; the text says how it last failed."""


class StoppedError(Exception):
    """Nothing new is sent any more; :attr:`Client.stopped` says why."""


class _PassingError(Exception):
    """A failure that may pass; ``wait`` are the seconds that the server asks for."""

    def __init__(self, problem: str, *, billed: bool, wait: float | None = None) -> None:
        self.billed, self.wait = billed, wait
        super().__init__(problem)


@dataclass
class Client:
    """Asks for replies and puts them into the log; at most ``server.concurrency`` at a time."""

    http: httpx.AsyncClient
    server: Server
    log: CallLog
    budget: Budget
    pacing: Pacing = field(default_factory=Pacing)
    calls: int = 0
    failures: Counter[str] = field(default_factory=Counter[str])
    stopped: BackendError | None = None

    def __post_init__(self) -> None:
        """Set up what is shared by the calls under way."""
        self._room = asyncio.Semaphore(self.server.concurrency)
        self._halt, self._settled = asyncio.Event(), asyncio.Condition()
        self._dialect, self._under_way = Dialect(), 0
        self._rest_until, self._dead = 0.0, 0

    async def ask(self, request: Request) -> None:
        """Bring a reply to ``request`` into the log.

        Raises GivenUpError where the tries are used up, and StoppedError where nothing is sent any
        more.
        """
        for failures in range(1, self.server.retries + 2):
            async with self._room:
                await self._pause(self._rest_until - monotonic())
                try:
                    return await self._try(request)
                except _PassingError as failure:
                    problem = failure
            self.failures[str(problem)] += 1
            if failures > self.server.retries:
                self._give_up(str(problem))
            if problem.wait is None:
                await self._pause(backoff(self.pacing, failures, random.random()))
            else:  # the server means everybody
                until = monotonic() + min(problem.wait, self.pacing.longest_wait)
                self._rest_until = max(self._rest_until, until)

    def stop(self, problem: BackendError) -> None:
        """Send nothing new; the first reason counts."""
        self.stopped = self.stopped or problem
        self._halt.set()

    def _give_up(self, problem: str) -> NoReturn:
        self._dead += 1
        if self._dead >= _DEAD:
            tries = f"an answer within {self.server.retries + 1} tries"
            remedy = "check the server, or raise --retries or --timeout"
            self.stop(self._error(tries, problem, remedy))
        raise GivenUpError(problem)

    async def _pause(self, seconds: float) -> None:
        """Wait, and raise StoppedError as soon as nothing is to be sent any more."""
        if seconds > 0 and not self.stopped:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._halt.wait()
        if self.stopped:
            raise StoppedError

    async def _try(self, request: Request) -> None:
        await self._set_aside(request)
        try:
            self.log.answered(request, self._reply(request, await self._send(request)))
            self._dead = 0
        except _PassingError as problem:
            if not problem.billed:
                self.log.declined(request)
            raise
        finally:
            self._under_way -= 1
            async with self._settled:
                self._settled.notify_all()

    async def _set_aside(self, request: Request) -> None:
        """Note the call with the most that it may cost, once that is within the budget."""
        most = self.budget.most
        async with self._settled:
            # What is under way may turn out cheaper than its most.
            while most is not None and self.budget.cost(self.log.spent + request.worst) > most:
                if not self._under_way and not self.stopped:
                    self._stop_for_budget(request, most)
                if self.stopped:
                    raise StoppedError
                await self._settled.wait()
            self._under_way += 1
            self.calls += 1
            self.log.asked(request)

    def _stop_for_budget(self, request: Request, most: float) -> None:
        spent, next_one = self.budget.cost(self.log.spent), self.budget.cost(request.worst)
        self.stop(
            BackendError(
                "--budget",
                wanted=f"at most {most:g} spent",
                got=f"{spent:.4f} spent and a next call that may cost {next_one:.4f}",
                remedy=f"raise --budget, or lower --max-tokens; {_KEPT}",
            )
        )

    async def _send(self, request: Request) -> httpx.Response:
        """Send once, or again in another dialect where the server says that it takes only that."""
        while True:
            dialect = self._dialect
            response = await self._post(payload(request, dialect))
            if response.status_code not in (400, 422):
                return response
            other = dialect.after(error_text(response.content))
            if other == dialect:
                return response
            self._dialect = other

    async def _post(self, body: dict[str, Any]) -> httpx.Response:
        import httpx

        seconds = self.server.seconds
        try:
            # The client's own limit is that between two bytes.
            async with asyncio.timeout(seconds):
                return await self.http.post(f"{self.server.url}/chat/completions", json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout) as problem:
            raise _PassingError(f"no connection: {problem}", billed=False) from None
        except (TimeoutError, httpx.TimeoutException):
            raise _PassingError(f"no answer within {seconds:g} s", billed=True) from None
        except httpx.RequestError as problem:
            what = f"connection lost: {type(problem).__name__}"
            raise _PassingError(what, billed=True) from None

    def _reply(self, request: Request, response: httpx.Response) -> Reply:
        """Return the reply of an answer; an error is one that may pass, or stops everything."""
        status = response.status_code
        if response.is_success:
            try:
                return parse_reply(response.content)
            except MalformedError as problem:
                raise _PassingError(self.server.shown(str(problem)), billed=True) from None
        said = self.server.shown(error_text(response.content))
        if status in _PASSING or status >= 500:
            wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
            raise _PassingError(f"HTTP {status}: {said}", billed=status in _LOST, wait=wait)
        self.log.declined(request)
        if status in (401, 403):
            remedy = f"check the key in the environment variable {self.server.key_variable}"
        else:
            remedy = "check --llm (mostly ends in /v1), --model and --max-tokens"
        self.stop(self._error("an answer", f"HTTP {status}: {said}", remedy))
        raise StoppedError

    def _error(self, wanted: str, got: str, remedy: str) -> BackendError:
        return BackendError(self.server.url, wanted=wanted, got=got, remedy=f"{remedy}; {_KEPT}")
