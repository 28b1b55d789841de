"""The candidates that the files of long chains are filled from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graphtutor.config import TasksConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.candidates import Pool, collect_pool
from graphtutor.tasks.rivals import with_rivals
from graphtutor.tasks.splits import LONG_HOPS, LONG_SPLITS, wanted_cells

__all__ = ["long_pools"]


def long_pools(
    graph: KnowledgeGraph, config: TasksConfig, usable: NDArray[np.bool_]
) -> dict[int, Pool]:
    """Return the fair candidates per hop length, enough for ``config`` where the graph has them."""
    wanted = wanted_cells(config)
    pools: dict[int, Pool] = {}
    for hops in LONG_HOPS:
        need = {t: sum(wanted.get((s, hops, t), 0) for s in LONG_SPLITS) for t in (1, 2, 3)}
        pool = collect_pool(graph, hops, need, strict=True, seed=config.seed, usable=usable)
        pools[hops] = with_rivals(graph, pool)
    return pools
