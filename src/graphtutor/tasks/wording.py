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
from collections.abc import Sequence
from typing import Final

from graphtutor.graph.records import Relation

__all__ = ["HELD_OUT_TEMPLATES", "TEMPLATES", "noun_of", "phrase_of", "question", "trace"]

TEMPLATES: Final = ("that", "steps", "begin")
"""Templates that training and evaluation share."""
HELD_OUT_TEMPLATES: Final = ("consider",)
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

    ``phrases`` and ``nouns`` have one entry a hop: the relation's phrase and the noun of the entity
    it leads to. Raises KeyError for an unknown template.
    """
    hops = list(zip(phrases, nouns, strict=True))
    last = nouns[-1]
    if template == "that":
        body = " that ".join(f"{phrase} {_a(noun)}" for phrase, noun in hops)
        return f"{start} {body}. Which {last} is it?"
    if template == "steps":
        steps = [f"{start} {hops[0][0]} {_a(hops[0][1])}"]
        steps += [
            f"this {nouns[i]} {hops[i + 1][0]} {_a(hops[i + 1][1])}" for i in range(len(hops) - 1)
        ]
        return f"{'; '.join(steps)}. Name the last {last}."
    if template == "begin":
        body = ", which ".join(f"{phrase} {_a(noun)}" for phrase, noun in hops)
        return f"Which {last} ends this chain: {start} {body}?"
    if template == "consider":
        body = " and this ".join(f"{phrase} some {noun}" for phrase, noun in hops)
        return f"Consider {start}. It {body}. What is the final {last} called?"
    raise KeyError(template)


def trace(entities: Sequence[str], phrases: Sequence[str]) -> str:
    """State a chain as one sentence: subject, phrase, object, then each next hop."""
    hops = [f"{phrase} {entity}" for phrase, entity in zip(phrases, entities[1:], strict=True)]
    return f"{entities[0]} {', which '.join(hops)}."
