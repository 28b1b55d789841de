"""One piece of work at a time, a bounded queue before it, and no thread that hangs for ever.

What may be done at once by one thread only (open a store, run an embedding model) is brought here;
who brought it waits for its result. A thread cannot be ended from outside, so one that gives no
sign of life for too long is given up: its work fails, a fresh thread takes the next.

>>> Desk("the desk").do(lambda say: say("adding") or 1 + 1)
2
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any, Final, TypeVar

from graphtutor.web.problem import Busy, Stuck

__all__ = ["Desk", "Say"]

Say = Callable[[str], None]
"""Takes what is being done now; each call is a sign of life."""
Result = TypeVar("Result")

_GIVEN_UP: Final = 3
"""Threads that may hang at a time: each may hold a model in memory."""


@dataclass(eq=False, slots=True)
class _Ticket:
    work: Callable[[Say], Any]
    heard: float | None = None
    over: bool = False
    result: Any = None
    problem: BaseException | None = field(default=None)


class Desk:
    """Does what it is brought, in the order in which it came."""

    def __init__(self, name: str, waiting: int = 8, quiet_seconds: float = 120.0) -> None:
        """Start no thread before the first work; ``name`` is what messages call it."""
        self._name, self._waiting, self._quiet_seconds = name, waiting, quiet_seconds
        self._queue: deque[_Ticket] = deque()
        self._now: _Ticket | None = None
        self._doing = ""
        self._thread: Thread | None = None
        self._given_up = 0
        self._changed = Condition()

    @property
    def doing(self) -> str:
        """What the work at hand last said of itself; empty while there is none."""
        return self._doing

    @property
    def waiting(self) -> int:
        """How many wait behind the work at hand."""
        return len(self._queue)

    def do(self, work: Callable[[Say], Result]) -> Result:
        """Return what ``work`` returns, or raise what it raises.

        Raises Busy if too many wait, Stuck if the thread at work hangs or too many do.
        """
        ticket = _Ticket(work)
        with self._changed:
            self._refuse_more()
            self._queue.append(ticket)
            self._start()
            self._changed.notify_all()
            while not ticket.over:
                left = None
                if ticket.heard is not None:
                    left = ticket.heard + self._quiet_seconds - time.monotonic()
                if left is not None and left <= 0:
                    self._give_up(ticket)
                else:
                    self._changed.wait(left)
        if ticket.problem is not None:
            raise ticket.problem
        return ticket.result

    def _refuse_more(self) -> None:
        if self._given_up >= _GIVEN_UP:
            raise self._stuck(f"{self._given_up} threads that hang")
        if len(self._queue) + (self._now is not None) > self._waiting:
            raise Busy(
                self._name,
                wanted=f"at most {self._waiting} questions waiting",
                got="one more",
                remedy="wait until one is answered",
            )

    def _start(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()

    def _work(self) -> None:
        me = self._thread
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue)
                self._now = ticket = self._queue.popleft()
                ticket.heard = time.monotonic()
                self._changed.notify_all()
            result, problem = self._done(ticket)
            with self._changed:
                if self._thread is not me:
                    self._given_up -= 1
                    return
                ticket.result, ticket.problem, ticket.over = result, problem, True
                self._now, self._doing = None, ""
                self._changed.notify_all()

    def _done(self, ticket: _Ticket) -> tuple[Any, BaseException | None]:
        def say(doing: str) -> None:
            with self._changed:
                if self._now is ticket:
                    self._doing, ticket.heard = doing, time.monotonic()

        try:
            return ticket.work(say), None
        except BaseException as problem:
            return None, problem

    def _give_up(self, ticket: _Ticket) -> None:
        """Let go of the thread at work; its ticket fails and the next goes on."""
        doing = self._doing or "working"
        ticket.problem = self._stuck(f"none for {self._quiet_seconds:g} s while {doing}")
        ticket.over = True
        self._now, self._doing, self._thread = None, "", None
        self._given_up += 1
        if self._given_up < _GIVEN_UP:
            self._start()
        else:
            while self._queue:
                other = self._queue.popleft()
                other.problem = self._stuck(f"{self._given_up} threads that hang")
                other.over = True
        self._changed.notify_all()

    def _stuck(self, got: str) -> Stuck:
        return Stuck(
            self._name,
            wanted="a sign of life",
            got=got,
            remedy="ask again; restart 'graphtutor serve' if it happens again",
        )
