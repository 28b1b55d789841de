"""One supervised example of a blueprint: OpenAI messages, and what it was made from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field

from graphtutor.blueprint.framework import Record
from graphtutor.io.atomic import atomic_open
from graphtutor.io.digest import digest_of

__all__ = ["BlueprintExample", "Message", "Meta", "to_jsonl", "write_examples"]


class Message(Record):
    """One message as the OpenAI chat format has it."""

    role: Literal["system", "user", "assistant"]
    content: str = Field(min_length=1)


class Meta(Record):
    """What an example was made from.

    ``topic`` is a topic's id, or ``hierarchy/...`` for a question about the hierarchy. ``group`` is
    what a split keeps whole: it holds every topic whose texts stand in the example. ``closed`` is
    the one right answer of a closed question, with which the assistant's text begins.
    """

    domain: str
    topic: str
    group: str
    framework: str
    kind: str
    evolution: int = Field(ge=1)
    closed: str | None = None
    key: str = Field(description="the SHA-256 of the messages")


class BlueprintExample(Record):
    """A system, a user and an assistant message, and where they come from."""

    messages: tuple[Message, ...] = Field(min_length=2)
    meta: Meta

    @classmethod
    def made(
        cls,
        *,
        system: str,
        user: str,
        assistant: str,
        domain: str,
        topic: str,
        framework: str,
        kind: str,
        evolution: int,
        group: str | None = None,
        closed: str | None = None,
    ) -> BlueprintExample:
        """Return an example with its key; without ``group`` the topic is a group of its own."""
        messages = (
            Message(role="system", content=system),
            Message(role="user", content=user),
            Message(role="assistant", content=assistant),
        )
        meta = Meta(
            domain=domain,
            topic=topic,
            group=group or f"{domain}/{topic}",
            framework=framework,
            kind=kind,
            evolution=evolution,
            closed=closed,
            key=digest_of([message.model_dump() for message in messages]),
        )
        return cls(messages=messages, meta=meta)

    @property
    def user(self) -> str:
        """What is asked."""
        return next(m.content for m in self.messages if m.role == "user")

    @property
    def assistant(self) -> str:
        """What is answered."""
        return self.messages[-1].content


def to_jsonl(examples: Iterable[BlueprintExample]) -> str:
    """Return one line an example: ``{"messages": [...], "meta": {...}}``.

    Every line has every key, so that a reader that infers columns finds the same ones everywhere.
    """
    return "".join(example.model_dump_json() + "\n" for example in examples)


def write_examples(path: Path, examples: Iterable[BlueprintExample]) -> int:
    """Write ``examples`` to ``path`` atomically as JSONL and return how many there were."""
    count = 0
    with atomic_open(path) as stream:
        for example in examples:
            stream.write(example.model_dump_json() + "\n")
            count += 1
    return count
