"""What is ordered of a language model, the questions that make it up, and the domain of answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from pydantic import ValidationError

from graphtutor.blueprint.domain import Domain, Evolution, Topic
from graphtutor.blueprint.gate_topic import check_title
from graphtutor.blueprint.llm_outline import Branch, Outline
from graphtutor.blueprint.llm_prompts import (
    HIERARCHY_SCHEMA,
    Place,
    Subject,
    hierarchy_messages,
    topic_messages,
    topic_schema,
)
from graphtutor.blueprint.llm_question import Question, Request
from graphtutor.blueprint.llm_replies import read_hierarchy, read_strands
from graphtutor.blueprint.save import free_id
from graphtutor.errors import BackendError, ConfigError

__all__ = ["Order", "assemble", "hierarchy_question", "topic_questions", "unplaced"]

_TOKENS_A_WORD: Final = 1.5
_USUAL_STRANDS: Final = 2
_LEAST_TOPICS: Final = 4
_TOKENS_A_PLACE: Final = 12
"""Tokens that a topic takes in a reply about the hierarchy, titles of subtopics included."""


@dataclass(frozen=True)
class Order:
    """A blueprint to be made. ``tries`` are the replies to one question before it is given up.

    ``framework`` is the framework as the domain names it: a built-in name or a file.
    """

    domain: str
    framework: str
    subject: Subject
    outline: Outline
    model: str
    max_tokens: int = 2000
    tries: int = 4

    def check(self) -> None:
        """Raise ConfigError for what no reply could mend, before anything is paid."""
        if len(self.outline.topics) < _LEAST_TOPICS:
            raise ConfigError(
                "--topics",
                wanted=f"{_LEAST_TOPICS} topics at least: two evolutions of two subtopics",
                got=f"{len(self.outline.topics)}",
            )
        for title in self.outline.topics:
            fault = check_title(title, self.subject.framework)
            if fault:
                raise ConfigError("--topics", wanted="plain text", got=fault)


def hierarchy_question(order: Order) -> Question[tuple[Branch, ...]]:
    """Ask where each topic stands."""
    topics, framework = order.outline.topics, order.subject.framework
    expected = _TOKENS_A_PLACE * len(topics) + 200
    request = Request(
        model=order.model,
        messages=hierarchy_messages(order.subject, topics),
        schema=HIERARCHY_SCHEMA,
        max_tokens=order.max_tokens + expected,
    )
    read = partial(read_hierarchy, topics=topics, framework=framework)
    return Question("the hierarchy", request, read, expected)


def topic_questions(order: Order, branches: Sequence[Branch]) -> list[Question[Topic]]:
    """Ask for the strands of every topic, in the order of the hierarchy."""
    framework = order.subject.framework
    schema = topic_schema(framework)
    words = _USUAL_STRANDS * sum(level.most_words for level in framework.levels)
    questions: list[Question[Topic]] = []
    taken: set[str] = set()
    for number, branch in enumerate(branches, 1):
        for subtopic, titles in branch.subtopics.items():
            for title in titles:
                others = [other for other in titles if other != title]
                place = Place(f"evolution {number} ({branch.title})", subtopic, others)
                request = Request(
                    model=order.model,
                    messages=topic_messages(order.subject, title, place),
                    schema=schema,
                    max_tokens=order.max_tokens,
                )
                topic = Topic(
                    id=free_id(title, taken),
                    title=title,
                    evolution=number,
                    subtopic=subtopic,
                    strands=({},),
                )
                read = partial(read_strands, topic=topic, framework=framework)
                questions.append(Question(title, request, read, int(words * _TOKENS_A_WORD)))
    return questions


def unplaced(order: Order) -> tuple[Branch, ...]:
    """Return a stand-in for a hierarchy that is not known yet, for estimates alone."""
    return (Branch("?", "", {topic: (topic,) for topic in order.outline.topics}),)


def assemble(order: Order, branches: Sequence[Branch], topics: Sequence[Topic]) -> Domain:
    """Return the domain of ``topics``; a subtopic that has none of them is left out.

    Raises BackendError where too little is left for a hierarchy.
    """
    held = {topic.subtopic for topic in topics}
    kept = [
        (branch, tuple(name for name in branch.subtopics if name in held)) for branch in branches
    ]
    try:
        return Domain(
            domain=order.domain,
            title=order.subject.title,
            framework=order.framework,
            style=order.subject.style,
            hierarchy=tuple(
                Evolution(
                    evolution=number,
                    title=branch.title,
                    builds=branch.builds
                    or _builds(names, kept[number - 2][0] if number > 1 else None),
                    subtopics=names,
                )
                for number, (branch, names) in enumerate(kept, 1)
            ),
            topics=tuple(topics),
        )
    except ValidationError as problem:
        first = problem.errors()[0]
        raise BackendError(
            f"the blueprint, {'.'.join(str(part) for part in first['loc'])}",
            wanted="a topic in two subtopics at least of each evolution",
            got=first["msg"],
            remedy="raise --retries, or change the topics that failed; what was paid is kept",
        ) from None


def _builds(subtopics: Sequence[str], below: Branch | None) -> str:
    names = ", ".join(subtopics)
    return f"Builds on {below.title}: {names}." if below else f"What comes first: {names}."
