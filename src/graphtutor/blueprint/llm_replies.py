"""Reading replies strictly: JSON of the form that was asked for, and texts that pass the gate.

Whatever is wrong is an :class:`UnusableError` whose text tells the model what to correct.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graphtutor.blueprint.domain import Topic
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.gate_topic import check_title, check_topic
from graphtutor.blueprint.llm_outline import Branch
from graphtutor.blueprint.llm_question import UnusableError

__all__ = ["read_hierarchy", "read_strands"]

Form = TypeVar("Form", bound=BaseModel)

_SHOWN: Final = 6
"""Faults that a model is told at a time."""
_FENCED: Final = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL)


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Strands(_Form):
    strands: list[dict[str, str]] = Field(min_length=1, max_length=4)


class _Subtopic(_Form):
    title: str = Field(min_length=1)
    topics: list[int] = Field(min_length=1)


class _Evolution(_Form):
    title: str = Field(min_length=1)
    builds: str = Field(min_length=1)
    subtopics: list[_Subtopic] = Field(min_length=2)


class _Hierarchy(_Form):
    evolutions: list[_Evolution] = Field(min_length=2)


def read_strands(text: str, topic: Topic, framework: Framework) -> Topic:
    """Return ``topic`` with the strands of a reply. Raises UnusableError.

    >>> from graphtutor.blueprint.load import load_framework
    >>> topic = Topic(id="t", title="salt", evolution=1, subtopic="s", strands=({},))
    >>> read_strands('{"strands": []}', topic, load_framework("first-principles"))
    Traceback (most recent call last):
    graphtutor.blueprint.llm_question.UnusableError: strands: List should have at least 1 item ...
    """
    strands = _read(text, _Strands).strands
    levels = {level.id for level in framework.levels}
    faults = [
        f"strand {number} has the levels {', '.join(strand)}, wanted {', '.join(sorted(levels))}"
        for number, strand in enumerate(strands, 1)
        if set(strand) != levels
    ]
    faults += _unwritable(text for strand in strands for text in strand.values())
    _refuse(faults)
    made = topic.model_copy(update={"strands": tuple(strands)})
    _refuse([f"{finding.check}: {finding.what}" for finding in check_topic(made, framework)])
    return made


def read_hierarchy(text: str, topics: Sequence[str], framework: Framework) -> tuple[Branch, ...]:
    """Return the places of ``topics``, each exactly once. Raises UnusableError."""
    evolutions = _read(text, _Hierarchy).evolutions
    subtopics = [subtopic for evolution in evolutions for subtopic in evolution.subtopics]
    titles = [e.title for e in evolutions] + [s.title for s in subtopics]
    builds = [evolution.builds for evolution in evolutions]
    faults = _unwritable([*titles, *builds])
    faults += [fault for text in (*titles, *builds) if (fault := check_title(text, framework))]
    named = Counter(subtopic.title.casefold() for subtopic in subtopics)
    faults += [f"the subtopic {name!r} stands {n} times" for name, n in named.items() if n > 1]
    placed = Counter(number for subtopic in subtopics for number in subtopic.topics)
    wanted = range(1, len(topics) + 1)
    faults += [f"topic {n} stands {placed[n]} times, wanted once" for n in wanted if placed[n] != 1]
    faults += [f"there is no topic {number}" for number in placed if number not in wanted]
    _refuse(faults)
    return tuple(
        Branch(
            evolution.title,
            evolution.builds,
            {s.title: tuple(topics[n - 1] for n in sorted(s.topics)) for s in evolution.subtopics},
        )
        for evolution in evolutions
    )


def _read(text: str, form: type[Form]) -> Form:
    fenced = _FENCED.fullmatch(text.strip())
    try:
        data = json.loads(fenced[1] if fenced else text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as problem:
        raise UnusableError(f"it is not one JSON object: {problem}") from None
    try:
        return form.model_validate(data)
    except ValidationError as problem:
        faults = [
            f"{'.'.join(str(part) for part in error['loc']) or 'reply'}: {error['msg']}"
            for error in problem.errors()
        ]
        raise UnusableError("; ".join(faults[:_SHOWN])) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _unwritable(texts: Iterable[str]) -> list[str]:
    """Name the texts with control characters, or halves of a pair, which no file could hold."""
    return [
        f"control characters in {text!r}"
        for text in texts
        if any(unicodedata.category(char) in ("Cc", "Cs", "Cn") for char in text)
    ]


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise UnusableError("; ".join(faults[:_SHOWN]) + more)
