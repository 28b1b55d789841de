"""A question to a language model, and the conversation that leads to an answer one can use.

The conversation is worked out from the replies that are kept, every time anew: a reply that cannot
be used is followed by a request that holds it and says why. So a build that was killed goes on
where it was, and one that was not ends the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Generic, Literal, TypeVar

from graphtutor.blueprint.framework import Record
from graphtutor.io.digest import canonical_json, digest_of

__all__ = [
    "Answered",
    "Failed",
    "Fault",
    "Pending",
    "Question",
    "Reply",
    "Request",
    "Tokens",
    "UnusableError",
    "replay",
]

Value = TypeVar("Value", covariant=True)
Fault = Literal["refused", "cut off", "unusable"]

_OVERHEAD: Final = 256
"""Tokens that a server's chat template may add to a request."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens that are sent and tokens that are written."""

    sent: int = 0
    written: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        """Return the sums."""
        return Tokens(self.sent + other.sent, self.written + other.written)

    def __sub__(self, other: Tokens) -> Tokens:
        """Return the differences."""
        return Tokens(self.sent - other.sent, self.written - other.written)


class Reply(Record):
    """What a model said; ``refusal`` where the server marks it so. No count: ``tokens`` is None."""

    text: str
    refusal: str = ""
    finish: str = ""
    tokens: tuple[int, int] | None = None


@dataclass(frozen=True)
class Request:
    """One call: what it asks for, whatever the server at which it is asked."""

    model: str
    messages: tuple[Mapping[str, str], ...]
    schema: Mapping[str, Any]
    max_tokens: int

    @cached_property
    def key(self) -> str:
        """The SHA-256 of everything that a reply depends on.

        The limit only cuts one off, and a reply shows that: raising it pays nothing again.
        """
        return digest_of([self.model, self.messages, self.schema])

    @cached_property
    def bytes(self) -> int:
        """UTF-8 bytes of messages and schema as JSON."""
        text = canonical_json([self.messages, self.schema])
        return len(text.encode("utf-8", "surrogatepass"))

    @property
    def worst(self) -> Tokens:
        """The most tokens that the call may take: a token has a byte at least."""
        return Tokens(self.bytes + _OVERHEAD, self.max_tokens)


class UnusableError(ValueError):
    """A reply that cannot be used; the text says why, to the model."""


@dataclass(frozen=True)
class Question(Generic[Value]):
    """What to ask first, how to read the reply, and how many tokens it will about have.

    ``read`` raises UnusableError.
    """

    name: str
    request: Request
    read: Callable[[str], Value]
    expected: int


@dataclass(frozen=True, slots=True)
class Answered(Generic[Value]):
    """The answer, what was wrong with the replies before it, and the keys of all of them."""

    value: Value
    faults: tuple[Fault, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """No answer yet: this request is the next one."""

    request: Request


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer within the tries; ``reason`` is what was wrong with the last reply."""

    reason: str
    faults: tuple[Fault, ...] = ()
    keys: tuple[str, ...] = ()


def replay(
    question: Question[Value], known: Callable[[str], Reply | None], tries: int
) -> Answered[Value] | Pending | Failed:
    """Say where the conversation about ``question`` stands; ``known`` finds a reply by its key."""
    request, reason = question.request, ""
    faults, keys = list[Fault](), list[str]()
    for _ in range(tries):
        reply = known(request.key)
        if reply is None:
            return Pending(request)
        keys.append(request.key)
        fault, reason = _judge(reply)
        if not reason:
            try:
                return Answered(question.read(reply.text), tuple(faults), tuple(keys))
            except UnusableError as problem:
                fault, reason = "unusable", str(problem)
        faults.append(fault)
        said = {"role": "assistant", "content": reply.text or reply.refusal or "(nothing)"}
        again = {"role": "user", "content": _AGAIN.format(reason=reason)}
        messages = (*request.messages, said, again)
        request = Request(request.model, messages, request.schema, request.max_tokens)
    return Failed(reason, tuple(faults), tuple(keys))


_AGAIN: Final = (
    "That cannot be used: {reason}\nReply again with the whole JSON object, corrected, and nothing "
    "else."
)


def _judge(reply: Reply) -> tuple[Fault, str]:
    """Return what is wrong with a reply before it is read; an empty reason if nothing is."""
    if reply.refusal or reply.finish == "content_filter":
        return "refused", "it is a refusal, and the task is harmless: teaching material."
    if reply.finish == "length":
        return "cut off", "it was cut off. Write less."
    if "{" not in reply.text:
        return "refused", "it holds no JSON object."
    return "unusable", ""
