"""An entity of a graph taken apart: each strand is a statement about it and where that leads on.

The name of a strand is the statement itself, the short form the same told from its other end, and
everything between is a chain: "X is caused by Y, which is fixed by Z."
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, product, zip_longest
from typing import Final

from graphtutor.blueprint.domain import Topic
from graphtutor.blueprint.framework import Framework, Level
from graphtutor.blueprint.gate_topic import check_topic
from graphtutor.graph.inverse import inverse_phrase
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.wording import noun_of, phrase_of, trace

__all__ = ["Names", "Statement", "strands_of"]

_STRANDS: Final = 3
_STATEMENTS: Final = 12
"""So many of an entity's statements are tried."""
_HOPS: Final = 4
_BRANCHES: Final = 12
"""So many chains of each length are tried."""


@dataclass(frozen=True, slots=True)
class Names:
    """What entities are called, by index: their labels, and ids where two share a label."""

    entities: tuple[str, ...]
    phrases: tuple[str, ...]

    @classmethod
    def of(cls, graph: KnowledgeGraph) -> Names:
        """Return the names in ``graph`` and the phrases of its relations."""
        labels = [" ".join(entity.label.split()) for entity in graph.entities]
        folded = [label.casefold() for label in labels]
        shared = {name for name in folded if folded.count(name) > 1} if labels else set[str]()
        names = tuple(
            entity.id if not label or label.casefold() in shared else label
            for entity, label in zip(graph.entities, labels, strict=True)
        )
        return cls(names, tuple(phrase_of(relation) for relation in graph.relations))


@dataclass(frozen=True, slots=True)
class Statement:
    """What a strand is made from: the relation and the entity that it leads to, by index."""

    relation: int
    target: int


Walk = tuple[Statement, ...]


def strands_of(
    graph: KnowledgeGraph, names: Names, entity: int, framework: Framework
) -> list[tuple[Statement, Mapping[str, str]]]:
    """Return up to three strands that together pass the gate, each with its statement."""
    found: list[tuple[Statement, Mapping[str, str]]] = []
    for statement in islice(_statements(graph, entity), _STATEMENTS):
        before = [strand for _, strand in found]
        for strand in _candidates(graph, names, entity, statement, framework):
            if _passes(names.entities[entity], [*before, strand], framework):
                found.append((statement, strand))
                break
        if len(found) == _STRANDS:
            break
    return found


def _passes(title: str, strands: Sequence[Mapping[str, str]], framework: Framework) -> bool:
    first = [strand[framework.levels[0].id] for strand in strands]
    topic = Topic(id="t", title=title, evolution=1, subtopic="", strands=tuple(strands))
    return len(set(first)) == len(first) and not check_topic(topic, framework)


def _statements(graph: KnowledgeGraph, entity: int) -> Iterator[Statement]:
    """Yield the statements that begin at ``entity``, the relations taking turns."""
    turns: dict[int, list[Statement]] = {}
    for edge in range(int(graph.out_start[entity]), int(graph.out_start[entity + 1])):
        statement = Statement(int(graph.edge_relation[edge]), int(graph.edge_target[edge]))
        if statement.target != entity:
            turns.setdefault(statement.relation, []).append(statement)
    rounds = chain.from_iterable(zip_longest(*turns.values()))
    return (statement for statement in rounds if statement is not None)


def _candidates(
    graph: KnowledgeGraph, names: Names, entity: int, statement: Statement, framework: Framework
) -> Iterator[Mapping[str, str]]:
    """Yield the texts of a strand in every way that keeps to the bounds of words, short first."""
    name, *rest = framework.levels
    short = framework.merge.level if framework.merge else rest[-1].id
    chains = [_sentence(names, entity, walk) for walk in _walks(graph, entity, statement)]
    cores = _cores(graph, names, statement)
    options = [_fitting(name, _titles(names, statement))]
    options += [_fitting(level, cores if level.id == short else chains) for level in rest]
    for texts in product(*options):
        yield {level.id: text for level, text in zip(framework.levels, texts, strict=True)}


def _fitting(level: Level, texts: Sequence[str]) -> list[str]:
    return [text for text in texts if level.least_words <= len(text.split()) <= level.most_words]


def _titles(names: Names, statement: Statement) -> list[str]:
    target = names.entities[statement.target]
    phrase = names.phrases[statement.relation].removeprefix("is ")
    return [f"{phrase[:1].upper()}{phrase[1:]} {target}", target]


def _cores(graph: KnowledgeGraph, names: Names, statement: Statement) -> list[str]:
    """Say the statement from its other end, where English has words for that, or by type."""
    target = names.entities[statement.target]
    turned = inverse_phrase(names.phrases[statement.relation])
    noun = noun_of(graph.entities[statement.target].type)
    told = [f"{target} {turned} it", f"{target} {turned.removeprefix('is ')} it"]
    usable = not turned.startswith("is linked by") and not turned.endswith(" it")
    return [*(told if usable else ()), f"{noun[:1].upper()}{noun[1:]}: {target}"]


def _walks(graph: KnowledgeGraph, entity: int, first: Statement) -> Iterator[Walk]:
    """Yield the walks that begin with ``first`` and visit nothing twice, the short ones first."""
    walks: list[Walk] = [(first,)]
    for _ in range(_HOPS):
        yield from walks
        longer = (
            (*walk, step)
            for walk in walks
            for step in _statements(graph, walk[-1].target)
            if step.target not in (entity, *(passed.target for passed in walk))
        )
        walks = list(islice(longer, _BRANCHES))


def _sentence(names: Names, entity: int, walk: Walk) -> str:
    visited = [entity, *(statement.target for statement in walk)]
    phrases = [names.phrases[statement.relation] for statement in walk]
    return trace([names.entities[index] for index in visited], phrases)
