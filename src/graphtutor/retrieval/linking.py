"""From a question to the graph: which entities it names, what it asks, which edges answer it.

Entities are found by the one matcher, by id, label or alias. A name that several entities bear
keeps them all; edges decide which of them is meant, and ``ambiguous`` says so.

Two entities ask for what lies between them: the shortest ways from the first to the second, along
the edges or along what they say (:mod:`graphtutor.retrieval.ways`), or back if that is shorter. One
entity asks by the relations that the question words
(:mod:`graphtutor.retrieval.asked_relations`): from the entity outwards along them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Final

import numpy as np

from graphtutor.graph.chains import out_edges
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.retrieval.asked_relations import Asked, RelationWords
from graphtutor.retrieval.ways import Chain, ways_of
from graphtutor.reward.matcher import EntityMatcher, Mention

__all__ = ["MOST_CHAINS", "Linker", "Links"]

MOST_CHAINS: Final = 8
"""Chains returned: a hub has hundreds of equal length, and no answer tells them all."""


@dataclass(frozen=True, slots=True)
class Links:
    """What a question means in the graph.

    ``entities`` are ids in the order of their mentions, ``ambiguous`` the names among them that
    several entities bear. ``on_path`` are the entities of ``chains`` that the question does not
    name. ``more`` says that the graph has further chains.
    """

    entities: tuple[str, ...]
    ambiguous: tuple[str, ...]
    chains: tuple[Chain, ...]
    on_path: frozenset[str]
    more: bool


class Linker:
    """Links questions to one graph; build it once per graph."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        """Index the names of the graph's entities and the words of its relations."""
        self.graph = graph
        self.matcher = EntityMatcher.from_graph(graph, labels=True)
        self._relations = RelationWords(graph.relations)
        self._ways = (ways_of(graph), ways_of(graph, flow=True))

    def link(self, question: str) -> Links:
        """Return the entities of ``question`` and the chains of edges that answer it."""
        mentions = self.matcher.find(question)
        found = self._between(mentions) or self._asked(question, mentions)
        chains = found[:MOST_CHAINS]
        entities = {entity for mention in mentions for entity in mention.candidates}
        return Links(
            entities=tuple(dict.fromkeys(e for m in mentions for e in m.candidates)),
            ambiguous=tuple(
                dict.fromkeys(question[m.start : m.end] for m in mentions if len(m.candidates) > 1)
            ),
            chains=tuple(chains),
            on_path=frozenset(self._entities_of(chains)) - entities,
            more=len(found) > MOST_CHAINS,
        )

    def entities_in(self, text: str) -> frozenset[str]:
        """Return the ids of the entities that ``text`` may name."""
        return frozenset(e for mention in self.matcher.find(text) for e in mention.candidates)

    def names(self, entity: str) -> tuple[str, ...]:
        """Return id, label and aliases of an entity of the graph."""
        record = self.graph.entities[self.graph.entity_index[entity]]
        return (record.id, record.label, *record.aliases)

    def _entities_of(self, chains: Sequence[Chain]) -> Iterator[str]:
        for edge in {edge for chain in chains for edge in chain}:
            for end in (self.graph.edge_source[edge], self.graph.edge_target[edge]):
                yield self.graph.entities[int(end)].id

    def _between(self, mentions: Sequence[Mention]) -> list[Chain]:
        found: list[Chain] = []
        for first, second in pairwise(mentions):
            pairs = [*product(first.candidates, second.candidates)]
            # "How can A end in B?" is not answered by how B ends in A, however short that is.
            options = [way for pair in pairs for way in self._shortest(*pair)]
            options = options or [way for a, b in pairs for way in self._shortest(b, a)]
            least = min(map(len, options), default=0)
            found += [chain for chain in options if len(chain) == least]
        # Against the flow the same edges are found again, the other way round.
        return [*{frozenset(chain): chain for chain in reversed(found)}.values()][::-1]

    def _shortest(self, source: str, target: str) -> Iterator[Chain]:
        start, end = self.graph.entity_index[source], self.graph.entity_index[target]
        for ways in self._ways:
            yield from ways.shortest(start, end, MOST_CHAINS + 1)

    def _asked(self, question: str, mentions: Sequence[Mention]) -> list[Chain]:
        for mention in mentions:
            before, after = question[: mention.start], question[mention.end :]
            for asked in self._relations.read(before, after):
                found = [c for entity in mention.candidates for c in self._walks(entity, asked)]
                if found:
                    return found
        return []

    def _walks(self, entity: str, asked: Asked) -> list[Chain]:
        """Return the walks from ``entity`` along the relations asked for, or into it along one."""
        graph = self.graph
        here = graph.entity_index[entity]
        if not asked.forward:
            low, high = graph.in_start[here], graph.in_start[here + 1]
            wanted = asked.relations[0]
            into = (int(edge) for edge in graph.in_order[low:high])
            return [(edge,) for edge in into if int(graph.edge_relation[edge]) == wanted]
        walks: list[Chain] = [()]
        for relation in asked.relations:
            walks = [
                (*walk, int(edge))
                for walk in walks
                for edge in out_edges(graph, np.array([self._end(here, walk)]))[1]
                if int(graph.edge_relation[edge]) == relation
            ][: MOST_CHAINS * MOST_CHAINS]
        return walks

    def _end(self, start: int, walk: Chain) -> int:
        return int(self.graph.edge_target[walk[-1]]) if walk else start
