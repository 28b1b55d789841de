"""Near-miss distractors, drawn so that the options alone give nothing away.

Distractors are answers of other tasks of the same split and type, and mostly of tasks whose chains
end alike, so an entity stands among the options as often without being the answer as its share of
the answers asks for: over all tasks, and over those that end in the same one, two or three
relations. Otherwise the end of the question would tell which option is an answer of its kind. Among
those, the ones that one wrong turn reaches are preferred. Many triples are drawn for each task, and
the one is taken that keeps every shortcut at chance: for each score that a guesser could rank
options by (degree, frequency as an answer, closeness to the other options, distance from the start,
...), the answer is to be on top in a quarter of the tasks, and at the bottom in a quarter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.graph.chains import chain_ids, ranges
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.io.seed import random_stream
from graphtutor.tasks.candidates import DISTRACTORS, rows_of
from graphtutor.tasks.gold import GoldSet
from graphtutor.tasks.near_misses import near_misses

__all__ = ["draw_distractors", "linked"]

_LEVELS: Final = 3
"""Relations at the end of a chain that tasks are grouped by."""
_RANDOM: Final = 24
"""Answers of other tasks considered per task and level, beside its near misses."""
_TRIPLES: Final = 64
_NEAR_LOG_WEIGHT: Final = 2.5
_NEAR_REWARD: Final = 0.6
_QUOTA_LOG_WEIGHT: Final = 1.5
_QUOTA_PENALTY: Final = 0.5
_LEAN: Final = 1.0
"""Log weight of an option no farther than the answer, per task that the nearest leads by."""
_DRIFT_LIMIT: Final = 4.0
"""A score that cannot be balanced (1-hop answers are nearest) must not drown the others."""
_NEIGHBOURS: Final = 400

Scores = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Balance:
    """How often the answer was on top and at the bottom of each score so far; shape (scores,)."""

    tasks: int = 0
    top: Scores = field(default_factory=lambda: np.zeros(0))
    bottom: Scores = field(default_factory=lambda: np.zeros(0))

    def lead(self, score: int) -> float:
        """Return in how many tasks too many the answer was lowest by ``score``, within limits."""
        if not self.tasks:
            return 0.0
        return float(np.clip(self.bottom[score] - 0.25 * self.tasks, 0, _DRIFT_LIMIT))

    def choose(self, values: Scores, penalty: Scores) -> int:
        """Choose among triples and record the choice.

        ``values`` is (scores, triples, 4) with the answer first; ``penalty`` is (triples,).
        Returns the number of the triple.
        """
        if not len(self.top):
            self.top, self.bottom = np.zeros(len(values)), np.zeros(len(values))
        cost = penalty.copy()
        shares: list[Scores] = []
        for tally, sign in ((self.top, 1.0), (self.bottom, -1.0)):
            best = (sign * values).max(axis=2, keepdims=True)
            ahead = sign * values == best
            share = ahead[:, :, 0] / ahead.sum(axis=2)  # ties share the credit
            drift = np.clip(tally - 0.25 * self.tasks, -_DRIFT_LIMIT, _DRIFT_LIMIT)
            cost += ((drift[:, None] + share - 0.25) ** 2).sum(axis=0)
            shares.append(share)
        choice = int(cost.argmin())
        self.top += shares[0][:, choice]
        self.bottom += shares[1][:, choice]
        self.tasks += 1
        return choice


@dataclass(slots=True, eq=False)
class Quota:
    """Keeps each entity three times as often a distractor as it is an answer, cell by cell.

    A cell is an entity among the tasks of one group (see :func:`_groups`). ``wanted`` and ``used``
    count how often each is to be a distractor in the end, and was so far; shape (cells,). ``tasks``
    and ``done`` count tasks per group.
    """

    wanted: Scores
    used: Scores
    tasks: Scores
    done: Scores

    def excess(self, cells: IndexArray, groups: IndexArray) -> Scores:
        """Return how far the use of entities runs ahead of their quotas, in standard deviations.

        ``cells`` is (levels, n) and ``groups`` (levels,); summed over the levels, shape (n,).
        """
        final = self.wanted[cells]
        share = (self.done[groups] + 1) / self.tasks[groups]
        ahead = (self.used[cells] - final * share[:, None]) / (1 + np.sqrt(final))
        return ahead.sum(axis=0)

    def record(self, cells: IndexArray, groups: IndexArray) -> None:
        """Count the distractors of one more task: ``cells`` (levels, 3), ``groups`` (levels,)."""
        self.used[cells] += 1
        self.done[groups] += 1


@dataclass(frozen=True, slots=True, eq=False)
class Considered:
    """Valid distractors of a gold set, as rows sorted by task; all shape (rows,).

    ``first[i]:first[i + 1]`` are the rows of task i; ``distance`` is from the task's start.
    """

    task: IndexArray
    entity: IndexArray
    near: NDArray[np.bool_]
    distance: IndexArray
    first: IndexArray


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The gold sets of one split and the ``groups`` of their tasks, (levels, n) for each."""

    golds: Sequence[GoldSet]
    groups: Sequence[IndexArray]
    frequency: IndexArray
    seed: int


def draw_distractors(
    graph: KnowledgeGraph, golds: Sequence[GoldSet], taught: IndexArray, seed: int
) -> list[IndexArray]:
    """Draw three distractors for every path of ``golds``, the gold sets of one split.

    ``taught`` counts how often each entity answers a training task; shape (entities,). Returns one
    array (n, 3) of entities for each gold set. None of them is in the answer set or on the path,
    and all have the type of the answer. Every path must have three such entities in the graph.
    """
    frequency = np.zeros(len(graph.entities), dtype=np.int64)
    for gold in golds:
        frequency += np.bincount(gold.answer, minlength=len(frequency))
    split = Split(golds, _groups(graph, golds), frequency, seed)
    considered = [_considered(graph, split, number) for number in range(len(golds))]
    quota, cells = _quota(graph, split, considered)
    degrees = [graph.in_degree, graph.out_degree, graph.in_degree + graph.out_degree]
    static = np.stack([*degrees, frequency, taught])
    return [
        _draw(graph, split, number, static, quota, considered[number], cells[number])
        for number in range(len(golds))
    ]


def _groups(graph: KnowledgeGraph, golds: Sequence[GoldSet]) -> list[IndexArray]:
    """Number the groups that each task is in; shape (levels, n) for each gold set.

    Level k holds the tasks whose chains end in the same k relations; level 0 holds them all.
    """
    relations = [graph.edge_relation[gold.paths.edges[:, ::-1][:, :_LEVELS]] + 1 for gold in golds]
    ends = np.concatenate(
        [np.pad(chain, ((0, 0), (0, _LEVELS - chain.shape[1]))) for chain in relations]
    )
    levels: list[IndexArray] = []
    known = 0
    for level in range(_LEVELS + 1):
        levels.append(known + chain_ids(ends[:, :level]))
        known = int(levels[-1].max(initial=known)) + 1
    cuts = np.cumsum([len(gold.paths) for gold in golds])[:-1]
    return [part.astype(np.int64) for part in np.split(np.stack(levels), cuts, axis=1)]


def _quota(
    graph: KnowledgeGraph, split: Split, considered: Sequence[Considered]
) -> tuple[Quota, list[IndexArray]]:
    """Return the quotas of a split, and the cells (levels, rows) of all that is considered."""
    width = len(graph.entities)
    groups = split.groups
    answers = [g * width + gold.answer for g, gold in zip(groups, split.golds, strict=True)]
    rows = [g[:, c.task] * width + c.entity for g, c in zip(groups, considered, strict=True)]
    names = np.unique(np.concatenate([codes.ravel() for codes in (*answers, *rows)]))
    right = np.concatenate([np.searchsorted(names, codes).ravel() for codes in answers])
    wanted = DISTRACTORS * np.bincount(right, minlength=len(names)).astype(np.float64)
    tasks = np.bincount(np.concatenate([g.ravel() for g in groups])).astype(np.float64)
    quota = Quota(wanted, np.zeros(len(names)), tasks, np.zeros(len(tasks)))
    return quota, [np.searchsorted(names, codes).astype(np.int64) for codes in rows]


def _draw(
    graph: KnowledgeGraph,
    split: Split,
    number: int,
    static: IndexArray,
    quota: Quota,
    considered: Considered,
    cells: IndexArray,
) -> IndexArray:
    gold, groups = split.golds[number], split.groups[number]
    balance = Balance()
    drawn = np.empty((len(gold.paths), DISTRACTORS), dtype=np.int64)
    for task in range(len(gold.paths)):
        rows = slice(int(considered.first[task]), int(considered.first[task + 1]))
        options, near = considered.entity[rows], considered.near[rows]
        everyone = np.append(gold.answer[task], options)
        distance = np.append(gold.distance[task], considered.distance[rows])
        excess = quota.excess(cells[:, rows], groups[:, task])
        stream = random_stream(graph.digest, "options", gold.split, split.seed, gold.hops, task)
        keys = np.where(near, _NEAR_LOG_WEIGHT, 0.0) - _QUOTA_LOG_WEIGHT * excess
        # Score 0 is the distance: were the others left to chance, most would be farther away.
        keys = keys + _LEAN * balance.lead(0) * (distance[1:] <= distance[0])
        keys = keys + stream.gumbel(size=(_TRIPLES, len(options)))
        triples = np.argsort(-keys, axis=1)[:, :DISTRACTORS]
        penalty = (_QUOTA_PENALTY * excess - _NEAR_REWARD * near)[triples].sum(axis=1)
        under = _under_relation(graph, everyone, gold.paths.edges[task, -1])
        scores = np.concatenate([[distance, under], static[:, everyone]])
        sets = np.column_stack([np.zeros(_TRIPLES, dtype=np.int64), triples + 1])
        values = np.concatenate([scores[:, sets], _centrality(graph, everyone, sets)[None]])
        chosen = triples[balance.choose(values, penalty)]
        drawn[task] = options[chosen]
        quota.record(cells[:, rows][:, chosen], groups[:, task])
    return drawn


def linked(graph: KnowledgeGraph, entities: IndexArray) -> NDArray[np.bool_]:
    """Tell which pairs of ``entities`` (n,) are at most two undirected hops apart; shape (n, n)."""
    row, neighbour = _neighbours(graph, entities)
    _, column = np.unique(neighbour, return_inverse=True)
    member = np.zeros((len(entities), int(column.max(initial=0)) + 1), dtype=np.float32)
    member[row, column] = 1
    return (member @ member.T > 0) & ~np.eye(len(entities), dtype=np.bool_)


def _neighbours(graph: KnowledgeGraph, entities: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Return (row, neighbour) in either direction, each entity its own neighbour as well."""
    out_row, out = ranges(
        graph.out_start[entities],
        np.minimum(graph.out_start[entities + 1], graph.out_start[entities] + _NEIGHBOURS),
    )
    in_row, into = ranges(
        graph.in_start[entities],
        np.minimum(graph.in_start[entities + 1], graph.in_start[entities] + _NEIGHBOURS),
    )
    rows = np.concatenate([np.arange(len(entities)), out_row, in_row])
    others = [entities, graph.edge_target[out], graph.edge_source[graph.in_order[into]]]
    return rows, np.concatenate(others)


def _centrality(graph: KnowledgeGraph, everyone: IndexArray, sets: IndexArray) -> Scores:
    """Count for each option of each set the other options within two hops; shape of ``sets``."""
    links = linked(graph, everyone)
    return links[sets[:, :, None], sets[:, None, :]].sum(axis=2).astype(np.float64)


def _under_relation(graph: KnowledgeGraph, entities: IndexArray, edge: int) -> IndexArray:
    """Count the edges into each entity that carry the relation of ``edge``; shape (n,)."""
    row, position = ranges(
        graph.in_start[entities],
        np.minimum(graph.in_start[entities + 1], graph.in_start[entities] + _NEIGHBOURS),
    )
    same = graph.edge_relation[graph.in_order[position]] == graph.edge_relation[edge]
    return np.bincount(row[same], minlength=len(entities)).astype(np.int64)


def _considered(graph: KnowledgeGraph, split: Split, number: int) -> Considered:
    gold = split.golds[number]
    width = len(graph.entities)
    near = np.stack(near_misses(graph, gold.paths), axis=1)
    near = near[split.frequency[near[:, 1]] > 0]
    others = _other_answers(graph, split, number)
    codes = np.unique(np.concatenate([near, others]) @ np.array([width, 1]))
    codes = codes[_valid(graph, gold, codes // width, codes % width)]
    counts = np.bincount(codes // width, minlength=len(gold.paths))
    # Too few answers of that type: take whatever the graph has of it.
    poor = np.flatnonzero(counts < DISTRACTORS)
    if len(poor):
        kind = graph.entity_type
        fill = [t * width + np.flatnonzero(kind == kind[gold.answer[t]]) for t in poor.tolist()]
        extra = np.unique(np.concatenate(fill))
        extra = extra[_valid(graph, gold, extra // width, extra % width)]
        codes = np.union1d(codes, extra)
    task, entity = codes // width, codes % width
    distance = pair_distances(graph, gold.start[task], entity, gold.hops + 1)
    return Considered(
        task=task,
        entity=entity,
        near=np.isin(codes, near @ np.array([width, 1])),
        distance=np.where(distance < 0, gold.hops + 2, distance),
        first=np.searchsorted(task, np.arange(len(gold.paths) + 1)).astype(np.int64),
    )


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
    for level in range(_LEVELS + 1):
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
