"""Who gets which path: the quotas of every split, filled so that no two splits share knowledge.

The evaluation is filled first, then dev, train_long and the search file. A (start, chain) is given
away once; a (start, answer) pair belongs to the split that took it first. The short training tasks
need no such care: a pair four or five hops apart has no path of three.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.config import TasksConfig
from graphtutor.graph.chains import chain_ids
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.graph.paths import Paths
from graphtutor.io.seed import random_stream
from graphtutor.tasks.candidates import Pool

__all__ = [
    "LONG_HOPS",
    "LONG_SPLITS",
    "SPLITS",
    "Allocation",
    "allocate_long",
    "choose_short",
    "choose_taught",
    "draw_cell",
    "draw_spread",
    "wanted_cells",
]

SPLITS: Final = ("train", "train_long", "dev", "eval", "eval_search")
"""The files, in the order in which they are named."""
LONG_SPLITS: Final = ("eval", "dev", "train_long", "eval_search")
"""The files of long chains, in the order in which they are filled."""
LONG_HOPS: Final = (4, 5)
_POOL_LIMIT: Final = 30_000
"""Candidates a draw chooses among; a larger pool is thinned at random first."""
_TAUGHT_LIMIT: Final = 50_000
"""Edges taught for their own sake; above it, only those that some path uses."""

Cell = tuple[str, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """Rows of the pools given to each (split, hop length), and the cells left short.

    ``missing`` maps (split, hop length, tier) to how many tasks could not be had.
    """

    rows: Mapping[tuple[str, int], IndexArray]
    missing: Mapping[Cell, int]


def wanted_cells(config: TasksConfig) -> dict[Cell, int]:
    """Return how many tasks are wanted per (split, hop length, tier).

    >>> cells = wanted_cells(TasksConfig(eval=5, tier_one_share=0.5))
    >>> cells["eval", 4, 1], cells["eval", 4, 2]
    (3, 2)
    """
    sizes = {"eval": config.eval, "dev": config.dev, "train_long": config.train_long}
    cells: dict[Cell, int] = {}
    for split in LONG_SPLITS:
        for hops in LONG_HOPS:
            if split == "eval_search":
                cells[split, hops, 3] = config.search
                continue
            determined = int(sizes[split] * config.tier_one_share + 0.5)
            cells[split, hops, 1] = determined
            cells[split, hops, 2] = sizes[split] - determined
    return cells


def draw_spread(
    resources: IndexArray,
    groups: IndexArray,
    need: int,
    uses: IndexArray,
    stream: np.random.Generator,
    power: float = 1.0,
) -> IndexArray:
    """Draw up to ``need`` rows, each by the inverse frequency of use of its resources.

    ``resources`` (n, m) numbers what a row uses (entities, edges); ``uses`` counts each so far and
    is updated in place. At most one row of each group in ``groups`` (n,) is drawn.
    """
    rows = np.arange(len(resources), dtype=np.int64)
    if len(rows) > _POOL_LIMIT:
        most = min(len(rows), max(_POOL_LIMIT, 8 * need))
        rows = np.sort(stream.choice(rows, most, replace=False))
    held, group = resources[rows], groups[rows]
    alive = np.ones(len(rows), dtype=np.bool_)
    chosen: list[int] = []
    while len(chosen) < need:
        # Rows of one column at a time, as (n, m) products are slow for small m.
        weight = alive.astype(np.float64)
        for column in held.T:
            weight /= (1.0 + uses[column]) ** power
        running: NDArray[np.float64] = np.cumsum(weight)
        if not len(running) or running[-1] <= 0:
            break
        ticket: NDArray[np.float64] = stream.random(1) * running[-1]
        pick = min(int(np.searchsorted(running, ticket, side="right")[0]), len(rows) - 1)
        if not alive[pick]:
            pick = int(np.flatnonzero(alive)[-1])
        chosen.append(int(rows[pick]))
        uses[held[pick]] += 1
        alive &= group != group[pick]
    return np.array(chosen, dtype=np.int64)


def allocate_long(
    graph: KnowledgeGraph, pools: Mapping[int, Pool], config: TasksConfig
) -> Allocation:
    """Give long chains to eval, dev, train_long and eval_search, in that order.

    ``pools`` maps a hop length to its candidates.
    """
    width = len(graph.entities)
    wanted = wanted_cells(config)
    rows: dict[tuple[str, int], IndexArray] = {}
    missing: dict[Cell, int] = {}
    used = {hops: np.zeros(len(pool.paths), dtype=np.bool_) for hops, pool in pools.items()}
    given: dict[str, list[IndexArray]] = {}
    owned = np.zeros(0, dtype=np.int64)
    for split in LONG_SPLITS:
        uses = np.zeros(2 * width, dtype=np.int64)
        for hops, pool in pools.items():
            free = ~used[hops] & ~np.isin(_pairs(pool, width), owned)
            free &= ~_overlaps(split, pool.paths.edges, given)
            taken: list[IndexArray] = []
            for tier in (1, 2, 3):
                need = wanted.get((split, hops, tier), 0)
                stream = random_stream(graph.digest, "cell", split, config.seed, hops, tier)
                drawn = draw_cell(pool, free & (pool.tier == tier), need, uses, stream)
                taken.append(drawn)
                if len(drawn) < need:
                    missing[split, hops, tier] = need - len(drawn)
            rows[split, hops] = np.concatenate(taken)
            used[hops] |= np.isin(pool.question, pool.question[rows[split, hops]])
        given[split] = [pool.paths.edges[rows[split, hops]] for hops, pool in pools.items()]
        now = [_pairs(pool, width)[rows[split, hops]] for hops, pool in pools.items()]
        owned = np.concatenate([owned, *now])
    return Allocation(rows, missing)


def _overlaps(
    split: str, edges: IndexArray, given: Mapping[str, Sequence[IndexArray]]
) -> NDArray[np.bool_]:
    """Mark the paths (n, hops) that contain an evaluated one, or lie inside a training one.

    A chain that stands inside a longer training path is memory, not composition.
    """
    found = np.zeros(len(edges), dtype=np.bool_)
    for other, parts in given.items():
        for part in parts:
            if split == "train_long" and part.shape[1] < edges.shape[1]:
                found |= _contains(edges, part)
            if other == "train_long" and part.shape[1] > edges.shape[1]:
                found |= _is_part(edges, part)
    return found


def _contains(edges: IndexArray, parts: IndexArray) -> NDArray[np.bool_]:
    """Tell which rows of ``edges`` hold a row of ``parts`` as a stretch."""
    windows = np.lib.stride_tricks.sliding_window_view(edges, parts.shape[1], axis=1)
    numbers = chain_ids(np.concatenate([windows.reshape(-1, parts.shape[1]), parts]))
    inside = np.isin(numbers[: len(numbers) - len(parts)], numbers[len(numbers) - len(parts) :])
    held: NDArray[np.bool_] = np.any(inside.reshape(windows.shape[:2]), axis=1)
    return held


def _is_part(edges: IndexArray, longer: IndexArray) -> NDArray[np.bool_]:
    """Tell which rows of ``edges`` are a stretch of a row of ``longer``."""
    windows = np.lib.stride_tricks.sliding_window_view(longer, edges.shape[1], axis=1)
    numbers = chain_ids(np.concatenate([edges, windows.reshape(-1, edges.shape[1])]))
    return np.isin(numbers[: len(edges)], numbers[len(edges) :])


def _pairs(pool: Pool, width: int) -> IndexArray:
    """Number each path's (start, answer)."""
    return pool.paths.entities[:, 0] * width + pool.paths.entities[:, -1]


def draw_cell(
    pool: Pool,
    free: NDArray[np.bool_],
    need: int,
    uses: IndexArray,
    stream: np.random.Generator,
) -> IndexArray:
    """Draw ``need`` free rows, spread over starts, answers and pairs of both.

    ``uses`` counts starts, then answers; shape (2 * entities,). It is updated in place.
    """
    width = len(uses) // 2
    among = np.flatnonzero(free).astype(np.int64)
    pair = np.unique(_pairs(pool, width)[among], return_inverse=True)[1] + len(uses)
    ends = pool.paths.entities[among]
    room = np.concatenate([uses, np.zeros(len(among), dtype=np.int64)])
    held = np.column_stack([ends[:, 0], width + ends[:, -1], pair])
    drawn = among[draw_spread(held, pool.question[among], need, room, stream)]
    uses[:] = room[: len(uses)]
    return drawn


def choose_short(
    graph: KnowledgeGraph, pool: Pool, hops: int, need: int, uses: IndexArray, seed: int
) -> Paths:
    """Choose at most ``need`` training paths that spread over the edges of the graph.

    ``uses`` counts the tasks per edge so far, shape (edges,), and is updated in place. Answer sets
    are at most four large, and no two paths share start and chain.
    """
    pool = pool.take(pool.size <= 4)
    stream = random_stream(graph.digest, "short", seed, hops)
    drawn = draw_spread(pool.paths.edges, pool.question, need, uses, stream, power=3.0)
    return pool.paths.take(drawn)


def choose_taught(
    graph: KnowledgeGraph, usable: NDArray[np.bool_], in_paths: IndexArray, seed: int
) -> IndexArray:
    """Return the edges that become 1-hop tasks: all usable ones, unless they are very many.

    Where they are, those that a path uses (``in_paths``) and others at random up to the limit.
    """
    edges = np.flatnonzero(usable).astype(np.int64)
    if len(edges) <= _TAUGHT_LIMIT:
        return edges
    needed = np.unique(in_paths)
    others = np.setdiff1d(edges, needed, assume_unique=True)
    stream = random_stream(graph.digest, "taught", seed)
    extra = stream.choice(others, max(0, min(len(others), _TAUGHT_LIMIT - len(needed))), False)
    return np.sort(np.concatenate([needed, extra]))
