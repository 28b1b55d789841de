"""What a language model is asked for a blueprint: the texts, and the JSON that is to come back.

Two questions are asked. One places a list of topics in a hierarchy; one takes a topic apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphtutor.blueprint.framework import Framework, Level

__all__ = [
    "HIERARCHY_SCHEMA",
    "Place",
    "Subject",
    "hierarchy_messages",
    "topic_messages",
    "topic_schema",
]

Message = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a blueprint is about: the discipline, how it answers, how it takes a topic apart."""

    title: str
    style: str
    framework: Framework


@dataclass(frozen=True, slots=True)
class Place:
    """Where a topic stands: its evolution and subtopic, and the other topics of that subtopic."""

    evolution: str
    subtopic: str
    others: Sequence[str]


_SYSTEM: Final = """\
You write teaching material about {title} for a reader who learns to think in that discipline. \
You are accurate: every statement is correct as it stands, and you leave out what you are not sure \
of. You write plain text in full sentences, without Markdown, links or line breaks within a text, \
in the language of the topics. You reply with one JSON object and nothing else."""

_HIERARCHY: Final = """\
Arrange the topics of {title} as a curriculum.

The curriculum has evolutions, numbered by their order: the first stands alone, each further one \
builds on those before it. Each evolution has subtopics, and each topic belongs to one subtopic.

Rules
- 2 to 6 evolutions. Each has 2 to 8 subtopics. Each subtopic has one topic or more.
- Every number below stands exactly once in your reply.
- An evolution's title has 1 to 5 words. A subtopic's title has 1 to 4 words and stands only once \
in the whole curriculum.
- "builds" is one sentence of 8 to 25 words: what the evolution is about; from the second \
evolution on, what it adds to those before it.

Topics
{topics}

Reply with JSON of this form, where the last lists hold the numbers of the topics:
{{"evolutions": [{{"title": "...", "builds": "...", "subtopics": \
[{{"title": "...", "topics": [1, 4]}}]}}]}}"""

_TOPIC: Final = """\
Take apart the topic "{topic}" of {title}, in the manner of {framework}. {about}

It stands in {evolution}, {subtopic}.{others}

The topic has 1 to 4 strands, mostly 2 or 3: the independent principles that it comes down to. \
Each strand has these levels:
{levels}

Rules
- Keep to the numbers of words; count them.
- Each strand states one principle, and no two say the same. All together cover what is essential.
- The level "{first}" names the principle. The words of that name do not stand in the topic's \
title, in the same order.
- No other level stands word for word within another one, of whichever strand.{short}
- Discipline: {style}

Reply with JSON of this form, one object a strand:
{{"strands": [{{{form}}}]}}"""

_SHORT: Final = """
- The levels "{merge}" of all strands side by side are the short form of the answer. It says each \
strand's point in other words than the explanation, and has at most a third of the words of the \
longest levels together."""


def hierarchy_messages(subject: Subject, topics: Sequence[str]) -> tuple[Message, ...]:
    """Ask for a place for each of ``topics``, by number from 1."""
    listed = "\n".join(f"{number}. {topic}" for number, topic in enumerate(topics, 1))
    return _messages(subject, _HIERARCHY.format(title=subject.title, topics=listed))


def topic_messages(subject: Subject, topic: str, place: Place) -> tuple[Message, ...]:
    """Ask for the strands of ``topic``."""
    framework = subject.framework
    levels = "\n".join(_level(level) for level in framework.levels)
    others = "; ".join(place.others)
    short = _SHORT.format(merge=framework.merge.level) if framework.merge else ""
    asked = _TOPIC.format(
        topic=topic,
        title=subject.title,
        framework=framework.title,
        about=framework.about,
        evolution=place.evolution,
        subtopic=place.subtopic,
        others=f" Its neighbours there, which have answers of their own: {others}."
        if others
        else "",
        levels=levels,
        first=framework.levels[0].id,
        short=short,
        style=subject.style,
        form=", ".join(f'"{level.id}": "..."' for level in framework.levels),
    )
    return _messages(subject, asked)


def topic_schema(framework: Framework) -> dict[str, Any]:
    """Return the JSON Schema of a reply about a topic.

    It has only what every server that takes a schema knows; bounds stand in the question.
    """
    levels = {
        level.id: {"type": "string", "description": _bounds(level)} for level in framework.levels
    }
    return _object(strands=_list(_object(**levels)))


def _messages(subject: Subject, asked: str) -> tuple[Message, ...]:
    return (
        {"role": "system", "content": _SYSTEM.format(title=subject.title)},
        {"role": "user", "content": asked},
    )


def _level(level: Level) -> str:
    holds = f": {level.holds}" if level.holds else ""
    return f'- "{level.id}" ({level.label}){holds}; {_bounds(level)}'


def _bounds(level: Level) -> str:
    return f"{level.least_words} to {level.most_words} words"


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TITLE: Final = {"type": "string"}
HIERARCHY_SCHEMA: Final = _object(
    evolutions=_list(
        _object(
            title=_TITLE,
            builds=_TITLE,
            subtopics=_list(_object(title=_TITLE, topics=_list({"type": "integer"}))),
        )
    )
)
"""The JSON Schema of a reply about the hierarchy."""
