"""Near-miss distractors, drawn so that the options alone give nothing away.

Distractors are answers of other tasks of the same split and type, so an entity stands among the
options as often without being the answer as its share of the answers asks for. Among those, the
ones that one wrong turn reaches are preferred. Many triples are drawn for each task, and the one is
taken that keeps every shortcut at chance: for each score that a guesser could rank options by
(degree, frequency as an answer, closeness to the other options, distance from the start, ...), the
answer is to be on top in a quarter of the tasks, and at the bottom in a quarter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.graph.chains import ranges
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.io.seed import random_stream
from graphtutor.tasks.candidates import DISTRACTORS, rows_of
from graphtutor.tasks.gold import GoldSet
from graphtutor.tasks.near_misses import near_misses

__all__ = ["draw_distractors", "linked"]

_RANDOM: Final = 24
"""Answers of other tasks considered per task, beside its near misses."""
_LEVELS: Final = 3
_LEVEL_WEIGHT: Final = 0.5
_NEAR_ANY = False
_TARGETS = 12
_OVERLAP=True
_LEAN: Final = 1.0
_TRIPLES: Final = 64
_NEAR_LOG_WEIGHT: Final = 2.5
_NEAR_REWARD: Final = 0.6
_QUOTA_LOG_WEIGHT: Final = 3.0
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

    @property
    def lead(self) -> float:
        if not len(self.top):
            return 0.0
        return float(np.clip(self.bottom[0] - 0.25 * self.tasks, 0, _DRIFT_LIMIT))

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

    The tasks of a split are grouped: all of them, those with the same last relation, those with the
    same last two. A cell is an entity in a group, so that not even the end of the chain tells an
    answer from a distractor. ``wanted`` and ``used`` count the draws of each cell as a distractor,
    in the end and so far; shape (cells,). ``tasks`` and ``done`` count tasks per group.
    """

    wanted: Scores
    used: Scores
    tasks: Scores
    done: Scores

    def excess(self, cells: IndexArray, groups: IndexArray) -> Scores:
        """Return how far the use of entities runs ahead of their quota, in standard deviations.

        ``cells`` is (levels, n), ``groups`` (levels,); the result (n,) is the mean of the levels.
        """
        share = (self.done[groups] + 1) / self.tasks[groups]
        wanted = self.wanted[cells]
        ahead = (self.used[cells] - wanted * share[:, None]) / (1 + np.sqrt(wanted))
        return _LEVEL_WEIGHT * ahead.sum(axis=0)

    def record(self, cells: IndexArray, groups: IndexArray) -> None:
        """Count the distractors ``cells`` (levels, 3) of one more task of ``groups`` (levels,)."""
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
    groups = _groups(graph, golds)
    considered = [
        _considered(graph, gold, frequency, groups[i], golds, groups, seed) for i, gold in enumerate(golds)
    ]
    quota, cells = _quota(graph, golds, groups, considered)
    degrees = [graph.in_degree, graph.out_degree, graph.in_degree + graph.out_degree]
    static = np.stack([*degrees, frequency, taught])
    return [
        _draw(graph, gold, static, quota, c, k, g, seed)
        for gold, c, k, g in zip(golds, considered, cells, groups, strict=True)
    ]


def _groups(graph: KnowledgeGraph, golds: Sequence[GoldSet]) -> list[IndexArray]:
    """Number the groups that each task is in; shape (levels, n) for each gold set.

    Level k holds the tasks whose chains end in the same k hops, up to ``_LEVELS`` of them.
    """
    base = (len(graph.relations) + 1)*(len(graph.types)+1)
    raw: list[IndexArray] = []
    for gold in golds:
        relations = graph.edge_relation[gold.paths.edges] + 1
        kinds = graph.entity_type[gold.paths.entities] + 1
        code = np.zeros(len(gold.paths), dtype=np.int64)
        codes = [code]
        for level in range(_LEVELS):
            if level < gold.hops:
                hop = relations[:, -1 - level] * (len(graph.types)+1)
                if level + 1 < gold.hops:
                    hop = hop + kinds[:, -2 - level]
            else: hop = np.zeros_like(code)
            codes.append((codes[-1] * base + hop))
        raw.append(np.stack([code + level * base**_LEVELS for level,code in enumerate(codes)]))
    names = np.unique(np.concatenate([codes.ravel() for codes in raw]))
    return [np.searchsorted(names, codes).astype(np.int64) for codes in raw]


def _quota(
    graph: KnowledgeGraph,
    golds: Sequence[GoldSet],
    groups: Sequence[IndexArray],
    considered: Sequence[Considered],
) -> tuple[Quota, list[IndexArray]]:
    """Return the quotas of a split, and the cells (levels, rows) of what is considered."""
    width = len(graph.entities)
    answers = [g * width + gold.answer for g, gold in zip(groups, golds, strict=True)]
    rows = [g[:, c.task] * width + c.entity for g, c in zip(groups, considered, strict=True)]
    names = np.unique(np.concatenate([codes.ravel() for codes in (*answers, *rows)]))
    right = np.concatenate([np.searchsorted(names, codes).ravel() for codes in answers])
    wanted = DISTRACTORS * np.bincount(right, minlength=len(names)).astype(np.float64)
    tasks = np.bincount(np.concatenate([g.ravel() for g in groups])).astype(np.float64)
    quota = Quota(wanted, np.zeros(len(names)), tasks, np.zeros(len(tasks)))
    return quota, [np.searchsorted(names, codes).astype(np.int64) for codes in rows]


def _draw(
    graph: KnowledgeGraph,
    gold: GoldSet,
    static: IndexArray,
    quota: Quota,
    considered: Considered,
    cells: IndexArray,
    groups: IndexArray,
    seed: int,
) -> IndexArray:
    balance = Balance()
    grams = _Grams(graph)
    drawn = np.empty((len(gold.paths), DISTRACTORS), dtype=np.int64)
    for task in range(len(gold.paths)):
        rows = slice(int(considered.first[task]), int(considered.first[task + 1]))
        options, near = considered.entity[rows], considered.near[rows]
        excess = quota.excess(cells[:, rows], groups[:, task])
        stream = random_stream(graph.digest, "options", gold.split, seed, gold.hops, task)
        keys = np.where(near, _NEAR_LOG_WEIGHT, 0.0) - _QUOTA_LOG_WEIGHT * excess
        everyone = np.append(gold.answer[task], options)
        distance = np.append(gold.distance[task], considered.distance[rows])
        keys = keys + _LEAN * balance.lead * (distance[1:] <= distance[0])
        keys = keys + stream.gumbel(size=(_TRIPLES, len(options)))
        triples = np.argsort(-keys, axis=1)[:, :DISTRACTORS]
        penalty = (excess - _NEAR_REWARD * near)[triples].sum(axis=1)
        under = _under_relation(graph, everyone, gold.paths.edges[task, -1])
        scores = np.concatenate([[distance, under], static[:, everyone]])
        if _OVERLAP:
            start = grams[gold.start[task]]
            like = [len(grams[e] & start) / max(1, len(grams[e])) for e in everyone.tolist()]
            scores = np.concatenate([scores, [like]])
        sets = np.column_stack([np.zeros(_TRIPLES, dtype=np.int64), triples + 1])
        values = np.concatenate([scores[:, sets], _centrality(graph, everyone, sets)[None]])
        chosen = triples[balance.choose(values, penalty)]
        drawn[task] = options[chosen]
        quota.record(cells[:, rows][:, chosen], groups[:, task])
    return drawn


class _Grams(dict):
    def __init__(self, graph):
        self.graph = graph
    def __missing__(self, e):
        plain = f" {self.graph.entities[e].id.lower()} "
        self[e] = frozenset(plain[i:i+3] for i in range(len(plain)-2))
        return self[e]


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


def _considered(
    graph: KnowledgeGraph, gold: GoldSet, frequency: IndexArray, groups: IndexArray,
    golds: Sequence[GoldSet], every: Sequence[IndexArray], seed: int
) -> Considered:
    width = len(graph.entities)
    near = np.stack(near_misses(graph, gold.paths), axis=1)
    near = near[_NEAR_ANY | (frequency[near[:, 1]] > 0)]
    others = _other_answers(graph, gold, groups, golds, every, seed)
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


def _other_answers(
    graph: KnowledgeGraph, gold: GoldSet, groups: IndexArray,
    golds: Sequence[GoldSet], every: Sequence[IndexArray], seed: int
) -> IndexArray:
    """Draw answers of other tasks of the same type and group, in proportion; rows (task, entity)."""
    stream = random_stream(graph.digest, "others", gold.split, seed, gold.hops)
    kinds = max(1, len(graph.types))
    kind = graph.entity_type
    answer = np.concatenate([g.answer for g in golds])
    rows: list[IndexArray] = []
    for level in range(len(groups)):
        pool = np.concatenate([g[level] for g in every]) * kinds + kind[answer]
        order = np.argsort(pool, kind="stable")
        wanted = groups[level] * kinds + kind[gold.answer]
        low = np.searchsorted(pool[order], wanted)
        high = np.searchsorted(pool[order], wanted, side="right")
        ticket = stream.integers(low[:, None], high[:, None], size=(len(wanted), _RANDOM))
        drawn = answer[order[ticket]]
        rows.append(np.stack([np.repeat(np.arange(len(wanted)), _RANDOM), drawn.ravel()], axis=1))
    if _TARGETS:
        rows.append(_other_targets(graph, gold, stream))
    return np.concatenate(rows).astype(np.int64)


def _other_targets(graph, gold, stream):
    kind = graph.entity_type
    kinds = len(graph.types)
    code = graph.edge_relation * kinds + kind[graph.edge_target]
    order = np.argsort(code, kind="stable")
    wanted = graph.edge_relation[gold.paths.edges[:, -1]] * kinds + kind[gold.answer]
    low = np.searchsorted(code[order], wanted)
    high = np.searchsorted(code[order], wanted, side="right")
    ticket = stream.integers(low[:, None], high[:, None], size=(len(wanted), _TARGETS))
    return np.stack([np.repeat(np.arange(len(wanted)), _TARGETS), graph.edge_target[order[ticket]].ravel()], axis=1)


def _valid(
    graph: KnowledgeGraph, gold: GoldSet, task: IndexArray, entity: IndexArray
) -> NDArray[np.bool_]:
    valid = graph.entity_type[entity] == graph.entity_type[gold.answer[task]]
    valid &= ~rows_of(graph, gold.answers, task, entity)[1]
    return valid & ~(gold.paths.entities[task] == entity[:, None]).any(axis=1)
