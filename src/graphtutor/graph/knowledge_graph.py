"""The knowledge graph as immutable index arrays (CSR), built once and only read afterwards.

Edges are sorted by (source, relation, target), so "the targets of entity e under relation r" is one
slice found by binary search, and nothing depends on the order in which a file lists its edges.

>>> from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
>>> graph = KnowledgeGraph.from_file(GraphFile(
...     version="1.0", domain="demo",
...     entities=(Entity(id="Rain", label="Rain", type="event"),
...               Entity(id="Flood", label="Flood", type="event")),
...     relations=(Relation(id="causes", label="causes"),),
...     edges=(Edge(src="Rain", rel="causes", dst="Flood"),)))
>>> graph.has_edge(graph.entity_index["Rain"], 0, graph.entity_index["Flood"])
True
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graphtutor.errors import GraphError
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.io.digest import digest_of

__all__ = ["IndexArray", "KnowledgeGraph"]

IndexArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class KnowledgeGraph:
    """A validated directed multigraph with typed entities and labelled edges.

    Entities and relations are kept sorted by id, so an index means the same whatever the order of
    the file. ``edge_source``, ``edge_relation`` and ``edge_target`` have shape (edges,) and are
    sorted by (source, relation, target).
    """

    domain: str
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    edge_source: IndexArray
    edge_relation: IndexArray
    edge_target: IndexArray
    entity_index: dict[str, int] = field(repr=False)
    relation_index: dict[str, int] = field(repr=False)

    @classmethod
    def from_file(cls, file: GraphFile, where: str = "graph") -> KnowledgeGraph:
        """Validate and index ``file``.

        Raises GraphError that names all violations at once, with counts and the first few of each.
        """
        problems = _violations(file)
        if problems:
            raise GraphError(
                where,
                wanted="unique ids, known ids on every edge, no duplicate edge",
                got="; ".join(problems),
                remedy="correct the listed entries; nothing was written",
            )
        entities = tuple(sorted(file.entities, key=lambda entity: entity.id))
        relations = tuple(sorted(file.relations, key=lambda relation: relation.id))
        entity_index = {entity.id: number for number, entity in enumerate(entities)}
        relation_index = {relation.id: number for number, relation in enumerate(relations)}
        triples = np.array(
            [(entity_index[e.src], relation_index[e.rel], entity_index[e.dst]) for e in file.edges],
            dtype=np.int64,
        ).reshape(-1, 3)
        triples = triples[np.lexsort((triples[:, 2], triples[:, 1], triples[:, 0]))]
        source, relation, target = (np.ascontiguousarray(triples[:, column]) for column in range(3))
        for column in (source, relation, target):
            column.setflags(write=False)
        return cls(
            file.domain,
            entities,
            relations,
            edge_source=source,
            edge_relation=relation,
            edge_target=target,
            entity_index=entity_index,
            relation_index=relation_index,
        )

    def __len__(self) -> int:
        """Return the number of edges."""
        return len(self.edge_source)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over domain, entities, relations and edges, independent of file order."""
        return digest_of(
            {
                "domain": self.domain,
                "entities": [e.model_dump(exclude_none=True) for e in self.entities],
                "relations": [r.model_dump(exclude_none=True) for r in self.relations],
                "edges": np.stack(
                    [self.edge_source, self.edge_relation, self.edge_target], axis=1
                ).tolist(),
            }
        )

    @cached_property
    def out_start(self) -> IndexArray:
        """Edges of entity e are ``out_start[e]:out_start[e + 1]``; shape (entities + 1,)."""
        return np.searchsorted(self.edge_source, np.arange(len(self.entities) + 1)).astype(np.int64)

    @cached_property
    def in_order(self) -> IndexArray:
        """Edge numbers sorted by target: the transposed copy; shape (edges,)."""
        return np.argsort(self.edge_target, kind="stable").astype(np.int64)

    @cached_property
    def in_start(self) -> IndexArray:
        """Edges into entity e are ``in_order[in_start[e]:in_start[e + 1]]``; (entities + 1,)."""
        return np.append(0, np.cumsum(self.in_degree)).astype(np.int64)

    @cached_property
    def edge_key(self) -> IndexArray:
        """Sorted key source * relations + relation per edge; shape (edges,)."""
        return self.edge_source * max(1, len(self.relations)) + self.edge_relation

    @cached_property
    def triple_set(self) -> frozenset[tuple[int, int, int]]:
        """All edges as (source, relation, target) index triples."""
        columns = (
            self.edge_source.tolist(),
            self.edge_relation.tolist(),
            self.edge_target.tolist(),
        )
        return frozenset(zip(*columns, strict=True))

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The entity types, sorted."""
        return tuple(sorted({entity.type for entity in self.entities}))

    @cached_property
    def entity_type(self) -> IndexArray:
        """Index into ``types`` per entity; shape (entities,)."""
        index = {name: number for number, name in enumerate(self.types)}
        return np.array([index[entity.type] for entity in self.entities], dtype=np.int64)

    @cached_property
    def out_degree(self) -> IndexArray:
        """Outgoing edges per entity; shape (entities,)."""
        return np.diff(self.out_start)

    @cached_property
    def in_degree(self) -> IndexArray:
        """Incoming edges per entity; shape (entities,)."""
        return np.bincount(self.edge_target, minlength=len(self.entities)).astype(np.int64)

    def targets(self, entity: int, relation: int) -> IndexArray:
        """Return the sorted targets of ``entity`` under ``relation``; may be empty."""
        key = entity * max(1, len(self.relations)) + relation
        low, high = np.searchsorted(self.edge_key, [key, key + 1])
        return self.edge_target[low:high]

    def has_edge(self, source: int, relation: int, target: int) -> bool:
        """Tell whether the statement is in the graph."""
        return (source, relation, target) in self.triple_set

    def answer_walks(self, start: int, chain: Sequence[int]) -> dict[int, int]:
        """Count the walks from ``start`` along the relations of ``chain``, by their end entity.

        The keys are the answer set of (start, chain); a value of 1 means the chain to that answer
        is unique.
        """
        counts: Counter[int] = Counter({start: 1})
        for relation in chain:
            following: Counter[int] = Counter()
            for entity, walks in counts.items():
                for target in self.targets(entity, relation).tolist():
                    following[target] += walks
            counts = following
        return dict(counts)

    def to_file(self) -> GraphFile:
        """Return the records again, in the order of the index."""
        return GraphFile(
            version="1.0",
            domain=self.domain,
            entities=self.entities,
            relations=self.relations,
            edges=tuple(
                Edge(src=self.entities[s].id, rel=self.relations[r].id, dst=self.entities[d].id)
                for s, r, d in sorted(self.triple_set)
            ),
        )


def _violations(file: GraphFile, shown: int = 3) -> list[str]:
    known = {entity.id for entity in file.entities}
    relations = {relation.id for relation in file.relations}
    found: dict[str, list[str]] = {}
    for kind, names in (
        ("duplicate entity id", [entity.id for entity in file.entities]),
        ("duplicate relation id", [relation.id for relation in file.relations]),
        ("duplicate edge", [f"{e.src} {e.rel} {e.dst}" for e in file.edges]),
    ):
        found[kind] = [name for name, count in Counter(names).items() if count > 1]
    found["empty id"] = [e.label for e in file.entities if not e.id.strip()]
    found["edge to an unknown entity"] = [
        f"{e.src} {e.rel} {e.dst}" for e in file.edges if e.src not in known or e.dst not in known
    ]
    found["edge with an unknown relation"] = [
        f"{e.src} {e.rel} {e.dst}" for e in file.edges if e.rel not in relations
    ]
    found["inverse that is not a relation"] = [
        f"{r.id} -> {r.inverse}" for r in file.relations if r.inverse and r.inverse not in relations
    ]
    return [
        f"{len(names)} x {kind} ({', '.join(names[:shown])}{', …' if len(names) > shown else ''})"
        for kind, names in found.items()
        if names
    ]
