"""The records of ``kg.json``: entities, relations, edges, and the file that holds them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Edge", "Entity", "GraphFile", "Relation"]


class GraphRecord(BaseModel):
    """Frozen; fields that a newer minor version adds are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Entity(GraphRecord):
    """A thing of the domain. ``id`` is how text names it; ``type`` is a noun ("cause")."""

    id: str
    label: str
    type: str
    aliases: tuple[str, ...] = ()
    description: str | None = None
    source: str | None = None


class Relation(GraphRecord):
    """A kind of statement. ``phrase`` is how it reads between subject and object."""

    id: str
    label: str
    phrase: str | None = None
    question: str | None = None
    inverse: str | None = None
    symmetric: bool = False


class Edge(GraphRecord):
    """One statement: ``src`` ``rel`` ``dst``."""

    src: str
    rel: str
    dst: str


class GraphFile(GraphRecord):
    """The whole of ``kg.json``."""

    version: str
    domain: str
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    edges: tuple[Edge, ...]
