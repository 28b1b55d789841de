"""Task counts that suit a graph: the defaults where it holds enough, else a fair share."""

from __future__ import annotations

from typing import Final

from graphtutor.config import TasksConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.candidates import Pool, usable_edges
from graphtutor.tasks.feasibility import shortage, smaller_config
from graphtutor.tasks.long_pools import long_pools
from graphtutor.tasks.splits import allocate_long

__all__ = ["fitting_config", "for_size"]

_EDGES: Final = 630
"""The size of graph that the default counts and the embedded model's 300 SFT steps are made for."""

_STEPS: Final = 300
_ROUNDS: Final = 24
_SHRINK: Final = 0.85


def fitting_config(graph: KnowledgeGraph, wanted: TasksConfig) -> TasksConfig | None:
    """Return ``wanted``, or the largest sizes near it that ``graph`` can fill; None if none can.

    Where eval and dev have to shrink, half of the long questions go to eval, an eighth to dev and
    the rest to train_long, so that there is something to train on as well.
    """
    pools = _pools(graph, wanted)
    if _fills(graph, pools, wanted):
        return wanted
    most = smaller_config(graph, pools, wanted)
    if most is None:
        return None
    total = most.eval + most.dev
    for _ in range(_ROUNDS):
        config = _shared_out(most, total)
        # What is asked for decides how far a large graph is sampled, so ask again.
        if _fills(graph, _pools(graph, config), config):
            return config
        if total <= 1:
            break
        total = max(1, int(total * _SHRINK))
    return None


def for_size(config: TasksConfig, edges: int) -> tuple[TasksConfig, int]:
    """Return 2- and 3-hop training tasks, and SFT steps, in proportion to a graph of ``edges``.

    Each edge is then met as often as in the bundled graph. A smaller graph keeps the defaults.

    >>> config, steps = for_size(TasksConfig(), 6300)
    >>> config.train_two_hop, config.train_three_hop, steps
    (11000, 23000, 3000)
    """
    share = max(1.0, edges / _EDGES)
    counts = {
        "train_two_hop": round(config.train_two_hop * share),
        "train_three_hop": round(config.train_three_hop * share),
    }
    return config.model_copy(update=counts), 10 * round(_STEPS * share / 10)


def _shared_out(config: TasksConfig, total: int) -> TasksConfig:
    evaluated = max(1, total // 2)
    dev = min(config.dev, total // 8)
    sizes = {"eval": evaluated, "dev": dev, "train_long": total - evaluated - dev}
    return config.model_copy(update={**sizes, "search": min(config.search, evaluated)})


def _pools(graph: KnowledgeGraph, config: TasksConfig) -> dict[int, Pool]:
    return long_pools(graph, config, usable_edges(graph))


def _fills(graph: KnowledgeGraph, pools: dict[int, Pool], config: TasksConfig) -> bool:
    allocation = allocate_long(graph, pools, config)
    return shortage(graph, pools, allocation, config) is None
