"""What a trace claims: ordered triples, each with a verdict from the graph.

One rule for all texts, in two steps. First a sentence is a row of entities, relation phrases,
pronouns and unread words; punctuation, articles, connecting words and the nouns of entity types are
dropped. Then the row is read from left to right: a phrase joins what stands before it to what
follows it. So in a sentence

- two neighbouring entities with nothing between them claim nothing (a list, a repeated subject);
- between them exactly one phrase (or label, or id) of a relation: that relation is claimed;
- unread words where an entity is due: a claim with an unknown entity;
- any other unread words: a claim with an unknown relation. "A is not caused by B", "A may be caused
  by B" and "it is false that A is caused by B" are therefore never taken for "is caused by".

The end of a sentence ends the subject; a pronoun at the head of the next names the last entity
again. A sentence that names one entity and no relation, or none at all, claims nothing.

>>> from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
>>> from graphtutor.reward.matcher import EntityMatcher
>>> graph = KnowledgeGraph.from_file(GraphFile(
...     version="1.0", domain="demo",
...     entities=(Entity(id="Rain", label="Rain", type="event"),
...               Entity(id="Flood", label="Flood", type="event")),
...     relations=(Relation(id="causes", label="causes"),),
...     edges=(Edge(src="Rain", rel="causes", dst="Flood"),)))
>>> text = "Rain often causes Flood, which causes Rain."
>>> for claim in ClaimReader(graph).read(text, EntityMatcher.from_graph(graph).find(text)):
...     print(claim.source, claim.relation, claim.target, "-", claim.verdict)
Rain causes Flood - true edge
Flood causes Rain - wrong direction
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.reward.matcher import Mention
from graphtutor.reward.statements import Statement, StatementReader

__all__ = ["Claim", "ClaimReader", "Verdict"]

Verdict = Literal[
    "true edge",
    "wrong direction",
    "wrong relation",
    "unknown entity",
    "unknown relation",
    "not in the graph",
]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claimed triple by ids; None for what is missing or not known. ``text`` is its wording."""

    source: str | None
    relation: str | None
    target: str | None
    verdict: Verdict
    text: str


class ClaimReader:
    """Reads and judges the claims of traces about one graph; build it once per graph."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        """Compile the phrases of the graph's relations."""
        self._graph = graph
        self._reader = StatementReader(graph.relations, graph.types)
        self._mirrors = _mirrors(graph)

    def read(self, trace: str, mentions: Sequence[Mention]) -> tuple[Claim, ...]:
        """Return the claims of ``trace`` in order; ``mentions`` are the matcher's for it."""
        return tuple(
            self._judge(statement, trace[statement.start : statement.end])
            for statement in self._reader.read(trace, mentions)
        )

    def _judge(self, statement: Statement, text: str) -> Claim:
        source, target = statement.source, statement.target
        relation = statement.relations[0] if statement.relations else None
        if relation is None or source is None or target is None:
            verdict: Verdict = "unknown relation" if relation is None else "unknown entity"
            ends = (source.entity if source else None, target.entity if target else None)
            return Claim(ends[0], relation, ends[1], verdict, text)
        readings = list(product(source.candidates, statement.relations, target.candidates))
        chosen = next((reading for reading in readings if self._holds(*reading)), readings[0])
        return Claim(*chosen, self._verdict(*chosen), text)

    def _holds(self, source: str, relation: str, target: str) -> bool:
        first, last = self._graph.entity_index[source], self._graph.entity_index[target]
        number = self._graph.relation_index[relation]
        return self._graph.has_edge(first, number, last) or any(
            self._graph.has_edge(last, mirror, first) for mirror in self._mirrors[number]
        )

    def _verdict(self, source: str, relation: str, target: str) -> Verdict:
        if self._holds(source, relation, target):
            return "true edge"
        if self._holds(target, relation, source):
            return "wrong direction"
        if any(self._holds(source, other.id, target) for other in self._graph.relations):
            return "wrong relation"
        return "not in the graph"


def _mirrors(graph: KnowledgeGraph) -> Mapping[int, tuple[int, ...]]:
    """Per relation, the relations whose edge read backwards says the same."""
    found: dict[int, set[int]] = {number: set() for number in range(len(graph.relations))}
    for number, relation in enumerate(graph.relations):
        if relation.symmetric:
            found[number].add(number)
        if relation.inverse is not None:
            inverse = graph.relation_index[relation.inverse]
            found[number].add(inverse)
            found[inverse].add(number)
    return {number: tuple(sorted(others)) for number, others in found.items()}
