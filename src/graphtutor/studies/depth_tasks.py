"""The tasks of the depth study: trained to 1, 2, 3 or 5 hops, evaluated on 2 to 8.

One training file and one evaluation file, to be cut by hop length: a model that is trained to d
hops gets :func:`trained_to` of the training tasks, and every model gets the whole evaluation. The
evaluation is drawn first. What it asks is then kept out of the training tasks of *every* length:

- no training task of two or more hops has its (start, chain) or its (start, answer);
- no training path contains an evaluated path as a part, so that a chain of two hops is as new to a
  model trained on five hops as one of eight.

Every usable edge is taught on its own. Evaluated answers are reached by one chain only and by no
shorter way, as in the main evaluation; distractors are drawn among the answers of the same hop
length, because results are read hop length by hop length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.config import TasksConfig
from graphtutor.graph.chains import chain_ids
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.graph.paths import Paths
from graphtutor.io.seed import random_stream
from graphtutor.tasks.build import Builder
from graphtutor.tasks.candidates import Pool, collect_pool, usable_edges
from graphtutor.tasks.distractors import draw_distractors
from graphtutor.tasks.generate import lay_out, one_hop_paths
from graphtutor.tasks.gold import GoldSet, gold_set
from graphtutor.tasks.splits import choose_short, choose_taught, draw_cell
from graphtutor.tasks.task import Task
from graphtutor.tasks.taught import Taught, taught_by

__all__ = [
    "EVALUATED_HOPS",
    "TRAINED_DEPTHS",
    "TRAINED_HOPS",
    "depth_shortfalls",
    "depth_splits",
    "trained_to",
]

TRAINED_DEPTHS: Final = (1, 2, 3, 5)
"""Longest hop length of each model's training."""
TRAINED_HOPS: Final = (2, 3, 4, 5)
"""Hop lengths of training tasks beside the single edges."""
EVALUATED_HOPS: Final = (2, 3, 4, 5, 6, 7, 8)


def depth_splits(
    graph: KnowledgeGraph, *, evaluated: int = 100, train_per_hop: int = 1000, seed: int = 0
) -> dict[str, list[Task]]:
    """Return the tasks of ``train`` (1-5 hops) and ``eval`` (2-8 hops).

    ``eval`` holds ``evaluated`` tasks per hop length, half of them determined (tier 1) and half
    with two to four possible answers (tier 2); where one tier has too few, the other makes up for
    it. ``train`` holds two tasks per usable edge and up to ``train_per_hop`` of each length from 2
    to 5 with at most four possible answers. A graph that holds less gives less, see
    :func:`depth_shortfalls`. The same arguments give the same tasks on any machine.
    """
    config = TasksConfig(seed=seed)
    usable = usable_edges(graph)
    held = [_evaluated_paths(graph, hops, evaluated, seed, usable) for hops in EVALUATED_HOPS]
    held = [paths for paths in held if len(paths)]
    longer = _training_paths(graph, held, train_per_hop, seed, usable)
    in_paths = np.concatenate(
        [np.zeros(0, dtype=np.int64), *(paths.edges.ravel() for paths in (*held, *longer))]
    )
    edges = choose_taught(graph, usable, in_paths, seed)
    train = [one_hop_paths(graph, edges, config.train_one_hop), *longer]
    golds = {
        "train": [gold_set(graph, "train", paths) for paths in train if len(paths)],
        "eval": [gold_set(graph, "eval", paths) for paths in held],
    }
    taught = taught_by(graph, golds["train"])
    builder = Builder(graph)
    return {
        split: [
            task
            for gold in sets
            for task in _tasks_of(
                builder, gold, taught.without_pairs if split == "train" else taught, config
            )
        ]
        for split, sets in golds.items()
    }


def trained_to(train: Sequence[Task], depth: int) -> list[Task]:
    """Return the training tasks of at most ``depth`` hops."""
    return [task for task in train if task.hop_len <= depth]


def depth_shortfalls(
    splits: Mapping[str, Sequence[Task]], *, evaluated: int = 100, train_per_hop: int = 1000
) -> list[str]:
    """Say where ``splits`` hold less than was asked for; an empty list says nowhere."""
    lines: list[str] = []
    for split, lengths, wanted in (
        ("train", TRAINED_HOPS, train_per_hop),
        ("eval", EVALUATED_HOPS, evaluated),
    ):
        for hops in lengths:
            made = sum(task.hop_len == hops for task in splits[split])
            if made < wanted:
                lines.append(f"{split}: {made} of {wanted} tasks of {hops} hops")
    return lines


def _evaluated_paths(
    graph: KnowledgeGraph, hops: int, need: int, seed: int, usable: NDArray[np.bool_]
) -> Paths:
    """Draw strict paths of one hop length: half per tier, then whatever tier has more."""
    pool = collect_pool(graph, hops, {1: need, 2: need}, strict=True, seed=seed, usable=usable)
    uses = np.zeros(2 * len(graph.entities), dtype=np.int64)
    rows = np.zeros(0, dtype=np.int64)
    half = (need + 1) // 2
    for turn, (tier, wanted) in enumerate(((1, half), (2, need - half), (1, need), (2, need))):
        free = (pool.tier == tier) & ~np.isin(pool.question, pool.question[rows])
        stream = random_stream(graph.digest, "depth", "eval", seed, hops, turn)
        drawn = draw_cell(pool, free, min(wanted, need - len(rows)), uses, stream)
        rows = np.concatenate([rows, drawn])
    return pool.paths.take(rows)


def _training_paths(
    graph: KnowledgeGraph,
    held: Sequence[Paths],
    need: int,
    seed: int,
    usable: NDArray[np.bool_],
) -> list[Paths]:
    """Draw paths of 2-5 hops, spread over the edges, that give nothing of ``held`` away."""
    uses = np.zeros(len(graph), dtype=np.int64)
    chosen: list[Paths] = []
    for hops in TRAINED_HOPS:
        pool = collect_pool(graph, hops, {1: need, 2: need}, strict=False, seed=seed, usable=usable)
        free = pool.take(~_gives_away(graph, pool, held))
        chosen.append(choose_short(graph, free, hops, need, uses, seed))
    return chosen


def _gives_away(graph: KnowledgeGraph, pool: Pool, held: Sequence[Paths]) -> NDArray[np.bool_]:
    """Mark the paths of ``pool`` that share a question or a pair with ``held``, or contain one."""
    hops = pool.paths.edges.shape[1]
    marked = np.zeros(len(pool.paths), dtype=np.bool_)
    for paths in held:
        marked |= _shared(pool.paths.entities[:, [0, -1]], paths.entities[:, [0, -1]])
        length = paths.edges.shape[1]
        if length == hops:
            marked |= _shared(_questions(graph, pool.paths), _questions(graph, paths))
        for first in range(hops - length + 1):
            marked |= _shared(pool.paths.edges[:, first : first + length], paths.edges)
    return marked


def _questions(graph: KnowledgeGraph, paths: Paths) -> IndexArray:
    """Return start and relations of each path; shape (n, 1 + hops)."""
    return np.column_stack([paths.entities[:, 0], graph.edge_relation[paths.edges]])


def _shared(rows: IndexArray, others: IndexArray) -> NDArray[np.bool_]:
    """Tell which of ``rows`` (n, m) are among ``others`` (k, m); shape (n,)."""
    numbers = chain_ids(np.concatenate([rows, others]))
    return np.isin(numbers[: len(rows)], numbers[len(rows) :])


def _tasks_of(builder: Builder, gold: GoldSet, taught: Taught, config: TasksConfig) -> list[Task]:
    """Build the tasks of one split and hop length in random order."""
    graph, split, hops = builder.graph, gold.split, gold.hops
    [distractors] = draw_distractors(graph, [gold], taught, config.seed)
    drafts = lay_out(graph, gold, distractors, config)
    stream = random_stream(graph.digest, "order", split, config.seed, hops)
    order: list[int] = stream.permutation(len(drafts)).tolist()
    return [
        builder.build(drafts[place], f"{split}_{hops}_{number:06d}")
        for number, place in enumerate(order)
    ]
