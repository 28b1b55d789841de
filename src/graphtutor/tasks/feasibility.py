"""How many well-posed tasks a graph holds, and what to ask for when it holds too few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from graphtutor.config import TasksConfig
from graphtutor.errors import TaskError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.candidates import Pool, collect_pool, usable_edges
from graphtutor.tasks.rivals import with_rivals
from graphtutor.tasks.splits import LONG_HOPS, Allocation, allocate_long, wanted_cells

__all__ = ["Feasibility", "feasibility", "shortage", "smaller_config"]

_SAMPLED: Final = 1000
"""Questions looked for per tier in a graph that has too many paths to list."""
_DEMANDED: Final = ("eval", "dev")
"""Splits that must be filled; the others take what is left."""


@dataclass(frozen=True, slots=True)
class Feasibility:
    """How many tasks one hop length and tier could yield, all checks passed.

    ``questions`` counts distinct (start, chain), of which a split uses each once; ``candidates``
    counts (start, chain, answer). Where ``complete`` is False the graph has too many paths to list
    and both are what a sample found: at least so many.
    """

    hop_len: int
    tier: int
    questions: int
    candidates: int
    complete: bool


def feasibility(
    graph: KnowledgeGraph, hops: Sequence[int] = (1, 2, 3, 4, 5), seed: int = 0
) -> list[Feasibility]:
    """Count what each (hop length, tier) could yield.

    Chains of four hops and more must be the only one to their answer, with no shorter way, and
    have rivals among the wrong options (see :mod:`graphtutor.tasks.rivals`).
    """
    usable = usable_edges(graph)
    need: dict[int, int] = {1: _SAMPLED, 2: _SAMPLED, 3: _SAMPLED}
    rows: list[Feasibility] = []
    for length in hops:
        strict = length >= min(LONG_HOPS)
        pool = collect_pool(graph, length, need, strict=strict, seed=seed, usable=usable)
        if strict:
            pool = with_rivals(graph, pool)
        for tier in (1, 2, 3):
            question = pool.question[pool.tier == tier]
            answer = pool.paths.entities[pool.tier == tier, -1]
            cells = np.unique(question * max(1, len(graph.entities)) + answer)
            rows.append(
                Feasibility(length, tier, len(np.unique(question)), len(cells), pool.complete)
            )
    return rows


def shortage(
    graph: KnowledgeGraph, pools: Mapping[int, Pool], allocation: Allocation, config: TasksConfig
) -> TaskError | None:
    """Return the error for an eval or dev that cannot be filled, with a table and the remedy."""
    if not any(split in _DEMANDED for split, _, _ in allocation.missing):
        return None
    wanted = wanted_cells(config)
    lines = ["", "  hops  tier  wanted  usable  filled"]
    for hops, pool in pools.items():
        for tier in (1, 2):
            ask = sum(wanted[split, hops, tier] for split in _DEMANDED)
            lack = sum(allocation.missing.get((split, hops, tier), 0) for split in _DEMANDED)
            usable = f"{_questions(pool, tier)}{'' if pool.complete else '+'}"
            lines.append(f"  {hops:>4}  {tier:>4}  {ask:>6}  {usable:>6}  {ask - lack:>6}")
    return TaskError(
        f"graph {graph.domain}",
        wanted=f"{config.eval} eval and {config.dev} dev tasks per hop length",
        got="fewer chains that pass every check (tier 1: one possible answer, tier 2: two to four)"
        + "\n".join(lines)
        + "\n",
        remedy=_remedy(config, smaller_config(graph, pools, config), pools),
    )


def smaller_config(
    graph: KnowledgeGraph, pools: Mapping[int, Pool], config: TasksConfig
) -> TasksConfig | None:
    """Return the nearest configuration whose eval and dev can be filled, or None if none can.

    The share of determined tasks is kept unless another one allows more than twice as many.
    """
    most = config.eval + config.dev
    shares = [config.tier_one_share, *(tenth / 10 for tenth in range(11))]
    totals = [min(most, *(_capacity(pool, share) for pool in pools.values())) for share in shares]
    best = max(range(len(shares)), key=lambda number: (totals[number], -number))
    chosen = 0 if 2 * totals[0] >= totals[best] else best
    total = totals[chosen]
    while total >= 1:
        dev = min(config.dev, total * config.dev // most, total - 1)
        smaller = config.model_copy(
            update={
                "eval": min(config.eval, total - dev),
                "dev": dev,
                "tier_one_share": shares[chosen],
            }
        )
        demand = smaller.model_copy(update={"train_long": 0, "search": 0})
        if not allocate_long(graph, pools, demand).missing:
            return smaller
        total = min(total - 1, int(total * 0.95))
    return None


def _questions(pool: Pool, tier: int) -> int:
    return len(np.unique(pool.question[pool.tier == tier]))


def _capacity(pool: Pool, share: float) -> int:
    """Return how many tasks of one hop length could be had at this share of determined ones."""
    determined, branching = _questions(pool, 1), _questions(pool, 2)
    most = determined + branching
    if share > 0:
        most = min(most, int(determined / share))
    if share < 1:
        most = min(most, int(branching / (1 - share)))
    return most


def _remedy(config: TasksConfig, smaller: TasksConfig | None, pools: Mapping[int, Pool]) -> str:
    if smaller is None:
        empty = [str(hops) for hops, pool in pools.items() if not len(pool.paths)]
        what = f"chains of {' and '.join(empty)} hops" if empty else "long chains"
        return (
            f"this graph has no usable {what}: each must be the only chain to its answer, with no "
            "shorter way there, three more entities of the answer's type, two of which fit the "
            "question's end and are about as far from the start; add edges that lead "
            "further, or entities of that type"
        )
    settings = [f"--set tasks.eval={smaller.eval}", f"--set tasks.dev={smaller.dev}"]
    if smaller.tier_one_share != config.tier_one_share:
        settings.append(f"--set tasks.tier_one_share={smaller.tier_one_share:g}")
    return f"add edges to the graph, or use {' '.join(settings)}"
