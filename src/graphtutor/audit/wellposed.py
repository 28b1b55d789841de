"""Whether each task has one answer that the graph gives: the gates over :mod:`.facts`.

Unique path and shortest distance are gates for files that are evaluated on and told for those that
are trained on, where a short cut costs a little clarity and no honesty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from graphtutor.audit.columns import Mask, any_cell, filled
from graphtutor.audit.dataset import AuditFile, Dataset
from graphtutor.audit.facts import BEYOND, GraphFacts
from graphtutor.audit.finding import Demand, not_looked_at, task_check
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.runs.audit import TOLD, Check
from graphtutor.tasks.task import LETTERS

__all__ = ["option_checks", "wellposed_checks"]

_NO_CHAIN: Final = "start or chain are not stated, or not in the graph"
_NO_PATH: Final = "the edges of the path are not stated"
_NO_ENDS: Final = "start, answer or hop length are not stated, or not in the graph"
_NO_OPTION: Final = "an option is not in the graph"


def _demand(name: str, title: str, lack: str = "") -> Demand:
    return Demand(name, "well-posedness", title, lack)


_FOUR: Final = _demand("four-options", "two options are the same")
_NAMES: Final = _demand("known-names", "a name is not in the graph")
_PATH: Final = _demand("path", "the path does not exist, or does not lead to the answer", _NO_PATH)
_ANSWER: Final = _demand("answer", "the right option is no answer of start and chain", _NO_CHAIN)
_ONE: Final = _demand("one-answer", "not exactly one option is an answer", _NO_CHAIN)
_TYPES: Final = _demand("option-types", "options of several types", _NO_OPTION)
_DISTANCE: Final = _demand(
    "shortest-distance", "the answer is not as many hops away as stated", _NO_ENDS
)
_UNIQUE: Final = _demand("unique-path", "not exactly one walk leads to the answer", _NO_CHAIN)
_SIZES: Final = _demand("answer-set", "questions with a single possible answer", _NO_CHAIN)

_Words = Callable[[int], str]


@dataclass(frozen=True, slots=True, eq=False)
class _Finding:
    """A demand with the tasks looked at, those that break it, and how to say so."""

    demand: Demand
    looked: Mask
    broken: Mask
    say: _Words
    strict: bool = False


def option_checks(dataset: Dataset) -> Iterator[Check]:
    """Look for options that are the same; needs no graph."""
    options = np.sort(dataset.tasks.options, axis=1)
    twice = (options[:, 1:] == options[:, :-1]).any(axis=1)
    every = np.ones(len(options), dtype=np.bool_)
    names = dataset.tasks.names
    for file in dataset.files:
        yield task_check(dataset, file, _FOUR, every, twice, lambda row: ", ".join(names[row]))


def wellposed_checks(
    dataset: Dataset, graph: KnowledgeGraph | None, facts: GraphFacts | None
) -> Iterator[Check]:
    """Yield what the graph says of the tasks of every file; without one, that it was not asked."""
    if graph is None or facts is None:
        for file in dataset.files:
            for demand in (_NAMES, _PATH, _ANSWER, _ONE, _TYPES, _DISTANCE, _UNIQUE, _SIZES):
                yield not_looked_at(demand, file, "there is no graph")
        return
    findings = [
        _names(dataset, facts),
        _path(dataset, facts),
        *_answers(dataset, graph, facts),
        _types(dataset, graph, facts),
        *_distances(dataset, facts),
    ]
    for file in dataset.files:
        for found in findings:
            gate = file.role == "evaluated" or not found.strict
            yield task_check(
                dataset, file, found.demand, found.looked, found.broken, found.say, gate=gate
            )
        yield _sizes(dataset, file, facts)


def _names(dataset: Dataset, facts: GraphFacts) -> _Finding:
    tasks = dataset.tasks

    def say(row: int) -> str:
        unknown = [
            *_lost(dataset.entities, tasks.options[row], facts.options[row]),
            *_lost(dataset.entities, tasks.path[row], facts.path[row]),
            *_lost(dataset.relations, tasks.relation[row], facts.relation[row]),
            *_lost(dataset.relations, tasks.chain[row], facts.chain[row]),
        ]
        return f"not in the graph: {', '.join(dict.fromkeys(unknown)) or 'an end of an edge'}"

    return _Finding(_NAMES, np.ones(len(tasks), dtype=np.bool_), ~facts.known, say)


def _lost(names: Sequence[str], stated: IndexArray, found: IndexArray) -> Iterator[str]:
    """Yield the names of one row that the graph does not know."""
    numbers: list[int] = stated[found < 0].tolist()
    yield from (names[number] for number in numbers if number >= 0)


def _path(dataset: Dataset, facts: GraphFacts) -> _Finding:
    """Check the hops one by one: they exist, they join, they lead from start to answer."""
    tasks = dataset.tasks
    hops, width = tasks.edge_count, tasks.source.shape[1]
    inside = filled(hops, width)
    size_differs = (tasks.path_size != hops + 1) | ((tasks.hop_len > 0) & (hops != tasks.hop_len))
    apart = (tasks.source != tasks.path[:, :-1]) | (tasks.target != tasks.path[:, 1:])
    last = tasks.path[np.arange(len(tasks)), np.maximum(tasks.path_size - 1, 0)]
    otherwise = inside & (tasks.chain != tasks.relation)
    ordered = np.sort(tasks.path, axis=1)
    again = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    faults: list[tuple[str, Mask]] = [
        ("the path has another number of hops than stated", size_differs),
        ("the edges do not join the entities of the path", any_cell(inside & apart)),
        ("the graph has no such edge", any_cell(inside & ~facts.edge_there)),
        (
            "meta.relations differs from the relations of the path",
            (tasks.chain_size != hops) | any_cell(otherwise),
        ),
        ("the path visits an entity twice", any_cell(again)),
        ("the path does not end at the right option", last != tasks.answer),
    ]
    broken = np.logical_or.reduce([fault for _, fault in faults])

    def say(row: int) -> str:
        shown = " ".join(_route(dataset, row))
        return f"{'; '.join(text for text, fault in faults if fault[row])}: {shown}"

    return _Finding(_PATH, hops > 0, broken, say)


def _route(dataset: Dataset, row: int) -> Iterator[str]:
    tasks = dataset.tasks
    for hop in range(int(tasks.edge_count[row])):
        if hop == 0 or tasks.source[row, hop] != tasks.target[row, hop - 1]:
            yield dataset.entities[int(tasks.source[row, hop])]
        yield f"-{dataset.relations[int(tasks.relation[row, hop])]}->"
        yield dataset.entities[int(tasks.target[row, hop])]


def _answers(dataset: Dataset, graph: KnowledgeGraph, facts: GraphFacts) -> Iterator[_Finding]:
    tasks = dataset.tasks
    right = facts.in_set[np.arange(len(tasks)), tasks.right]

    def no_answer(row: int) -> str:
        name = dataset.entities[int(tasks.answer[row])]
        return f"{name} is none of the {facts.size[row]} entities that the chain reaches"

    def several(row: int) -> str:
        names = [
            f"{letter} {name}"
            for letter, name, there in zip(
                LETTERS, tasks.names[row], facts.in_set[row].tolist(), strict=True
            )
            if there
        ]
        return f"{', '.join(names) or 'no option'} can be reached along the chain"

    yield _Finding(_ANSWER, facts.asked, ~right, no_answer)
    yield _Finding(_ONE, facts.asked, facts.in_set.sum(axis=1) != 1, several)


def _types(dataset: Dataset, graph: KnowledgeGraph, facts: GraphFacts) -> _Finding:
    known = ~any_cell(facts.options < 0)
    kinds = graph.entity_type[facts.options] if len(graph.entities) else facts.options

    def say(row: int) -> str:
        return ", ".join(
            f"{name} is a {graph.types[kind]}"
            for name, kind in zip(dataset.tasks.names[row], kinds[row].tolist(), strict=True)
        )

    return _Finding(_TYPES, known, any_cell(kinds != kinds[:, :1]), say)


def _distances(dataset: Dataset, facts: GraphFacts) -> Iterator[_Finding]:
    hops = dataset.tasks.hops
    claimed = np.where(dataset.tasks.hop_len > 0, dataset.tasks.hop_len, hops)

    def nearer(row: int) -> str:
        found = int(facts.distance[row])
        away = f"more than {hops[row]}" if found == BEYOND else f"{found}"
        return f"the answer is {away} hops from the start, stated are {claimed[row]}"

    def walks(row: int) -> str:
        return f"{facts.walks[row]:.0f} walks along the chain lead to the answer"

    yield _Finding(_DISTANCE, facts.measured, facts.distance != claimed, nearer, strict=True)
    # Without any walk the answer gate has spoken; this one is about more than one.
    wanted = facts.asked.copy()
    wanted &= facts.in_set[np.arange(len(hops)), dataset.tasks.right]
    yield _Finding(_UNIQUE, wanted, facts.walks != 1, walks, strict=True)


def _sizes(dataset: Dataset, file: AuditFile, facts: GraphFacts) -> Check:
    """Tell how large the answer sets are: what a chain leaves open no reasoning can settle."""
    sizes = facts.size[file.rows][facts.asked[file.rows]]
    if not len(sizes):
        return not_looked_at(_SIZES, file, _NO_CHAIN if len(file) else "the file is empty")
    single = int((sizes == 1).sum())
    counts = Counter(_bucket(size) for size in np.sort(sizes).tolist())
    return Check(
        name=_SIZES.name,
        group=_SIZES.group,
        title=_SIZES.title,
        file=file.name,
        found=single,
        n=len(sizes),
        share=single / len(sizes),
        counts=dict(counts),
        note=TOLD,
    )


def _bucket(size: int) -> str:
    if size < 5:
        return str(size)
    return "5-9" if size < 10 else "10-19" if size < 20 else "20 or more"
