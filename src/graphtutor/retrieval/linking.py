"""From a question to the graph: which entities it names, what it asks, which edges answer it.

Entities are found by the one matcher, by id, label or alias. A name that several entities bear
keeps them all; edges decide which of them is meant, and ``ambiguous`` says so.

Two entities ask for what lies between them: the shortest directed paths, from the first to the
second or, where there is none, back. One entity asks by the relations that the question words
(:mod:`graphtutor.retrieval.asked_relations`): from the entity outwards along them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Final

import numpy as np

from graphtutor.graph.chains import out_edges, ranges
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.retrieval.asked_relations import Asked, RelationWords
from graphtutor.reward.matcher import EntityMatcher, Mention

__all__ = ["MOST_CHAINS", "MOST_HOPS", "Chain", "Linker", "Links"]

MOST_HOPS: Final = 6
"""A chain that a person follows; longer ones join nearly everything with everything."""
MOST_CHAINS: Final = 5
"""Chains returned: a hub has hundreds of equal length, and no answer tells them all."""

Chain = tuple[int, ...]
"""Edge numbers in order of travel: each begins where the one before ended."""


@dataclass(frozen=True, slots=True)
class Links:
    """What a question means in the graph.

    ``entities`` are ids in the order of their mentions, ``ambiguous`` the names among them that
    several entities bear. ``on_path`` are the entities of ``chains`` that the question does not
    name.
    """

    entities: tuple[str, ...]
    ambiguous: tuple[str, ...]
    chains: tuple[Chain, ...]
    on_path: frozenset[str]


class Linker:
    """Links questions to one graph; build it once per graph."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        """Index the names of the graph's entities and the words of its relations."""
        self.graph = graph
        self.matcher = EntityMatcher.from_graph(graph, labels=True)
        self._relations = RelationWords(graph.relations)

    def link(self, question: str) -> Links:
        """Return the entities of ``question`` and the chains of edges that answer it."""
        mentions = self.matcher.find(question)
        chains = self._between(mentions) or self._asked(question, mentions)
        entities = {entity for mention in mentions for entity in mention.candidates}
        return Links(
            entities=tuple(dict.fromkeys(e for m in mentions for e in m.candidates)),
            ambiguous=tuple(
                dict.fromkeys(question[m.start : m.end] for m in mentions if len(m.candidates) > 1)
            ),
            chains=tuple(chains),
            on_path=frozenset(self._entities_of(chains)) - entities,
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
            forward = [chain for a, b in pairs for chain in self._paths(a, b)]
            found += forward or [chain for a, b in pairs for chain in self._paths(b, a)]
        return [*dict.fromkeys(found)][:MOST_CHAINS]

    def _paths(self, source: str, target: str) -> list[Chain]:
        """Return the shortest directed paths between two entities, in the order of edges."""
        start, end = self.graph.entity_index[source], self.graph.entity_index[target]
        away = _hops_to(self.graph, end, start)
        if start == end or away[start] < 0:
            return []
        found: list[Chain] = []
        todo: list[tuple[int, Chain]] = [(start, ())]
        while todo and len(found) < MOST_CHAINS:
            here, chain = todo.pop()
            if here == end:
                found.append(chain)
                continue
            edges = range(int(self.graph.out_start[here]), int(self.graph.out_start[here + 1]))
            for edge in reversed(edges):  # the stack turns them round again
                there = int(self.graph.edge_target[edge])
                if away[there] == away[here] - 1:
                    todo.append((there, (*chain, edge)))
        return found

    def _asked(self, question: str, mentions: Sequence[Mention]) -> list[Chain]:
        for mention in mentions:
            before, after = question[: mention.start], question[mention.end :]
            for asked in self._relations.read(before, after):
                found = [c for entity in mention.candidates for c in self._walks(entity, asked)]
                if found:
                    return found[:MOST_CHAINS]
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


def _hops_to(graph: KnowledgeGraph, end: int, start: int) -> IndexArray:
    """Return for each entity its directed distance to ``end``; -1 where farther than needed."""
    away = np.full(len(graph.entities), -1, dtype=np.int64)
    away[end] = 0
    front = np.array([end], dtype=np.int64)
    for hops in range(1, MOST_HOPS + 1):
        if away[start] >= 0 or not len(front):
            break
        _, places = ranges(graph.in_start[front], graph.in_start[front + 1])
        reached = np.unique(graph.edge_source[graph.in_order[places]])
        front = reached[away[reached] < 0]
        away[front] = hops
    return away
