"""The task generator: from a graph and a configuration to the five files, checked as a whole.

Long chains are given to eval, dev, train_long and eval_search first; then 2- and 3-hop training
paths are spread over the graph; then every edge becomes 1-hop tasks. Distractors come last, because
they are drawn among the answers of a split. Every choice has a random stream derived from the
graph's digest, the seed and what is chosen, so the files are the same on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.config import TasksConfig
from graphtutor.errors import TaskError
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.graph.paths import Paths
from graphtutor.io.atomic import atomic_open
from graphtutor.io.seed import random_stream
from graphtutor.tasks.build import Builder, Draft
from graphtutor.tasks.candidates import collect_pool, shared_phrases, usable_edges
from graphtutor.tasks.checks import check_splits, check_task
from graphtutor.tasks.distractors import draw_distractors
from graphtutor.tasks.feasibility import Feasibility, feasibility, shortage
from graphtutor.tasks.gold import GoldSet, gold_set
from graphtutor.tasks.layout import layout_of
from graphtutor.tasks.long_pools import long_pools
from graphtutor.tasks.splits import (
    LONG_HOPS,
    LONG_SPLITS,
    SPLITS,
    allocate_long,
    choose_short,
    choose_taught,
    wanted_cells,
)
from graphtutor.tasks.task import Task
from graphtutor.tasks.taught import Taught, taught_by
from graphtutor.tasks.word_guess import WordGuess, WordTable

__all__ = [
    "Feasibility",
    "feasibility",
    "generate_splits",
    "lay_out",
    "one_hop_paths",
    "shortfalls",
    "verify",
    "write_splits",
]

_REPORT_EVERY: Final = 100
_SHOWN: Final = 5

Progress = Callable[[str, int], None]
"""Told the split and how many of its tasks are done."""


def generate_splits(
    graph: KnowledgeGraph, config: TasksConfig, on_progress: Progress | None = None
) -> dict[str, list[Task]]:
    """Return the tasks of train, train_long, dev, eval and eval_search.

    eval and dev are filled exactly; the others take what is left (see :func:`shortfalls`). Raises
    TaskError with a table and the settings that would work where eval or dev cannot be filled.
    """
    usable = usable_edges(graph)
    long = _long_paths(graph, config, usable)
    train = _train_paths(graph, config, usable, [paths for _, paths in long])
    golds: dict[str, list[GoldSet]] = {split: [] for split in SPLITS}
    for split, paths in [*(("train", paths) for paths in train), *long]:
        if len(paths):
            golds[split].append(gold_set(graph, split, paths))
    drawn: dict[str, list[IndexArray]] = {}
    words: WordGuess | None = None
    for split in SPLITS:  # training files first: what they offer is known to the others
        taught = _taught_before(graph, split, golds, drawn)
        if split == "dev":
            trained = (*golds["train"], *golds["train_long"])
            shown = (*drawn["train"], *drawn["train_long"])
            words = WordGuess.learnt(WordTable(graph, config), trained, shown)
        drawn[split] = draw_distractors(graph, golds[split], taught, config.seed, words)
    builder = Builder(graph)
    return {
        split: _tasks_of(builder, golds[split], drawn[split], config, on_progress)
        for split in SPLITS
    }


def _taught_before(
    graph: KnowledgeGraph,
    split: str,
    golds: Mapping[str, Sequence[GoldSet]],
    drawn: Mapping[str, Sequence[IndexArray]],
) -> Taught:
    """Return what the files tell that a model is trained on before it meets ``split``."""
    if split == "train":
        return taught_by(graph, golds["train"]).without_pairs
    before = ("train",) if split == "train_long" else ("train", "train_long")
    return taught_by(
        graph,
        [gold for name in before for gold in golds[name]],
        [options for name in before for options in drawn[name]],
    )


def _long_paths(
    graph: KnowledgeGraph, config: TasksConfig, usable: NDArray[np.bool_]
) -> list[tuple[str, Paths]]:
    """Return (split, paths) for every split of long chains and hop length."""
    pools = long_pools(graph, config, usable)
    allocation = allocate_long(graph, pools, config)
    error = shortage(graph, pools, allocation, config)
    if error is not None:
        raise error
    return [
        (split, pools[hops].paths.take(rows)) for (split, hops), rows in allocation.rows.items()
    ]


def _train_paths(
    graph: KnowledgeGraph,
    config: TasksConfig,
    usable: NDArray[np.bool_],
    long: Sequence[Paths],
) -> list[Paths]:
    """Return the training paths of 1, 2 and 3 hops; 1-hop paths ``train_one_hop`` times over."""
    uses = np.zeros(len(graph), dtype=np.int64)
    short: list[Paths] = []
    for hops, need in ((2, config.train_two_hop), (3, config.train_three_hop)):
        pool = collect_pool(
            graph, hops, {1: need, 2: need}, strict=False, seed=config.seed, usable=usable
        )
        short.append(choose_short(graph, pool, hops, need, uses, config.seed))
    in_paths = np.concatenate([paths.edges.ravel() for paths in (*long, *short)])
    taught = choose_taught(graph, usable, in_paths, config.seed)
    return [one_hop_paths(graph, taught, config.train_one_hop), *short]


def one_hop_paths(graph: KnowledgeGraph, edges: IndexArray, copies: int) -> Paths:
    """Return ``edges`` as paths of one hop, all of them ``copies`` times over."""
    taught = np.tile(edges, copies)
    ends = np.column_stack([graph.edge_source[taught], graph.edge_target[taught]])
    return Paths(ends, taught[:, None])


def _tasks_of(
    builder: Builder,
    golds: Sequence[GoldSet],
    drawn: Sequence[IndexArray],
    config: TasksConfig,
    on_progress: Progress | None,
) -> list[Task]:
    """Build the tasks of one split in random order."""
    if not golds:
        return []
    graph, split = builder.graph, golds[0].split
    drafts = [
        draft
        for gold, distractors in zip(golds, drawn, strict=True)
        for draft in lay_out(graph, gold, distractors, config)
    ]
    stream = random_stream(graph.digest, "order", split, config.seed)
    order: list[int] = stream.permutation(len(drafts)).tolist()
    tasks: list[Task] = []
    for place in order:
        tasks.append(builder.build(drafts[place], f"{split}_{len(tasks):06d}"))
        if on_progress and (len(tasks) % _REPORT_EVERY == 0 or len(tasks) == len(drafts)):
            on_progress(split, len(tasks))
    return tasks


def lay_out(
    graph: KnowledgeGraph, gold: GoldSet, distractors: IndexArray, config: TasksConfig
) -> list[Draft]:
    """Choose letter, template and order of the distractors for each path of a gold set.

    ``distractors`` (n, 3) are entity numbers. Paths of one hop stand ``config.train_one_hop`` times
    in ``gold``; the copies of one differ in letter and template.
    """
    layout = layout_of(graph, gold, config)
    others: list[list[int]] = layout.stream.permuted(distractors, axis=1).tolist()
    return [
        Draft(gold, number, others[number], layout.letters[number], layout.templates[number])
        for number in range(len(gold.paths))
    ]


def shortfalls(
    graph: KnowledgeGraph, config: TasksConfig, splits: Mapping[str, Sequence[Task]]
) -> list[str]:
    """Say where ``splits`` hold less than the configuration asks for, and what was left out.

    An empty list means that everything was made as asked.
    """
    lines: list[str] = []
    untaught = len(graph) - int(usable_edges(graph).sum())
    if untaught:
        lines.append(
            f"{untaught} of {len(graph)} edges make no task: fewer than three wrong options of "
            "the same type, an entity led to itself, or a relation that reads like another"
        )
    for phrase, relations in shared_phrases(graph).items():
        lines.append(f"relations {', '.join(relations)} all read as '{phrase}'; none is used")
    wanted = {(split, hops): 0 for split in LONG_SPLITS for hops in LONG_HOPS}
    for (split, hops, _), count in wanted_cells(config).items():
        wanted[split, hops] += count
    wanted["train", 2], wanted["train", 3] = config.train_two_hop, config.train_three_hop
    for (split, hops), count in wanted.items():
        made = sum(task.hop_len == hops for task in splits.get(split, ()))
        if made < count:
            lines.append(f"{split}: {made} of {count} tasks of {hops} hops; the graph has no more")
    return lines


def verify(graph: KnowledgeGraph, splits: Mapping[str, Sequence[Task]]) -> None:
    """Run every check on every task and on the files together.

    Raises TaskError with the count and the first few violations.
    """
    problems = [
        f"{task.id}: {problem}"
        for tasks in splits.values()
        for task in tasks
        for problem in check_task(graph, task)
    ]
    problems += check_splits(splits)
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise TaskError(
            "tasks",
            wanted="tasks that pass every check",
            got=f"{len(problems)} violations: {'; '.join(problems[:_SHOWN])}{more}",
            remedy="make the files again from the same graph; nothing was written",
        )


def write_splits(
    folder: Path, splits: Mapping[str, Sequence[Task]], graph: KnowledgeGraph
) -> dict[str, Path]:
    """Check everything, then write one ``<split>.jsonl`` each into ``folder``, all or nothing.

    Returns the paths by split. Raises TaskError if a check fails; nothing is written then.
    """
    verify(graph, splits)
    paths = {split: folder / f"{split}.jsonl" for split in splits}
    with ExitStack() as stack:
        # The files take their names together, when the last line of the last one is written.
        for split, path in paths.items():
            stream = stack.enter_context(atomic_open(path))
            for task in splits[split]:
                stream.write(task.model_dump_json(exclude_none=True) + "\n")
    return paths
