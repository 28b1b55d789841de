"""A blueprint from a knowledge graph: entities are topics, and what is said of them fills levels.

Evolutions are entity types in the order in which relations run between them; a type that has too
few kinds of statement for an evolution of its own stands in one with the next. Subtopics are kinds
of statement: "symptom is caused by cause". No model is asked, and the same graph gives the same
blueprint.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphtutor.blueprint.domain import Domain, Evolution, Topic
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.from_graph_order import ordered_types
from graphtutor.blueprint.from_graph_strands import Names, Statement, strands_of
from graphtutor.blueprint.gate_topic import check_title
from graphtutor.blueprint.save import free_id, slug
from graphtutor.blueprint.style import style_of
from graphtutor.errors import ConfigError, GraphError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.wording import noun_of

__all__ = ["MOST_TOPICS", "FromGraph", "domain_from_graph"]

MOST_TOPICS: Final = 1000
"""Of a larger graph, the entities with the most statements are taken."""
_SUBTOPICS: Final = 8
"""Kinds of statement of one type that become subtopics, where a topic has one of them."""
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class FromGraph:
    """The blueprint, and how many entities were left out for which reason."""

    domain: Domain
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Draft:
    """An entity with strands, before it has a place; ``kinds`` are those of its statements."""

    entity: int
    type: str
    kinds: tuple[str, ...]
    strands: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """The types of one evolution, and the topics by subtopic."""

    types: tuple[str, ...]
    held: Mapping[str, Sequence[_Draft]]


def domain_from_graph(graph: KnowledgeGraph, framework: Framework, title: str = "") -> FromGraph:
    """Make a blueprint of ``graph``; ``title`` is by default the graph's own domain.

    The blueprint passes the gate. Raises ConfigError for a framework of fewer than three levels,
    and GraphError where the entities that fill a strand do not make up two evolutions with two
    subtopics each.
    """
    if len(framework.levels) < 3:
        raise ConfigError(
            f"framework {framework.framework}",
            wanted="three levels: a name, what is known about it, a short form",
            got=f"{len(framework.levels)}",
        )
    kinds = _Kinds(graph)
    drafts, left_out = _drafts(graph, kinds, framework)
    groups = _groups(drafts, kinds)
    if len(groups) < 2:
        types = sorted({draft.type for draft in drafts})
        raise GraphError(
            graph.domain,
            wanted="entities of two types at least, with two kinds of statement each",
            got=f"{len(drafts)} entities that fill a strand, of the types {', '.join(types)}"
            if drafts
            else "no entity whose statements fill a strand",
            remedy="give the entities types, and see 'graphtutor graph' for what the graph holds",
        )
    title = title or _capital(noun_of(graph.domain))
    taken: set[str] = set()
    domain = Domain(
        domain=slug(title),
        title=title,
        framework=framework.framework,
        style=style_of(title, framework),
        hierarchy=tuple(
            Evolution(
                evolution=number,
                title=_capital(", ".join(group.types)),
                builds=_builds(group, groups[: number - 1], kinds),
                subtopics=tuple(group.held),
            )
            for number, group in enumerate(groups, 1)
        ),
        topics=tuple(
            Topic(
                id=free_id(kinds.names.entities[draft.entity], taken),
                title=kinds.names.entities[draft.entity],
                evolution=number,
                subtopic=subtopic,
                strands=draft.strands,
            )
            for number, group in enumerate(groups, 1)
            for subtopic, members in group.held.items()
            for draft in members
        ),
    )
    return FromGraph(domain, left_out)


class _Kinds:
    """Kinds of statement: "cause is fixed by fix", with the types in words."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        """Count the statements of ``graph`` by kind and by pair of types."""
        self.names = Names.of(graph)
        self.types = tuple(noun_of(entity.type) for entity in graph.entities)
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.said: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for source, relation, target in sorted(graph.triple_set):
            pair = (self.types[source], self.types[target])
            self.pairs[pair] += 1
            self.said[pair][self.of(source, Statement(relation, target))] += 1

    def of(self, entity: int, statement: Statement) -> str:
        """Return the kind of a statement about ``entity``."""
        phrase = self.names.phrases[statement.relation]
        return _capital(f"{self.types[entity]} {phrase} {self.types[statement.target]}")


def _drafts(
    graph: KnowledgeGraph, kinds: _Kinds, framework: Framework
) -> tuple[list[_Draft], dict[str, int]]:
    """Take apart every entity that can be, and count the rest by reason."""
    left_out: Counter[str] = Counter()
    drafts: list[_Draft] = []
    # A stable sort: those with most statements first, in the order of their ids.
    for entity in sorted(range(len(graph.entities)), key=lambda e: -int(graph.out_degree[e])):
        name = kinds.names.entities[entity]
        if not graph.out_degree[entity]:
            left_out["no statement begins there"] += 1
        elif check_title(name, framework):
            left_out["the name is no plain text"] += 1
        elif len(drafts) == MOST_TOPICS:
            left_out[f"beyond the {MOST_TOPICS} with the most statements"] += 1
        elif found := strands_of(graph, kinds.names, entity, framework):
            said = tuple(dict.fromkeys(kinds.of(entity, statement) for statement, _ in found))
            strands = tuple(strand for _, strand in found)
            drafts.append(_Draft(entity, kinds.types[entity], said, strands))
        else:
            left_out["no strand keeps to the framework's bounds and the gate"] += 1
    return sorted(drafts, key=lambda draft: draft.entity), dict(left_out)


def _groups(drafts: Sequence[_Draft], kinds: _Kinds) -> list[_Group]:
    """Make evolutions of types in order, each with two subtopics at least."""
    by_type: defaultdict[str, list[_Draft]] = defaultdict(list)
    for draft in drafts:
        by_type[draft.type].append(draft)
    groups: list[_Group] = []
    open_group = _Group((), {})
    for name in ordered_types(by_type, kinds.pairs):
        held = {**open_group.held, **_placed(by_type[name])}
        open_group = _Group((*open_group.types, name), held)
        if len(held) > 1:
            groups.append(open_group)
            open_group = _Group((), {})
    if open_group.types and groups:
        last = groups.pop()
        both = {**last.held, **open_group.held}
        groups.append(_Group((*last.types, *open_group.types), both))
    return groups


def _placed(drafts: Sequence[_Draft]) -> dict[str, list[_Draft]]:
    """Give each topic of a type one of its kinds of statement, evenly, the frequent kinds first."""
    frequent = [kind for kind, _ in Counter(k for d in drafts for k in d.kinds).most_common()]
    held: dict[str, list[_Draft]] = {kind: [] for kind in frequent}
    for draft in drafts:
        own = [kind for kind in frequent if kind in draft.kinds]
        options = [kind for kind in own if kind in frequent[:_SUBTOPICS]] or own[:1]
        min((held[kind] for kind in options), key=len).append(draft)
    return {kind: members for kind, members in held.items() if members}


def _builds(group: _Group, below: Sequence[_Group], kinds: _Kinds) -> str:
    """Say by which statements the types are reached from those below."""
    lower = [name for one in below for name in one.types]
    said: Counter[str] = Counter()
    for source in lower:
        for target in group.types:
            said.update(kinds.said[source, target])
    if said:
        return f"Reached from below: {_listed(said)}."
    return f"{'Stands beside those below' if below else 'What comes first'}: {_listed(group.held)}."


def _listed(texts: Counter[str] | Mapping[str, object]) -> str:
    most = texts.most_common(_SHOWN) if isinstance(texts, Counter) else list(texts.items())[:_SHOWN]
    return "; ".join(text for text, _ in most)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
