"""The graph under construction: foreign keys in, the records of ``kg.json`` out.

A reader adds entities, relations and statements under the source's own keys, in any order;
ids are made when all names are known. Repeated statements are counted, not kept.

>>> builder = GraphBuilder()
>>> builder.edge("heavy rain", "leads-to", "flood")
>>> file = builder.build("weather")
>>> file.edges[0]
Edge(src='HeavyRain', rel='leads_to', dst='Flood')
>>> file.relations[0].label
'leads to'
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from graphtutor.graph.readers.naming import (
    entity_token,
    readable,
    relation_token,
    unique_tokens,
)
from graphtutor.graph.readers.report import ReadReport, SkipLog
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation

__all__ = ["UNTYPED", "GraphBuilder"]

UNTYPED = "entity"
"""The type of an entity whose source gives none."""


@dataclass(slots=True)
class _EntityDraft:
    label: str = ""
    type: str = ""
    aliases: dict[str, None] = field(default_factory=dict[str, None])
    description: str | None = None
    source: str | None = None


@dataclass(slots=True)
class _RelationDraft:
    label: str = ""
    phrase: str | None = None
    inverse_key: str | None = None
    symmetric: bool = False


class GraphBuilder:
    """Collects drafts by key; what is given first stays, what comes later fills gaps."""

    def __init__(self) -> None:
        """Start empty."""
        self._entities: dict[str, _EntityDraft] = {}
        self._relations: dict[str, _RelationDraft] = {}
        # A dict keeps the order of the file and finds repeats; the values are not used.
        self._edges: dict[tuple[str, str, str], None] = {}
        self.skips = SkipLog()

    def entity(
        self,
        key: str,
        *,
        label: str = "",
        type: str = "",
        aliases: Iterable[str] = (),
        description: str | None = None,
        source: str | None = None,
    ) -> None:
        """Add the entity ``key`` or fill what is still unknown of it."""
        draft = self._entities.get(key)
        if draft is None:
            draft = self._entities[key] = _EntityDraft()
        draft.label = draft.label or label.strip()
        if type and draft.type and type != draft.type:
            self.skips.add("second type of an entity", f"{key}: {type} beside {draft.type}")
        draft.type = draft.type or type.strip()
        draft.aliases.update((alias, None) for alias in aliases if alias.strip())
        draft.description = draft.description or description
        draft.source = draft.source or source

    def knows(self, key: str) -> bool:
        """Tell whether the entity was added."""
        return key in self._entities

    def relation(
        self,
        key: str,
        *,
        label: str = "",
        phrase: str | None = None,
        inverse_key: str | None = None,
        symmetric: bool = False,
    ) -> None:
        """Add the relation ``key`` or fill what is still unknown of it."""
        draft = self._relations.setdefault(key, _RelationDraft())
        draft.label = draft.label or label.strip()
        draft.phrase = draft.phrase or phrase
        draft.inverse_key = draft.inverse_key or inverse_key
        draft.symmetric = draft.symmetric or symmetric

    def edge(self, src: str, rel: str, dst: str) -> None:
        """Add a statement; entities and relation come into being where they are new."""
        if (src, rel, dst) in self._edges:
            self.skips.add("duplicate statement", f"{src} {rel} {dst}")
            return
        self._edges[src, rel, dst] = None
        for key in (src, dst):
            if key not in self._entities:
                self._entities[key] = _EntityDraft()
        if rel not in self._relations:
            self._relations[rel] = _RelationDraft()

    def uses_relation(self, key: str) -> bool:
        """Tell whether the relation was added."""
        return key in self._relations

    def build(self, domain: str) -> GraphFile:
        """Make ids and return the file: entities and relations sorted by id, edges by their ids."""
        ids = unique_tokens(
            (key, entity_token(draft.label or key) or entity_token(key) or "Entity")
            for key, draft in self._entities.items()
        )
        used = {rel for _, rel, _ in self._edges}
        names = unique_tokens(
            (key, relation_token(draft.label or key) or relation_token(key) or "related_to")
            for key, draft in self._relations.items()
            if key in used
        )
        entities = [self._entity(ids[key], key) for key in self._entities]
        relations = [self._relation(names, key) for key in names]
        edges = sorted((ids[s], names[r], ids[d]) for s, r, d in self._edges)
        return GraphFile(
            version="1.0",
            domain=domain,
            entities=tuple(sorted(entities, key=lambda entity: entity.id)),
            relations=tuple(sorted(relations, key=lambda relation: relation.id)),
            edges=tuple(Edge(src=s, rel=r, dst=d) for s, r, d in edges),
        )

    def report(self, file: GraphFile, format: str, files: Iterable[str]) -> ReadReport:
        """Say what came of reading ``files``."""
        return ReadReport(
            format=format,
            files=tuple(files),
            entities=len(file.entities),
            relations=len(file.relations),
            edges=len(file.edges),
            skipped=self.skips.entries(),
        )

    def _entity(self, id: str, key: str) -> Entity:
        draft = self._entities[key]
        label = draft.label or key
        return Entity(
            id=id,
            label=label,
            type=draft.type or UNTYPED,
            aliases=tuple(alias for alias in draft.aliases if alias not in (label, id)),
            description=draft.description,
            source=draft.source,
        )

    def _relation(self, names: dict[str, str], key: str) -> Relation:
        draft = self._relations[key]
        return Relation(
            id=names[key],
            label=readable(draft.label or key),
            phrase=draft.phrase,
            inverse=names.get(draft.inverse_key) if draft.inverse_key else None,
            symmetric=draft.symmetric,
        )
