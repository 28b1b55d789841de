"""Drills: exercises of the framework's form, for models too small for prose.

A small model learns the answers of a few hundred topics by heart before it learns their form. A
drill asks for what is known in ever other company: whole answers on several topics or strands of a
group at once. Or nothing in it can be known: the short form of strands of random words. Both teach
that the short form carries over what stands above, whatever that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from graphtutor.blueprint import kinds_wording as wording
from graphtutor.blueprint.domain import Topic
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.kinds_draft import Draft, Source, inside, said
from graphtutor.blueprint.kinds_topic import fields_of, merging

__all__ = ["drill"]

_MOST_STRANDS = 4
_SHORT, _LONG = (1, 2), (4, 10)
"""Random words above the least that a level may have: a name and what is merged, an explanation.
So the short form stays within a third of what it stands for."""


def drill(source: Source) -> Iterator[Draft]:
    """``source.drills`` questions a topic: whole answers in turn with short forms of nonsense."""
    for topic in source.domain.topics if source.drills else ():
        words = _words([topic, *source.companions(topic)])
        for number in range(source.drills):
            stream = source.stream("drill", topic.id, number)
            if number % 2 and source.framework.merge:
                yield _nonsense(source, topic, words, stream)
            else:
                yield _joint(source, topic, stream)


def _joint(source: Source, topic: Topic, stream: np.random.Generator) -> Draft:
    """Ask for ``topic`` together with another topic of its group, or for strands by their names."""
    first = source.framework.levels[0].id
    others = source.companions(topic)
    others = [others[int(n)] for n in stream.permutation(len(others))]
    pair = next((o for o in others if len(o.strands) + len(topic.strands) <= _MOST_STRANDS), None)
    if pair and stream.integers(2):
        both = [topic, pair] if stream.integers(2) else [pair, topic]
        names = [one.title for one in both]
        strands = [strand for one in both for strand in one.strands]
    else:
        pool = [strand for one in (topic, *others) for strand in one.strands]
        count = 1 + int(stream.integers(min(_MOST_STRANDS, len(pool))))
        strands = [pool[int(n)] for n in stream.permutation(len(pool))[:count]]
        names = [inside(strand[first]) for strand in strands]
    title = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    (user,) = said(stream, wording.WHOLE, fields_of(source, topic) | {"title": title})
    return source.draft("drill", topic, user, source.framework.written(strands))


def _nonsense(
    source: Source, topic: Topic, words: Sequence[str], stream: np.random.Generator
) -> Draft:
    """Ask for the short form of strands in which nothing can be known."""
    framework = source.framework
    count = 1 + int(stream.integers(_MOST_STRANDS))
    strands = [_strand(stream, words, framework) for _ in range(count)]
    return merging(source, "drill", topic, strands, stream)


def _words(topics: Sequence[Topic]) -> list[str]:
    texts = [text for topic in topics for strand in topic.strands for text in strand.values()]
    texts += [topic.title for topic in topics]
    return sorted({word for text in texts for word in re.findall(r"[^\W\d_]+", text.lower())})


def _strand(
    stream: np.random.Generator, words: Sequence[str], framework: Framework
) -> Mapping[str, str]:
    """Fill every level with random words, within the bounds of the framework."""
    short = {framework.levels[0].id, framework.merge.level if framework.merge else ""}
    strand: dict[str, str] = {}
    for level in framework.levels:
        ends = [level.least_words + more for more in (_SHORT if level.id in short else _LONG)]
        least, most = (min(level.most_words, end) for end in ends)
        strand[level.id] = _phrase(stream, words, least, most)
    return strand


def _phrase(stream: np.random.Generator, words: Sequence[str], least: int, most: int) -> str:
    count = int(stream.integers(least, most + 1))
    text = " ".join(words[int(n)] for n in stream.integers(len(words), size=count))
    return text[:1].upper() + text[1:]
