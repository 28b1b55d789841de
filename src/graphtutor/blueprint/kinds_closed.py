"""Closed kinds about one topic: one answer is right, and a program can tell."""

from __future__ import annotations

from collections.abc import Iterator

from graphtutor.blueprint import kinds_wording as wording
from graphtutor.blueprint.kinds_draft import Draft, Source, lettered, said

__all__ = ["recover", "strand_of"]

_GAP = "____"


def recover(source: Source) -> Iterator[Draft]:
    """One level of a strand is missing: which of four texts is it? The others are other topics'."""
    levels = source.framework.levels
    for topic in source.domain.topics:
        others = [strand for other in source.companions(topic) for strand in other.strands]
        for number, strand in enumerate(topic.strands, 1):
            stream = source.stream("recover", topic.id, number)
            missing = levels[int(stream.integers(len(levels)))]
            options = lettered(stream, strand[missing.id], [o[missing.id] for o in others])
            if options is None:
                continue
            lines, letter, answer = options
            shown = "\n".join(
                f"{one.label}: {_GAP if one is missing else strand[one.id]}" for one in levels
            )
            (ask,) = said(stream, wording.RECOVER, {"title": topic.title, "label": missing.label})
            user = f"{ask}\n{shown}\n\n{lines}"
            yield source.draft("recover", topic, user, answer, letter)


def strand_of(source: Source) -> Iterator[Draft]:
    """To which of a topic's strands does this last, shortest level belong? The names are given."""
    first, last = source.framework.levels[0], source.framework.levels[-1]
    for topic in source.domain.topics if first is not last else ():
        names = [strand[first.id] for strand in topic.strands]
        texts = [strand[last.id] for strand in topic.strands]
        if len(set(names)) < 2 or len(set(names)) < len(names) or len(set(texts)) < len(texts):
            continue
        for number, (name, text) in enumerate(zip(names, texts, strict=True), 1):
            stream = source.stream("strand-of", topic.id, number)
            listed = "; ".join(names[int(n)] for n in stream.permutation(len(names)))
            fields = {"title": topic.title, "label": last.label, "first": first.label}
            fields |= {"text": text, "names": listed}
            (user,) = said(stream, wording.STRAND_OF, fields)
            yield source.draft("strand-of", topic, user, name, name)
