"""From a framework and a list of topics to a blueprint, by asking a language model.

One question places the topics in a hierarchy, unless an outline has done that; then there is one
for each topic. What comes back has to pass the same gate as what a person writes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from graphtutor.blueprint.domain import Domain, Topic
from graphtutor.blueprint.llm_cache import CallLog
from graphtutor.blueprint.llm_client import Client, GivenUpError, StoppedError
from graphtutor.blueprint.llm_domain import (
    Order,
    assemble,
    hierarchy_question,
    topic_questions,
    unplaced,
)
from graphtutor.blueprint.llm_outline import Branch
from graphtutor.blueprint.llm_question import (
    Answered,
    Failed,
    Fault,
    Pending,
    Question,
    Tokens,
    replay,
)
from graphtutor.blueprint.llm_server import Budget, Server, open_http
from graphtutor.errors import BackendError
from graphtutor.io.pacing import Pacing

__all__ = ["Built", "Estimate", "Usage", "build", "estimate"]

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is to be asked: calls, tokens to be expected, and the most without repeats."""

    calls: int
    about: Tokens
    most: Tokens


@dataclass(frozen=True, slots=True)
class Usage:
    """What a build took: calls, replies used that were paid earlier, tokens, what went wrong.

    ``faults`` are replies that could not be used, ``failures`` calls without a reply, by kind.
    """

    calls: int
    reused: int
    tokens: Tokens
    faults: Mapping[Fault, int]
    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Built:
    """The blueprint, None where there is none, and why; topics left out with their reasons."""

    domain: Domain | None
    left_out: Mapping[str, str]
    problem: BackendError | None
    usage: Usage


def estimate(order: Order, log: CallLog) -> Estimate:
    """Say what building ``order`` takes beyond what ``log`` holds, if every first reply is used."""
    pending: list[tuple[Pending, int]] = []
    branches = order.outline.branches
    if not branches:
        question = hierarchy_question(order)
        state = replay(question, log.reply, order.tries)
        branches = state.value if isinstance(state, Answered) else unplaced(order)
        if isinstance(state, Pending):
            pending.append((state, question.expected))
    for question in topic_questions(order, branches):
        state = replay(question, log.reply, order.tries)
        if isinstance(state, Pending):
            pending.append((state, question.expected))
    about, most = Tokens(), Tokens()
    for state, expected in pending:
        # A token has about four bytes in most languages that models know well.
        about += Tokens(state.request.bytes // 4, expected)
        most += state.request.worst
    return Estimate(len(pending), about, most)


def build(
    order: Order,
    server: Server,
    budget: Budget,
    log: CallLog,
    on_done: Callable[[int, str], None],
    pacing: Pacing | None = None,
) -> Built:
    """Ask for everything that ``log`` does not hold yet, and put it together.

    ``on_done`` is told of each topic that is done. Raises BackendError where the server's address,
    its key or the HTTP library cannot be used; later problems stand in the result.
    """
    return asyncio.run(_build(order, server, budget, log, on_done, pacing or Pacing()))


async def _build(
    order: Order,
    server: Server,
    budget: Budget,
    log: CallLog,
    on_done: Callable[[int, str], None],
    pacing: Pacing,
) -> Built:
    known, before = log.known, log.spent
    async with open_http(server) as http:
        work = _Work(order, Client(http, server, log, budget, pacing), on_done)
        try:
            domain = await work.domain()
            problem = None
        except BackendError as found:
            domain, problem = None, found
    usage = Usage(
        calls=work.client.calls,
        reused=len(work.used & known),
        tokens=log.spent - before,
        faults=work.faults,
        failures=work.client.failures,
    )
    return Built(domain, work.left_out, problem, usage)


@dataclass
class _Work:
    """One build under way."""

    order: Order
    client: Client
    on_done: Callable[[int, str], None]
    used: set[str] = field(default_factory=set[str])
    faults: Counter[Fault] = field(default_factory=Counter[Fault])
    left_out: dict[str, str] = field(default_factory=dict[str, str])

    async def domain(self) -> Domain | None:
        """Return the domain of all topics that have an answer. Raises BackendError."""
        branches = self.order.outline.branches or await self._branches()
        questions = topic_questions(self.order, branches)
        found = await asyncio.gather(*(self._topic(question) for question in questions))
        if self.client.stopped:
            raise self.client.stopped
        return assemble(self.order, branches, [topic for topic in found if topic])

    async def _branches(self) -> Sequence[Branch]:
        try:
            state = await self._settle(hierarchy_question(self.order))
        except StoppedError:
            state = None
        except GivenUpError as problem:
            state = Failed(str(problem))
        if isinstance(state, Answered):
            return state.value
        raise self.client.stopped or BackendError(
            "the hierarchy",
            wanted=f"a usable reply within {self.order.tries} tries",
            got=state.reason if state else "none",
            remedy="raise --retries, ask another model, or write the hierarchy into the file of "
            "topics as an outline",
        )

    async def _topic(self, question: Question[Topic]) -> Topic | None:
        try:
            state = await self._settle(question)
        except StoppedError:
            return None
        except GivenUpError as problem:
            state = Failed(str(problem))
        if isinstance(state, Failed):
            self.left_out[question.name] = state.reason
        self.on_done(1, question.name)
        return state.value if isinstance(state, Answered) else None

    async def _settle(self, question: Question[Value]) -> Answered[Value] | Failed:
        """Ask until there is an answer or the tries are used up."""
        while isinstance(
            state := replay(question, self.client.log.reply, self.order.tries), Pending
        ):
            await self.client.ask(state.request)
        self.faults.update(state.faults)
        self.used.update(state.keys)
        return state
