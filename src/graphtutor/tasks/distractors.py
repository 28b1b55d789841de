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

from graphtutor.graph.chains import ranges
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.io.seed import random_stream
from graphtutor.tasks.candidates import DISTRACTORS
from graphtutor.tasks.considered import Considered, Split, considered, split_of
from graphtutor.tasks.gold import GoldSet
from graphtutor.tasks.rivals import TAUGHT_HOPS
from graphtutor.tasks.taught import Taught
from graphtutor.tasks.word_guess import WordGuess

__all__ = ["draw_distractors", "linked"]

_TRIPLES: Final = 64
_SWEEPS: Final = 3
_SWEPT: Final = 6000
"""Tasks of a split up to which all choices are made again; more even out by themselves."""
_NEAR_LOG_WEIGHT: Final = 2.5
_NEAR_REWARD: Final = 0.6
_QUOTA_LOG_WEIGHT: Final = 2.5
_QUOTA_PENALTY: Final = 2.0
_UNFIT_LOG_WEIGHT: Final = 2.0
_UNFIT_PENALTY: Final = 0.5
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
    top: Scores = field(default_factory=lambda: np.zeros(0, dtype=np.float64))
    bottom: Scores = field(default_factory=lambda: np.zeros(0, dtype=np.float64))

    def lead(self, score: int) -> float:
        """Return in how many tasks too many the answer was lowest by ``score``, within limits."""
        if not self.tasks:
            return 0.0
        return float(np.clip(self.bottom[score] - 0.25 * self.tasks, 0, _DRIFT_LIMIT))

    def cost(self, shares: Scores) -> Scores:
        """Return what each triple would add to the imbalance, (triples,); see :func:`_shares`."""
        if not len(self.top):
            none: Scores = np.zeros_like(shares[0, :, 0])
            self.top, self.bottom = none, none.copy()
        drift: Scores = np.stack([self.top, self.bottom]) - 0.25 * self.tasks
        drift = np.clip(drift, -_DRIFT_LIMIT, _DRIFT_LIMIT)
        return ((drift[:, :, None] + shares - 0.25) ** 2).sum(axis=(0, 1))

    def record(self, given: Scores) -> None:
        """Count a task whose answer was given these shares, (2, scores)."""
        self.top += given[0]
        self.bottom += given[1]
        self.tasks += 1

    def take_back(self, given: Scores) -> None:
        """Forget a task whose choice is to be made again."""
        self.top -= given[0]
        self.bottom -= given[1]
        self.tasks -= 1


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

    def take_back(self, cells: IndexArray, groups: IndexArray) -> None:
        """Forget a task whose distractors are to be chosen again."""
        self.used[cells] -= 1
        self.done[groups] -= 1


def draw_distractors(
    graph: KnowledgeGraph,
    golds: Sequence[GoldSet],
    taught: Taught,
    seed: int,
    words: WordGuess | None = None,
) -> list[IndexArray]:
    """Draw three distractors for every path of ``golds``, the gold sets of one split.

    ``taught`` is what the files tell that a model is trained on before this split. Returns one
    array (n, 3) of entities for each gold set. None of them is in the answer set or on the path,
    and all have the type of the answer. Every path must have three such entities in the graph.
    """
    if not golds:
        return []
    split = split_of(graph, golds, taught, seed)
    options = [considered(graph, split, number, words) for number in range(len(golds))]
    quota, cells = _quota(graph, split, options)
    degrees = [graph.in_degree, graph.out_degree, graph.in_degree + graph.out_degree]
    static = np.stack([*degrees, split.frequency, taught.answers])
    # 4 and 5 hops make up for each other; the answer of one hop is nearest, so none can for it.
    together = Balance()
    wholes = [together if gold.hops > TAUGHT_HOPS else Balance() for gold in golds]
    drawings = [
        Drawing(graph, split, number, static, quota, options[number], cells[number], wholes[number])
        for number in range(len(golds))
    ]
    # The first choices are made before it is known what the others take: they are made again.
    for _ in range(_SWEEPS if sum(len(gold.paths) for gold in golds) <= _SWEPT else 1):
        for drawing in drawings:
            for task in range(len(drawing.gold.paths)):
                drawing.draw(task)
    return [drawing.drawn for drawing in drawings]


def _quota(
    graph: KnowledgeGraph, split: Split, options: Sequence[Considered]
) -> tuple[Quota, list[IndexArray]]:
    """Return the quotas of a split, and the cells (levels, rows) of all that is considered."""
    width = len(graph.entities)
    groups = split.groups
    answers = [g * width + gold.answer for g, gold in zip(groups, split.golds, strict=True)]
    rows = [g[:, c.task] * width + c.entity for g, c in zip(groups, options, strict=True)]
    names = np.unique(np.concatenate([codes.ravel() for codes in (*answers, *rows)]))
    right = np.concatenate([np.searchsorted(names, codes).ravel() for codes in answers])
    wanted = DISTRACTORS * np.bincount(right, minlength=len(names)).astype(np.float64)
    tasks = np.bincount(np.concatenate([g.ravel() for g in groups])).astype(np.float64)
    quota = Quota(wanted, np.zeros(len(names)), tasks, np.zeros(len(tasks)))
    return quota, [np.searchsorted(names, codes).astype(np.int64) for codes in rows]


@dataclass(slots=True, eq=False)
class Drawing:
    """The distractors of one gold set as they are drawn, and drawn again.

    ``static`` is (scores, entities), ``cells`` (levels, rows of ``found``). ``whole`` is shared by
    the gold sets that make up for each other. ``chosen`` maps a task to its three rows, counted
    from its first, and to what they gave the answer, (2, scores).
    """

    graph: KnowledgeGraph
    split: Split
    number: int
    static: IndexArray
    quota: Quota
    found: Considered
    cells: IndexArray
    whole: Balance
    balance: Balance = field(default_factory=lambda: Balance())
    chosen: dict[int, tuple[IndexArray, Scores]] = field(
        default_factory=lambda: dict[int, tuple[IndexArray, Scores]]()
    )

    @property
    def gold(self) -> GoldSet:
        """The gold set that is drawn for."""
        return self.split.golds[self.number]

    @property
    def drawn(self) -> IndexArray:
        """The distractors of every task, (n, 3)."""
        rows = [self.found.first[task] + self.chosen[task][0] for task in sorted(self.chosen)]
        return self.found.entity[np.array(rows, dtype=np.int64).reshape(-1, DISTRACTORS)]

    def draw(self, task: int) -> None:
        """Choose the distractors of ``task``, again where it has some."""
        found, quota = self.found, self.quota
        rows = slice(int(found.first[task]), int(found.first[task + 1]))
        cells, groups = self.cells[:, rows], self.split.groups[self.number][:, task]
        before = self.chosen.get(task)
        if before is not None:
            quota.take_back(cells[:, before[0]], groups)
            for balance in (self.balance, self.whole):
                balance.take_back(before[1])
        excess = quota.excess(cells, groups)
        triples = self._triples(task, rows, excess)
        if before is not None:
            triples[0] = before[0]
        penalty = _QUOTA_PENALTY * excess - _NEAR_REWARD * found.near[rows]
        penalty = (penalty + _UNFIT_PENALTY * found.unfit[rows])[triples].sum(axis=1)
        shares = _shares(self._values(task, rows, triples))
        cost = penalty + 0.5 * (self.balance.cost(shares) + self.whole.cost(shares))
        choice = int(cost.argmin())
        given = shares[:, :, choice]
        for balance in (self.balance, self.whole):
            balance.record(given)
        quota.record(cells[:, triples[choice]], groups)
        self.chosen[task] = triples[choice], given

    def _triples(self, task: int, rows: slice, excess: Scores) -> IndexArray:
        """Draw triples among the options considered; shape (triples, 3)."""
        found, gold = self.found, self.gold
        again = int(task in self.chosen)
        key = ("options", gold.split, self.split.seed, gold.hops, task, again)
        stream = random_stream(self.graph.digest, *key)
        keys = np.where(found.near[rows], _NEAR_LOG_WEIGHT, 0.0) - _QUOTA_LOG_WEIGHT * excess
        keys = keys - _UNFIT_LOG_WEIGHT * found.unfit[rows]
        # Score 0 is the distance: were the others left to chance, most would be farther away.
        lean = _LEAN * max(self.balance.lead(0), self.whole.lead(0))
        keys = keys + lean * (found.distance[rows] <= gold.distance[task])
        keys = keys + stream.gumbel(size=(_TRIPLES, len(keys)))
        return np.argsort(-keys, axis=1)[:, :DISTRACTORS]

    def _values(self, task: int, rows: slice, triples: IndexArray) -> Scores:
        """Return every score of answer and triple; shape (scores, triples, 4)."""
        found, gold, graph = self.found, self.gold, self.graph
        everyone = np.append(gold.answer[task], found.entity[rows])
        distance = np.append(gold.distance[task], found.distance[rows])
        either = np.append(found.answer_either[task], found.either[rows])
        under = _under_relation(graph, everyone, gold.paths.edges[task, -1])
        offered = self.split.taught.offered_with(int(gold.start[task]), everyone)
        guess = np.append(found.answer_guess[task], found.guess[rows])
        scores = np.concatenate(
            [[distance, either, under, offered], self.static[:, everyone], guess[None]]
        )
        sets = np.column_stack([np.zeros(len(triples), dtype=np.int64), triples + 1])
        return np.concatenate([scores[:, sets], _centrality(graph, everyone, sets)[None]])


def _shares(values: Scores) -> Scores:
    """Return the answer's share in the top and the bottom place, (2, scores, triples).

    ``values`` is (scores, triples, 4) with the answer first; ties share.
    """
    shares: list[Scores] = []
    for sign in (1.0, -1.0):
        ahead = sign * values == (sign * values).max(axis=2, keepdims=True)
        shares.append(ahead[:, :, 0] / ahead.sum(axis=2))
    return np.stack(shares)


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
