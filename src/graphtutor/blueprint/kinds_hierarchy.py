"""Kinds about the hierarchy of a domain: systems cognition, its evolutions and subtopics.

They mention no topic, so that they belong to no group of topics. A question about one evolution
belongs to ``hierarchy/N``, one that orders a set of evolutions to ``hierarchy/order/N-M``. An
overview of several is a topic of its own, ``hierarchy/N+M``: it holds all that is said of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations, islice
from typing import Final

from graphtutor.blueprint import kinds_wording as wording
from graphtutor.blueprint.domain import Evolution
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.kinds_draft import Draft, Source, lettered, said
from graphtutor.blueprint.load import SYSTEMS, load_framework

__all__ = ["builds_on", "evolution_of", "misplaced", "order", "overview", "subtopics"]

_MOST_SETS: Final = 60
"""A hierarchy of n evolutions has 2**n sets; the small ones come first."""
_OVERVIEW: Final = (
    "Take {part} of {domain} apart by systems cognition.",
    "Give the systems view of {part} in {domain}.",
    "{domain}: lay out {part}, with what it builds on and every numbered subtopic.",
    "How is {part} of {domain} built up? Answer level by level.",
    "Map {part} of the {domain} hierarchy.",
    "By systems cognition: {part}, {domain}.",
)


def order(source: Source) -> Iterator[Draft]:
    """Put some of the evolutions in order; each set of two or more is asked in two shuffles."""
    hierarchy = source.domain.hierarchy
    sets = (some for size in range(2, len(hierarchy)) for some in combinations(hierarchy, size))
    for some in (hierarchy, *islice(sets, _MOST_SETS)):
        name = "-".join(str(one.evolution) for one in some)
        stream = source.stream("order", name)
        answer = "\n".join(_named(one) for one in some)
        shuffles = [[some[int(n)] for n in stream.permutation(len(some))] for _ in range(2)]
        asks = said(stream, wording.ORDER, {"domain": source.name}, 2)
        for ask, shuffled in zip(asks, shuffles, strict=True):
            user = ask + "\n" + "\n".join(f"- {one.title}" for one in shuffled)
            yield _draft(source, "order", f"hierarchy/order/{name}", some[-1], user, answer, answer)


def evolution_of(source: Source) -> Iterator[Draft]:
    """Name the evolution of a subtopic; asked in two ways."""
    for evolution in source.domain.hierarchy:
        for subtopic in evolution.subtopics:
            stream = source.stream("evolution-of", evolution.evolution, subtopic)
            fields = {"subtopic": subtopic, "domain": source.name}
            answer = _named(evolution)
            for user in said(stream, wording.EVOLUTION_OF, fields, 2):
                yield _draft(
                    source, "evolution-of", _topic(evolution), evolution, user, answer, answer
                )


def misplaced(source: Source) -> Iterator[Draft]:
    """Three subtopics of an evolution and one of another: which does not belong?"""
    for evolution in source.domain.hierarchy:
        for other in source.domain.hierarchy:
            for subtopic in other.subtopics if other is not evolution else ():
                stream = source.stream("misplaced", evolution.evolution, subtopic)
                options = lettered(stream, subtopic, evolution.subtopics)
                if options is None:
                    continue
                lines, letter, answer = options
                fields = {"evolution": _named(evolution), "domain": source.name}
                (ask,) = said(stream, wording.MISPLACED, fields)
                user = f"{ask}\n{lines}"
                yield _draft(
                    source, "misplaced", _topic(evolution), evolution, user, answer, letter
                )


def subtopics(source: Source) -> Iterator[Draft]:
    """List the numbered subtopics of an evolution; asked in three ways."""
    for evolution in source.domain.hierarchy:
        stream = source.stream("subtopics", evolution.evolution)
        answer = "\n".join(
            f"{evolution.evolution}.{number} {subtopic}"
            for number, subtopic in enumerate(evolution.subtopics, 1)
        )
        fields = {"evolution": _named(evolution), "domain": source.name}
        for user in said(stream, wording.SUBTOPICS, fields, 3):
            yield _draft(source, "subtopics", _topic(evolution), evolution, user, answer)


def builds_on(source: Source) -> Iterator[Draft]:
    """Say what an evolution builds on and what it adds; asked in three ways."""
    for evolution in source.domain.hierarchy:
        stream = source.stream("builds-on", evolution.evolution)
        below = source.domain.hierarchy[: evolution.evolution - 1]
        base = "; ".join(_named(one) for one in below) or "nothing below it"
        answer = f"Builds on: {base}\n{evolution.builds}"
        fields = {"evolution": _named(evolution), "domain": source.name}
        for user in said(stream, wording.BUILDS_ON, fields, 3):
            yield _draft(source, "builds-on", _topic(evolution), evolution, user, answer)


def overview(source: Source) -> Iterator[Draft]:
    """Each run of evolutions, taken apart by systems cognition.

    One evolution is asked for in three ways, several in a row in one, the whole hierarchy among
    them.
    """
    hierarchy = source.domain.hierarchy
    for first, last in combinations(range(len(hierarchy) + 1), 2):
        run = hierarchy[first:last]
        if len(run) == 1:
            part, topic, count = _named(run[0]), _topic(run[0]), 3
        else:
            part = f"evolutions {first + 1} {'and' if len(run) == 2 else 'to'} {last}"
            if len(run) == len(hierarchy):
                part = "the whole hierarchy"
            topic, count = "hierarchy/" + "+".join(str(one.evolution) for one in run), 1
        answer = _systems().written([_strand(one, hierarchy) for one in run])
        stream = source.stream("overview", first + 1, last)
        for user in said(stream, _OVERVIEW, {"part": part, "domain": source.name}, count):
            yield _draft(source, "overview", topic, run[-1], user, answer)


@cache
def _systems() -> Framework:
    return load_framework(SYSTEMS)


def _strand(evolution: Evolution, hierarchy: Sequence[Evolution]) -> dict[str, str]:
    """Return an evolution as a strand of the framework of systems cognition."""
    number = evolution.evolution
    below = "; ".join(f"{one.evolution}. {one.title}" for one in hierarchy[: number - 1])
    return {
        "evolution": f"{number}. {evolution.title}",
        "base": below or "nothing below it",
        "adds": evolution.builds,
        "subtopics": "; ".join(f"{number}.{n} {s}" for n, s in enumerate(evolution.subtopics, 1)),
    }


def _named(evolution: Evolution) -> str:
    return f"Evolution {evolution.evolution}: {evolution.title}"


def _topic(evolution: Evolution) -> str:
    return f"hierarchy/{evolution.evolution}"


def _draft(  # the last of a set of evolutions decides when a curriculum can teach it
    source: Source,
    kind: str,
    topic: str,
    evolution: Evolution,
    user: str,
    assistant: str,
    closed: str | None = None,
) -> Draft:
    return Draft(
        kind=kind,
        topic=topic,
        group=f"{source.domain.domain}/{topic}",
        framework=SYSTEMS,
        evolution=evolution.evolution,
        user=user,
        assistant=assistant,
        closed=closed,
    )
