"""Drills: the framework's form with words that mean nothing, for models too small for prose.

A small model learns the answers of a few hundred topics by heart before it learns their form. In a
drill nothing can be known, so what is left to learn is the form: which level follows which, and
that the short form carries over what stands above. The words are those of a topic's own group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from graphtutor.blueprint import kinds_wording as wording
from graphtutor.blueprint.domain import Topic
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.kinds_draft import Draft, Source, said
from graphtutor.blueprint.kinds_topic import fields_of, merged

__all__ = ["drill"]

_MOST_STRANDS = 4
_SHORT, _LONG = (1, 2), (4, 10)
"""Words above the least that a level may have: a name and what is merged, an explanation. So the
short form stays within a third of what it stands for."""
_WHOLE = 3
"""Of so many drills one asks for the whole answer, the others for the short form of what is given:
that teaches to carry words over, and nothing in its answer has to be guessed."""


def drill(source: Source) -> Iterator[Draft]:
    """``source.drills`` questions a topic: whole answers, and short forms of given strands."""
    framework = source.framework
    plain = framework.model_copy(update={"merge": None})
    for topic in source.domain.topics if source.drills else ():
        words = _words([topic, *source.companions(topic)])
        fields = fields_of(source, topic)
        for number in range(source.drills):
            stream = source.stream("drill", topic.id, number)
            count = 1 + int(stream.integers(_MOST_STRANDS))
            strands = [_strand(stream, words, framework) for _ in range(count)]
            if number % _WHOLE == 0 or not framework.merge:
                title = _phrase(stream, words, 1, 4).lower()
                (user,) = said(stream, wording.WHOLE, fields | {"title": title})
                yield source.draft("drill", topic, user, framework.written(strands))
            else:
                (ask,) = said(stream, wording.MERGE, fields)
                user = f"{ask}\n\n{plain.written(strands)}"
                yield source.draft("drill", topic, user, merged(source, strands))


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
