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
    """Keeps each entity three times as often a distractor as it is an answer; shape (entities,).

    ``frequency`` counts answers of the split, ``used`` the draws as a distractor so far.
    """

    frequency: IndexArray
    used: IndexArray
    tasks: int
    done: int = 0

    def excess(self, entities: IndexArray) -> Scores:
        """Return how far the use of each entity runs ahead of its quota, in standard deviations."""
        final = DISTRACTORS * self.frequency[entities].astype(np.float64)
        return (self.used[entities] - final * (self.done + 1) / self.tasks) / (1 + np.sqrt(final))

    def record(self, entities: IndexArray) -> None:
        """Count the distractors of one more task."""
        self.used[entities] += 1
        self.done += 1


@dataclass(frozen=True, slots=True, eq=False)
class Considered:
    """Valid distractors of a gold set, as rows sorted by task; all shape (rows,).

    ``first[i]:first[i + 1]`` are the rows of task i; ``distance`` is from the task's start.
    """

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
    quota = Quota(frequency, np.zeros_like(frequency), sum(len(gold.paths) for gold in golds))
    degrees = [graph.in_degree, graph.out_degree, graph.in_degree + graph.out_degree]
    static = np.stack([*degrees, frequency, taught])
    return [_draw(graph, gold, static, quota, seed) for gold in golds]


def _draw(
    graph: KnowledgeGraph, gold: GoldSet, static: IndexArray, quota: Quota, seed: int
) -> IndexArray:
    considered = _considered(graph, gold, quota.frequency, seed)
    balance = Balance()
    drawn = np.empty((len(gold.paths), DISTRACTORS), dtype=np.int64)
    for task in range(len(gold.paths)):
        rows = slice(int(considered.first[task]), int(considered.first[task + 1]))
        options, near = considered.entity[rows], considered.near[rows]
        excess = quota.excess(options)
        stream = random_stream(graph.digest, "options", gold.split, seed, gold.hops, task)
        keys = np.where(near, _NEAR_LOG_WEIGHT, 0.0) - _QUOTA_LOG_WEIGHT * excess
        keys = keys + stream.gumbel(size=(_TRIPLES, len(options)))
        triples = np.argsort(-keys, axis=1)[:, :DISTRACTORS]
        penalty = (excess - _NEAR_REWARD * near)[triples].sum(axis=1)
        everyone = np.append(gold.answer[task], options)
        distance = np.append(gold.distance[task], considered.distance[rows])
        under = _under_relation(graph, everyone, gold.paths.edges[task, -1])
        scores = np.concatenate([static[:, everyone], [under, distance]])
        sets = np.column_stack([np.zeros(_TRIPLES, dtype=np.int64), triples + 1])
        values = np.concatenate([scores[:, sets], _centrality(graph, everyone, sets)[None]])
        drawn[task] = options[triples[balance.choose(values, penalty)]]
        quota.record(drawn[task])
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


def _considered(
    graph: KnowledgeGraph, gold: GoldSet, frequency: IndexArray, seed: int
) -> Considered:
    width = len(graph.entities)
    near = np.stack(near_misses(graph, gold.paths), axis=1)
    near = near[frequency[near[:, 1]] > 0]
    others = _other_answers(graph, gold, frequency, seed)
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
        entity=entity,
        near=np.isin(codes, near @ np.array([width, 1])),
        distance=np.where(distance < 0, gold.hops + 2, distance),
        first=np.searchsorted(task, np.arange(len(gold.paths) + 1)).astype(np.int64),
    )


def _other_answers(
    graph: KnowledgeGraph, gold: GoldSet, frequency: IndexArray, seed: int
) -> IndexArray:
    """Draw answers of other tasks of the same type, in proportion; rows (task, entity)."""
    stream = random_stream(graph.digest, "others", gold.split, seed, gold.hops)
    kind = graph.entity_type
    rows: list[IndexArray] = [np.zeros((0, 2), dtype=np.int64)]
    for number in range(len(graph.types)):
        tasks = np.flatnonzero(kind[gold.answer] == number)
        entities = np.flatnonzero((kind == number) & (frequency > 0))
        if not len(tasks):
            continue
        running = np.cumsum(frequency[entities])
        ticket = stream.integers(int(running[-1]), size=(len(tasks), _RANDOM))
        drawn = entities[np.searchsorted(running, ticket, side="right")]
        rows.append(np.stack([np.repeat(tasks, _RANDOM), drawn.ravel()], axis=1))
    return np.concatenate(rows)


def _valid(
    graph: KnowledgeGraph, gold: GoldSet, task: IndexArray, entity: IndexArray
) -> NDArray[np.bool_]:
    valid = graph.entity_type[entity] == graph.entity_type[gold.answer[task]]
    valid &= ~rows_of(graph, gold.answers, task, entity)[1]
    return valid & ~(gold.paths.entities[task] == entity[:, None]).any(axis=1)
