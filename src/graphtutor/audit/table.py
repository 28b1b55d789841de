"""The tasks of one file as columns: what the shortcut baselines see.

Entities and relations are index numbers of the graph, -1 where the dataset does not say or the
graph does not know them; without a graph, entities are numbered by the dataset itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphtutor.graph.knowledge_graph import IndexArray

__all__ = ["OptionTable"]


@dataclass(frozen=True, slots=True, eq=False)
class OptionTable:
    """``n`` multiple-choice tasks.

    ``options`` (n, 4) are entities; ``names`` (n x 4) their texts as the dataset writes them.
    ``right`` (n,) is 0-3. ``start``, ``answer_hops`` and ``last_relation`` are (n,): the entity
    that the question starts from, the hop length claimed, the last relation asked for; -1 where
    unknown.
    """

    ids: Sequence[str]
    questions: Sequence[str]
    names: Sequence[tuple[str, str, str, str]]
    options: IndexArray
    right: IndexArray
    start: IndexArray
    answer_hops: IndexArray
    last_relation: IndexArray

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.ids)
