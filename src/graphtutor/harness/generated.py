"""New tasks from a graph: item ``i`` of a seed depends on (graph, lengths, seed, i) alone.

Items come in blocks of 64, because a distractor is best the answer of another task. A block's
random streams are derived by hash from the seed and the block's number, so two seeds share no more
than chance has it. (``Random(seed + index)``, which is common, makes neighbouring seeds share all
but one of their items.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from graphtutor.errors import TaskError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.paths import Paths
from graphtutor.harness.source import HeldOut
from graphtutor.io.seed import derive_seed, random_stream
from graphtutor.tasks.build import Builder, Draft
from graphtutor.tasks.candidates import collect_pool, usable_edges
from graphtutor.tasks.distractors import draw_distractors
from graphtutor.tasks.gold import gold_set
from graphtutor.tasks.task import Task
from graphtutor.tasks.taught import Taught, taught_by
from graphtutor.tasks.wording import TEMPLATES

__all__ = ["BLOCK", "TaskStream"]

BLOCK: Final = 64
_SPLIT: Final = "generated"
_POOL: Final = 4096
"""Candidates per length and tier where a graph has too many to list."""


@dataclass(frozen=True, eq=False)
class TaskStream:
    """An endless row of tasks of ``hops`` (lengths, drawn evenly) from ``graph``.

    ``held_out`` questions, and any other with the same start and answer, do not occur.
    """

    graph: KnowledgeGraph
    hops: tuple[int, ...]
    seed: int
    held_out: tuple[HeldOut, ...] = ()

    def __post_init__(self) -> None:
        """Check that every length has candidates. Raises TaskError."""
        short = [hops for hops in self.hops if hops < 1 or not len(self._pools[hops])]
        if short or not self.hops:
            raise TaskError(
                f"graph {self.graph.domain}",
                wanted="chains of every length asked for, beside those held out",
                got=f"none of {', '.join(map(str, short)) or 'no length'} hops",
                remedy="ask for other lengths; 'graphtutor graph' shows what there is",
            )

    def task(self, index: int) -> Task:
        """Return item ``index``, 0 or more."""
        return self._block(index // BLOCK)[index % BLOCK]

    @cached_property
    def _pools(self) -> dict[int, Paths]:
        usable = usable_edges(self.graph)
        need = {1: _POOL, 2: _POOL}
        pools: dict[int, Paths] = {}
        for hops in sorted({hops for hops in self.hops if hops > 0}):
            pool = collect_pool(self.graph, hops, need, strict=True, seed=0, usable=usable)
            paths = pool.take(pool.size <= 4).paths
            pools[hops] = paths.take(~self._is_held_out(paths))
        return pools

    def _is_held_out(self, paths: Paths) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        index, width = self.graph.entity_index, len(self.graph.entities)
        pairs: Collection[int] = {
            index[one.start] * width + index[one.answer]
            for one in self.held_out
            if one.start in index and one.answer in index
        }
        chains = {(one.start, one.chain) for one in self.held_out}
        ends = paths.entities[:, 0] * width + paths.entities[:, -1]
        found = np.isin(ends, list(pairs))
        relations: list[list[int]] = self.graph.edge_relation[paths.edges].tolist()
        for row, chain in enumerate(relations):
            start = self.graph.entities[int(paths.entities[row, 0])].id
            names = tuple(self.graph.relations[number].id for number in chain)
            found[row] |= (start, names) in chains
        return found

    @cached_property
    def _builder(self) -> Builder:
        return Builder(self.graph)

    def _taught(self, hops: int) -> Taught:
        """Take every edge for taught, as it is in every training file, and nothing else.

        A neighbour of the start is no option then where the answer is none.
        """
        width = len(self.graph.entities)
        pairs = np.unique(self.graph.edge_source * width + self.graph.edge_target)
        nothing = taught_by(self.graph, [])
        return replace(nothing, pairs=pairs) if hops > 1 else nothing

    @cached_property
    def _block(self) -> Callable[[int], tuple[Task, ...]]:
        return lru_cache(maxsize=8)(self._make_block)

    def _make_block(self, number: int) -> tuple[Task, ...]:
        stream = random_stream(self.graph.digest, _SPLIT, self.seed, number)
        lengths = stream.choice(np.array(sorted(self._pools)), size=BLOCK)
        tasks: dict[int, Task] = {}
        for hops in np.unique(lengths).tolist():
            places = np.flatnonzero(lengths == hops).tolist()
            rows = stream.integers(len(self._pools[hops]), size=len(places))
            tasks |= self._make(number, places, self._pools[hops].take(rows), stream)
        return tuple(tasks[place] for place in range(BLOCK))

    def _make(
        self, number: int, places: Sequence[int], paths: Paths, stream: np.random.Generator
    ) -> dict[int, Task]:
        gold = gold_set(self.graph, _SPLIT, paths)
        seed = derive_seed(_SPLIT, self.seed, number)
        drawn = draw_distractors(self.graph, [gold], self._taught(gold.hops), seed)[0]
        options: list[list[int]] = stream.permuted(drawn, axis=1).tolist()
        letters: list[int] = stream.integers(4, size=len(paths)).tolist()
        templates: list[int] = stream.integers(len(TEMPLATES), size=len(paths)).tolist()
        return {
            place: self._builder.build(
                Draft(gold, row, options[row], letters[row], TEMPLATES[templates[row]]),
                f"{_SPLIT}_{self.seed}_{number * BLOCK + place}",
            )
            for row, place in enumerate(places)
        }
