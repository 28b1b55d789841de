"""A task as the audit reads it: the seed's format, without our own fields being required.

Required are id, question, four options and the right letter. Everything else may be absent, and
what a foreign file puts under ``meta`` is kept as it is: it is only compared where it can be
understood.

>>> task = AuditTask.model_validate_json(
...     '{"id": 7, "question": "Which?", "answer_star": "B",'
...     ' "options": {"A": "W", "B": "X", "C": "Y", "D": "Z"}}')
>>> task.id, task.options.of(task.answer_star), task.chain
('7', 'X', ())
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from graphtutor.tasks.task import Letter, Options

__all__ = ["AuditTask", "EdgeFields", "PathFields"]


class LenientRecord(BaseModel):
    """Frozen; what is not asked for is passed over, and a number serves where a name is wanted."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class EdgeFields(LenientRecord):
    """One hop: subject, relation, object, by name."""

    src: str
    rel: str
    dst: str


class PathFields(LenientRecord):
    """The gold path, as far as it is stated: entities in order of travel, and edges."""

    entities: tuple[str, ...] = ()
    edges: tuple[EdgeFields, ...] = ()


class AuditTask(LenientRecord):
    """One line of a task file, ours or one made elsewhere."""

    id: str
    question: str
    options: Options
    answer_star: Letter
    split: str | None = None
    hop_len: int | None = Field(default=None, ge=1)
    path_star: PathFields | None = None
    prompt: str | None = None
    ref: dict[str, Any] | None = None
    meta: dict[str, Any] | None = None
    key: Any = None
    graph: Any = None

    @property
    def chain(self) -> tuple[str, ...]:
        """The relations asked for: ``meta.relations``, or else those of the path."""
        said: Any = (self.meta or {}).get("relations")
        if isinstance(said, list) and said:
            names: list[Any] = [*said]
            return tuple(str(name) for name in names)
        return tuple(edge.rel for edge in self.path_star.edges) if self.path_star else ()

    @property
    def entities(self) -> tuple[str, ...]:
        """The entities of the path; those of its edges where only edges are stated."""
        if self.path_star is None:
            return ()
        edges = self.path_star.edges
        if self.path_star.entities or not edges:
            return self.path_star.entities
        return (edges[0].src, *(edge.dst for edge in edges))

    @property
    def edges(self) -> tuple[tuple[str, str, str], ...]:
        """The hops as (subject, relation, object).

        Where only entities and relations are stated, they are joined if their numbers fit.
        """
        if self.path_star is None:
            return ()
        if self.path_star.edges:
            return tuple((edge.src, edge.rel, edge.dst) for edge in self.path_star.edges)
        chain, ends = self.chain, tuple(pairwise(self.path_star.entities))
        if len(chain) != len(ends):
            return ()
        return tuple((src, rel, dst) for (src, dst), rel in zip(ends, chain, strict=True))
