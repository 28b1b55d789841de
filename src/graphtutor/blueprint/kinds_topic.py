"""Open kinds about one topic: the whole answer, parts of it, and the way from one to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from graphtutor.blueprint import kinds_wording as wording
from graphtutor.blueprint.domain import Topic
from graphtutor.blueprint.framework import Level
from graphtutor.blueprint.kinds_draft import Draft, Source, inside, said

__all__ = [
    "compress",
    "fields_of",
    "level",
    "merge",
    "merging",
    "next_level",
    "place",
    "short",
    "unfold",
    "whole",
]

_MERGES = 4
"""Questions of that kind a topic."""
_MOST_STRANDS = 4


def whole(source: Source) -> Iterator[Draft]:
    """All strands level by level, then the short form; asked in two ways."""
    for topic in source.domain.topics:
        stream = source.stream("whole", topic.id)
        for user in said(stream, wording.WHOLE, fields_of(source, topic), 2):
            yield source.draft("whole", topic, user, source.framework.written(topic.strands))


def short(source: Source) -> Iterator[Draft]:
    """The short form alone; asked in two ways."""
    for topic in source.domain.topics if source.framework.merge else ():
        stream = source.stream("short", topic.id)
        for user in said(stream, wording.SHORT, fields_of(source, topic), 2):
            yield source.draft("short", topic, user, merged(source, topic.strands))


def level(source: Source) -> Iterator[Draft]:
    """One level of one strand, by the strand's name; every level but the name itself."""
    for topic, number, strand in _strands(source):
        name = strand[source.framework.levels[0].id]
        for asked in source.framework.levels[1:]:
            stream = source.stream("level", topic.id, number, asked.id)
            fields = fields_of(source, topic) | {"label": asked.label, "name": name}
            (user,) = said(stream, wording.LEVEL, fields)
            yield source.draft("level", topic, user, _line(asked, strand))


def next_level(source: Source) -> Iterator[Draft]:
    """The next level of a strand, given the levels before it."""
    levels = source.framework.levels
    for topic, number, strand in _strands(source):
        for before in range(1, len(levels)):
            stream = source.stream("next-level", topic.id, number, before)
            (ask,) = said(stream, wording.NEXT, fields_of(source, topic))
            given = "\n".join(_line(one, strand) for one in levels[:before])
            answer = _line(levels[before], strand)
            yield source.draft("next-level", topic, f"{ask}\n{given}", answer)


def compress(source: Source) -> Iterator[Draft]:
    """The short form, given everything but the level that it merges."""
    merge = source.framework.merge
    given = [one for one in source.framework.levels if merge and one.id != merge.level]
    for topic in source.domain.topics if given else ():
        (ask,) = said(
            source.stream("compress", topic.id), wording.COMPRESS, fields_of(source, topic)
        )
        lines = [
            f"{number}. " + ": ".join(strand[one.id] for one in given)
            for number, strand in enumerate(topic.strands, 1)
        ]
        yield source.draft(
            "compress", topic, "\n".join([ask, *lines]), merged(source, topic.strands)
        )


def merge(source: Source) -> Iterator[Draft]:
    """The short form, given whole strands of the topic and others of its group, in any order.

    The same strand stands in ever other company, so that nothing but what is given tells the
    answer: a model learns to carry over, not to remember.
    """
    for topic in source.domain.topics if source.framework.merge else ():
        others = [strand for other in source.companions(topic) for strand in other.strands]
        for number in range(_MERGES if others else 0):
            stream = source.stream("merge", topic.id, number)
            own = topic.strands[int(stream.integers(len(topic.strands)))]
            count = int(stream.integers(1, _MOST_STRANDS))
            given = [own, *(others[int(n)] for n in stream.permutation(len(others))[:count])]
            strands = [given[int(n)] for n in stream.permutation(len(given))]
            yield merging(source, "merge", topic, strands, stream)


def unfold(source: Source) -> Iterator[Draft]:
    """Every strand level by level, given the short form."""
    plain = source.framework.model_copy(update={"merge": None})
    for topic in source.domain.topics if source.framework.merge else ():
        (ask,) = said(source.stream("unfold", topic.id), wording.UNFOLD, fields_of(source, topic))
        user = f"{ask}\n{merged(source, topic.strands)}"
        yield source.draft("unfold", topic, user, plain.written(topic.strands))


def place(source: Source) -> Iterator[Draft]:
    """Where the topic stands in the hierarchy: evolution and numbered subtopic."""
    for topic in source.domain.topics:
        evolution = source.domain.hierarchy[topic.evolution - 1]
        number = evolution.subtopics.index(topic.subtopic) + 1
        (user,) = said(source.stream("place", topic.id), wording.PLACE, fields_of(source, topic))
        answer = (
            f"Evolution {topic.evolution}: {evolution.title}\n"
            f"Subtopic {topic.evolution}.{number}: {topic.subtopic}"
        )
        yield source.draft("place", topic, user, answer)


def merging(
    source: Source,
    kind: str,
    topic: Topic,
    strands: Sequence[Mapping[str, str]],
    stream: np.random.Generator,
) -> Draft:
    """Ask for the short form of ``strands``, which the question gives level by level."""
    plain = source.framework.model_copy(update={"merge": None})
    (ask,) = said(stream, wording.MERGE, fields_of(source, topic))
    user = f"{ask}\n\n{plain.written(strands)}"
    return source.draft(kind, topic, user, merged(source, strands))


def fields_of(source: Source, topic: Topic) -> dict[str, str]:
    """Return what the wordings of a question about ``topic`` name."""
    framework, merge = source.framework, source.framework.merge
    return {
        "title": topic.title,
        "domain": source.name,
        "framework": inside(framework.title),
        "short": merge.label if merge else "",
    }


def _strands(source: Source) -> Iterator[tuple[Topic, int, Mapping[str, str]]]:
    for topic in source.domain.topics:
        for number, strand in enumerate(topic.strands, 1):
            yield topic, number, strand


def _line(asked: Level, strand: Mapping[str, str]) -> str:
    return f"{asked.label}: {strand[asked.id]}"


def merged(source: Source, strands: Sequence[Mapping[str, str]]) -> str:
    """Return the labelled short form of ``strands``."""
    merge = source.framework.merge
    return f"{merge.label if merge else ''}: {source.framework.compressed(strands)}"
