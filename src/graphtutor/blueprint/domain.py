"""A blueprint: a domain as data. Topics taken apart by a framework, and its core topics in order.

The hierarchy is systems cognition: Evolution 1 to n, each building on those below, each with
numbered subtopics. Every topic belongs to a subtopic, and so to an evolution, which is the order in
which a curriculum teaches.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, model_validator

from graphtutor.blueprint.framework import Record

__all__ = ["Domain", "Evolution", "Topic"]

_ID = r"^[a-z0-9][a-z0-9-]*$"


class Evolution(Record):
    """One level of the hierarchy; ``builds`` says what it is about or adds to those below."""

    evolution: int = Field(ge=1)
    title: str = Field(min_length=1)
    builds: str = Field(min_length=1)
    subtopics: tuple[str, ...] = Field(min_length=2)


class Topic(Record):
    """One topic; each strand maps the framework's level ids to texts."""

    id: str = Field(pattern=_ID)
    title: str = Field(min_length=1)
    evolution: int = Field(ge=1)
    subtopic: str
    strands: tuple[Mapping[str, str], ...] = Field(min_length=1, max_length=4)


class Domain(Record):
    """A whole blueprint. ``style`` is the system message of its discipline."""

    domain: str = Field(pattern=_ID)
    title: str = Field(min_length=1)
    framework: str = "first-principles"
    style: str = Field(min_length=1)
    hierarchy: tuple[Evolution, ...] = Field(min_length=2)
    topics: tuple[Topic, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _joined(self) -> Domain:
        numbers = [evolution.evolution for evolution in self.hierarchy]
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError(f"evolutions are numbered 1 to {len(numbers)} in order, not {numbers}")
        subtopics = [name for evolution in self.hierarchy for name in evolution.subtopics]
        if len(set(subtopics)) < len(subtopics):
            raise ValueError("a subtopic stands twice in the hierarchy")
        for kind, names in (
            ("id", [topic.id for topic in self.topics]),
            ("title", [topic.title.casefold() for topic in self.topics]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"two topics have the {kind} {twice[0]!r}")
        held = {e.evolution: set(e.subtopics) for e in self.hierarchy}
        for topic in self.topics:
            if topic.subtopic not in held.get(topic.evolution, set()):
                raise ValueError(
                    f"topic {topic.id}: {topic.subtopic!r} is no subtopic of evolution "
                    f"{topic.evolution}"
                )
        return self
