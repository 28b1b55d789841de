"""The wrong options considered for each task: valid, new to the start, and answers of other tasks.

A distractor is to be an answer of another task of the split, so that it stands among the options as
often without being the answer as its share of the answers asks for; and as untaught with the start
as the answer is. By the split contract no evaluated pair of start and answer occurs in training, so
an option that training leads to from the same start could be thrown out unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.graph.chains import chain_ids
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.io.seed import random_stream
from graphtutor.tasks.candidates import DISTRACTORS, rows_of
from graphtutor.tasks.endings import LEVELS, endings
from graphtutor.tasks.gold import GoldSet
from graphtutor.tasks.near_misses import near_misses
from graphtutor.tasks.rivals import rivals
from graphtutor.tasks.taught import Taught
from graphtutor.tasks.undirected import undirected
from graphtutor.tasks.word_guess import WordGuess

__all__ = ["Considered", "Split", "considered", "split_of"]

_RANDOM: Final = 24
"""Answers of other tasks considered per task and level, beside its near misses."""
_UNDIRECTED: Final = 4
"""Hops searched in any direction; what is farther counts as equally far."""


@dataclass(frozen=True, slots=True, eq=False)
class Considered:
    """Valid distractors of a gold set, as rows sorted by task; all shape (rows,).

    ``first[i]:first[i + 1]`` are the rows of task i. ``distance`` is from the task's start along
    the edges, ``either`` in any direction; ``answer_either`` (n,) is that of each task's answer.
    ``unfit`` counts how many of the last three relations in turn do not end there.
    """

    task: IndexArray
    entity: IndexArray
    near: NDArray[np.bool_]
    unfit: IndexArray
    distance: IndexArray
    either: IndexArray
    answer_either: IndexArray
    guess: NDArray[np.float64]
    answer_guess: NDArray[np.float64]
    first: IndexArray


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The gold sets of one split and the ``groups`` of their tasks, (levels, n) for each.

    ``frequency`` counts how often each entity is an answer, shape (entities,).
    """

    golds: Sequence[GoldSet]
    groups: Sequence[IndexArray]
    frequency: IndexArray
    taught: Taught
    undirected: KnowledgeGraph
    seed: int


def split_of(graph: KnowledgeGraph, golds: Sequence[GoldSet], taught: Taught, seed: int) -> Split:
    """Return the tasks of ``golds`` as one split, for a training that tells what is ``taught``."""
    frequency = np.zeros(len(graph.entities), dtype=np.int64)
    for gold in golds:
        frequency += np.bincount(gold.answer, minlength=len(frequency))
    return Split(golds, _groups(graph, golds), frequency, taught, undirected(graph), seed)


def _groups(graph: KnowledgeGraph, golds: Sequence[GoldSet]) -> list[IndexArray]:
    """Number the groups that each task is in; shape (levels, n) for each gold set.

    Level k holds the tasks whose chains end in the same k relations; level 0 holds them all.
    """
    relations = [graph.edge_relation[gold.paths.edges[:, ::-1][:, :LEVELS]] + 1 for gold in golds]
    ends = np.concatenate(
        [np.pad(chain, ((0, 0), (0, LEVELS - chain.shape[1]))) for chain in relations]
    )
    levels: list[IndexArray] = []
    known = 0
    for level in range(LEVELS + 1):
        levels.append(known + chain_ids(ends[:, :level]))
        known = int(levels[-1].max(initial=known)) + 1
    cuts = np.cumsum([len(gold.paths) for gold in golds])[:-1]
    return [part.astype(np.int64) for part in np.split(np.stack(levels), cuts, axis=1)]


def considered(
    graph: KnowledgeGraph, split: Split, number: int, words: WordGuess | None = None
) -> Considered:
    """Return what is considered for the tasks of gold set ``number``, three options a task or more.

    Pairs that training tells are left out where a task has three other options in the graph.
    """
    gold = split.golds[number]
    width = len(graph.entities)
    near = np.stack(near_misses(graph, gold.paths), axis=1)
    near = near[split.frequency[near[:, 1]] > 0]
    others = _other_answers(graph, split, number)
    level = np.stack(rivals(graph, gold.paths), axis=1)
    codes = np.unique(np.concatenate([near, others, level]) @ np.array([width, 1]))
    codes = codes[_valid(graph, gold, codes // width, codes % width)]
    codes = _filled(graph, split, gold, codes)
    task, entity = codes // width, codes % width
    distance = pair_distances(graph, gold.start[task], entity, gold.hops + 1)
    whose, what = np.append(task, np.arange(len(gold.paths))), np.append(entity, gold.answer)
    guess = np.zeros(len(what)) if words is None else words.scores(gold, whose, what)
    chains = graph.edge_relation[gold.paths.edges]
    starts, ends = np.append(gold.start[task], gold.start), np.append(entity, gold.answer)
    either = pair_distances(split.undirected, starts, ends, _UNDIRECTED)
    either = np.where(either < 0, _UNDIRECTED + 1, either)
    return Considered(
        task=task,
        entity=entity,
        near=np.isin(codes, near @ np.array([width, 1])),
        unfit=min(LEVELS, gold.hops) - endings(graph, chains, task, entity),
        distance=np.where(distance < 0, gold.hops + 2, distance),
        either=either[: len(task)],
        answer_either=either[len(task) :],
        guess=guess[: len(task)],
        answer_guess=guess[len(task) :],
        first=np.searchsorted(task, np.arange(len(gold.paths) + 1)).astype(np.int64),
    )


def _filled(graph: KnowledgeGraph, split: Split, gold: GoldSet, codes: IndexArray) -> IndexArray:
    """Leave out what is taught; where a task has too few then, take all of its type instead."""
    width, kind = len(graph.entities), graph.entity_type

    taught = split.taught.pairs_with(gold.start[codes // width], codes % width)
    kept = codes[~taught]
    for strict in (True, False):
        poor = np.flatnonzero(np.bincount(kept // width, minlength=len(gold.paths)) < DISTRACTORS)
        if not len(poor):
            break
        fill = [t * width + np.flatnonzero(kind == kind[gold.answer[t]]) for t in poor.tolist()]
        extra: IndexArray = np.unique(np.concatenate(fill))
        extra = extra[_valid(graph, gold, extra // width, extra % width)]
        if strict:
            told = split.taught.pairs_with(gold.start[extra // width], extra % width)
            extra = extra[~told]
        kept = np.union1d(kept, extra)
    return kept


def _other_answers(graph: KnowledgeGraph, split: Split, number: int) -> IndexArray:
    """Draw answers of the same type from the tasks of each group; rows (task, entity).

    They are drawn in proportion, each task's own answer among them.
    """
    gold = split.golds[number]
    stream = random_stream(graph.digest, "others", gold.split, split.seed, gold.hops)
    kinds, kind = max(1, len(graph.types)), graph.entity_type
    answer = np.concatenate([part.answer for part in split.golds])
    task = np.repeat(np.arange(len(gold.paths), dtype=np.int64), _RANDOM)
    rows: list[IndexArray] = []
    for level in range(LEVELS + 1):
        group: IndexArray = split.groups[number][level]
        every = np.concatenate([part[level] for part in split.groups])
        pool: IndexArray = every * kinds + kind[answer]
        order = np.argsort(pool, kind="stable")
        wanted = group * kinds + kind[gold.answer]
        low = np.searchsorted(pool[order], wanted)[:, None]
        high = np.searchsorted(pool[order], wanted, side="right")[:, None]
        ticket = stream.integers(low, high, size=(len(wanted), _RANDOM))
        rows.append(np.stack([task, answer[order[ticket]].ravel()], axis=1))
    return np.concatenate(rows)


def _valid(
    graph: KnowledgeGraph, gold: GoldSet, task: IndexArray, entity: IndexArray
) -> NDArray[np.bool_]:
    valid = graph.entity_type[entity] == graph.entity_type[gold.answer[task]]
    valid &= ~rows_of(graph, gold.answers, task, entity)[1]
    return valid & ~(gold.paths.entities[task] == entity[:, None]).any(axis=1)
