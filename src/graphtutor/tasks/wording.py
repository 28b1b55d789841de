"""How graph statements read: phrases of relations, nouns of types, questions and traces.

A relation's ``phrase`` stands between subject and object ("is caused by"). Where a graph gives
none, it is made from the label: a verb phrase serves as it is, a participle gets "is", and anything
else becomes "is linked by <label> to", so that no "is leads to" is ever written.

>>> phrase_of(Relation(id="caused_by", label="caused by"))
'is caused by'
>>> phrase_of(Relation(id="uses_tool", label="uses tool"))
'uses tool'
>>> phrase_of(Relation(id="embassy", label="embassy"))
'is linked by embassy to'
>>> question("BadGateway", ["is caused by", "uses"], ["cause", "tool"], "that")
'BadGateway is caused by a cause that uses a tool. Which tool is it?'
>>> trace(["A", "B", "C"], ["is caused by", "uses"])
'A is caused by B, which uses C.'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from graphtutor.graph.records import Relation
from graphtutor.tasks.frames import frame_question, is_frame

__all__ = [
    "HELD_OUT_TEMPLATES",
    "TEMPLATES",
    "is_template",
    "noun_of",
    "phrase_of",
    "question",
    "trace",
]

TEMPLATES: Final = ("that", "steps", "begin")
"""Templates that training and evaluation share."""
HELD_OUT_TEMPLATES: Final = ("consider", "outcome")
"""Templates that no training file uses; they measure what a new wording costs."""

_PREPOSITIONS: Final = frozenset(
    "about after against as at before by for from in into of off on onto over through to under "
    "via with within".split()
)
_AUXILIARIES: Final = frozenset("is are was were has have had can may does".split())


def phrase_of(relation: Relation) -> str:
    """Return the verb phrase that joins a subject to an object under ``relation``."""
    if relation.phrase:
        return relation.phrase
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-\s]+", " ", relation.label).lower().split()
    if not words:
        return f"is linked by {relation.id} to"
    first = words[0]
    if first in _AUXILIARIES:
        return " ".join(words)
    if first.endswith("ed") or (len(words) > 1 and words[-1] == "by"):
        return " ".join(["is", *words])
    if first.endswith("s") and not first.endswith(("ss", "us", "is")) and len(first) > 2:
        return " ".join(words)
    if words[-1] in _PREPOSITIONS:
        return " ".join(["is", *words])
    return f"is linked by {' '.join(words)} to"


def noun_of(type_name: str) -> str:
    """Return the noun that a question uses for an entity type.

    >>> noun_of("data_component"), noun_of("AttackPattern")
    ('data component', 'attack pattern')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-\s]+", " ", type_name).strip().lower() or "thing"


def _a(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def question(start: str, phrases: Sequence[str], nouns: Sequence[str], template: str) -> str:
    """Ask for the entity at the end of the chain; names the start and every relation in order.

    ``template`` is one of :data:`TEMPLATES` or :data:`HELD_OUT_TEMPLATES`, or the name of a free
    frame (:mod:`graphtutor.tasks.frames`). ``phrases`` and ``nouns`` have one entry a hop: the
    relation's phrase and the noun of the entity it leads to. Raises KeyError for an unknown
    template.

    >>> question("Rain", ["causes", "harms"], ["event", "crop"], "steps")
    'Rain causes an event; this event harms a crop. Name the last crop.'
    """
    if is_frame(template):
        return frame_question(start, phrases, nouns, template)
    return _FRAMES[template](start, list(zip(phrases, nouns, strict=True)), nouns[-1])


def is_template(name: str) -> bool:
    """Tell whether :func:`question` knows ``name``."""
    return name in _FRAMES or is_frame(name)


Hops = Sequence[tuple[str, str]]
"""Phrase and noun of each hop."""


def _joined(hops: Hops, joint: str, article: str = "") -> str:
    """Join hops without naming again what each begins with."""
    return joint.join(
        f"{phrase} {f'{article} {noun}' if article else _a(noun)}" for phrase, noun in hops
    )


def _repeated(start: str, hops: Hops, joint: str, article: str = "") -> str:
    """Join hops and say at each what it begins with: the start, then the noun before."""
    subjects = [start, *(f"this {noun}" for _, noun in hops[:-1])]
    return joint.join(
        f"{subject} {_joined([hop], '', article)}"
        for subject, hop in zip(subjects, hops, strict=True)
    )


_FRAMES: Final[Mapping[str, Callable[[str, Hops, str], str]]] = {
    "that": lambda start, hops, last: f"{start} {_joined(hops, ' that ')}. Which {last} is it?",
    "steps": lambda start, hops, last: f"{_repeated(start, hops, '; ')}. Name the last {last}.",
    "begin": lambda start, hops, last: (
        f"Which {last} ends this chain: {start} {_joined(hops, ', which ')}?"
    ),
    "consider": lambda start, hops, last: (
        f"Consider {start}. It {_joined(hops, ' and this ', 'some')}. "
        f"What is the final {last} called?"
    ),
    "outcome": lambda start, hops, last: (
        f"For {start}, what {last} comes out when it {_joined(hops, ' and the latter ', 'any')}?"
    ),
}


def trace(entities: Sequence[str], phrases: Sequence[str]) -> str:
    """State a chain as one sentence: subject, phrase, object, then each next hop."""
    hops = [f"{phrase} {entity}" for phrase, entity in zip(phrases, entities[1:], strict=True)]
    return f"{entities[0]} {', which '.join(hops)}."
