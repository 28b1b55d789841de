"""A clean dataset, and faults to plant in it one by one or together.

Each planter returns the dataset with its fault, the ids of the tasks that have it, and the gate
that is there for it. It takes tasks that no planter before it has taken, so that faults can be
combined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from graphtutor.audit.record import AuditTask
from graphtutor.config import TasksConfig
from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.paths import Paths
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.io.jsonl import write_jsonl
from graphtutor.tasks.build import Builder, Draft
from graphtutor.tasks.generate import generate_splits
from graphtutor.tasks.gold import gold_set
from graphtutor.tasks.prompt import prompt_text
from graphtutor.tasks.task import LETTERS, Options, Task

EVALUATED = ("dev", "eval", "eval_search")
SMALL = TasksConfig(
    train_one_hop=2, train_two_hop=40, train_three_hop=60, train_long=8, dev=8, eval=20, search=6
)


@dataclass(frozen=True)
class Planted:
    """A dataset with its graph; ``faults`` maps the gate of each fault to the ids that have it."""

    graph: KnowledgeGraph
    files: Mapping[str, Sequence[Task]]
    faults: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all tasks with a fault."""
        return frozenset().union(*self.faults.values())

    def with_fault(self, gate: str, ids: Sequence[str], **changes: Any) -> Planted:
        return replace(self, faults={**self.faults, gate: frozenset(ids)}, **changes)

    def with_file(self, name: str, tasks: Sequence[Task]) -> dict[str, Sequence[Task]]:
        return {**self.files, name: tasks}

    def free(self, name: str = "eval") -> list[Task]:
        return [task for task in self.files[name] if task.id not in self.ids]

    def swapped(self, task: Task, name: str = "eval") -> dict[str, Sequence[Task]]:
        """The files with ``task`` in place of the one that has its id."""
        return self.with_file(name, [task if t.id == task.id else t for t in self.files[name]])

    def write(self, folder: Path, strip: bool = False) -> Path:
        """Write the files; stripped, only what the seed's format has, less what is optional."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, tasks in self.files.items():
            write_jsonl(folder / f"{name}.jsonl", map(stripped, tasks) if strip else tasks)
        return folder


def stripped(task: Task) -> AuditTask:
    """The task as another program would write it: what has to be there, and the path."""
    kept = {"id", "hop_len", "question", "options", "answer_star", "path_star"}
    return AuditTask.model_validate(task.model_dump(include=kept))


def small_graph() -> KnowledgeGraph:
    """120 entities of four types with little branching, two relations for each type led to."""
    stream = np.random.default_rng(1)
    ids = [f"Thing{number:03d}" for number in range(120)]
    types = [f"kind{number}" for number in stream.integers(4, size=120)]
    triples = {
        (ids[source], f"links_{types[target][-1]}{stream.integers(2)}", ids[target])
        for source, target in stream.integers(120, size=(320, 2)).tolist()
        if source != target
    }
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="planted",
            entities=tuple(
                Entity(id=name, label=f"Thing {name[5:]}", type=kind)
                for name, kind in zip(ids, types, strict=True)
            ),
            relations=tuple(Relation(id=r, label=r) for r in sorted({r for _, r, _ in triples})),
            edges=tuple(Edge(src=s, rel=r, dst=d) for s, r, d in sorted(triples)),
        )
    )


def clean() -> Planted:
    graph = small_graph()
    return Planted(graph, generate_splits(graph, SMALL))


def changed(task: Task, **parts: Any) -> Task:
    """Change fields, and prompt and key with them, so that only the planted fault shows."""
    task = task.model_copy(update=parts)
    task = task.model_copy(update={"prompt": prompt_text(task.question, task.options.names())})
    return task.model_copy(update={"key": task.content_key()})


def evaluation_question_in_train(data: Planted) -> Planted:
    task = data.free()[0]
    leak = task.model_copy(update={"id": "train_leak", "split": "train"})
    files = data.with_file("train", [*data.files["train"], leak])
    return data.with_fault("question-in-training", [task.id], files=files)


def two_answers(data: Planted) -> Planted:
    graph = data.graph
    for task in data.free():
        chain = [graph.relation_index[name] for name in task.chain]
        reached = graph.answer_walks(graph.entity_index[task.start], chain)
        others = [
            graph.entities[e].id
            for e in reached
            if graph.entities[e].type == task.meta.answer_type
            and graph.entities[e].id not in (*task.options.names(), *task.path_star.entities)
        ]
        if others:
            letter = next(letter for letter in LETTERS if letter != task.answer_star)
            options = Options(**{**task.options.model_dump(), letter: others[0]})
            files = data.swapped(changed(task, options=options))
            return data.with_fault("one-answer", [task.id], files=files)
    raise LookupError("no question with two answers of one type")


def answer_given_away(data: Planted) -> Planted:
    task = data.free()[0]
    label = data.graph.entities[data.graph.entity_index[task.answer]].label
    files = data.swapped(changed(task, question=f"{task.question} Mind the {label}."))
    return data.with_fault("gives-itself-away", [task.id], files=files)


def wrong_type_asked(data: Planted) -> Planted:
    task = next(task for task in data.free() if task.question.endswith(" is it?"))
    start, _, _ = task.question.rpartition("Which ")
    other = next(kind for kind in data.graph.types if kind != task.meta.answer_type)
    files = data.swapped(changed(task, question=f"{start}Which {other} is it?"))
    return data.with_fault("type-asked", [task.id], files=files)


def shortcut_in_graph(data: Planted) -> Planted:
    """An edge of a new relation that brings exactly one task's answer nearer."""
    before = data.graph.to_file()
    for task in data.free():
        edge = Edge(src=task.start, rel="skips_to", dst=task.answer)
        graph = KnowledgeGraph.from_file(
            before.model_copy(
                update={
                    "edges": (*before.edges, edge),
                    "relations": (*before.relations, Relation(id="skips_to", label="skips to")),
                }
            )
        )
        everything = [t for tasks in data.files.values() for t in tasks]
        if nearer(everything, data.graph, graph) == {task.id}:
            # The files say that they were made from the graph that they are audited with.
            files = {
                name: [t.model_copy(update={"graph": graph.digest}) for t in tasks]
                for name, tasks in data.files.items()
            }
            return data.with_fault("shortest-distance", [task.id], files=files, graph=graph)
    raise LookupError("every edge shortens several tasks")


def nearer(tasks: Sequence[Task], old: KnowledgeGraph, new: KnowledgeGraph) -> set[str]:
    ends = np.array([[old.entity_index[t.start], old.entity_index[t.answer]] for t in tasks])
    far = [pair_distances(graph, ends[:, 0], ends[:, 1], 6) for graph in (old, new)]
    return {tasks[row].id for row in np.flatnonzero(far[0] != far[1])}


def evaluated_file_in_train(data: Planted) -> Planted:
    files = data.with_file("train_copy", data.files["dev"])
    return data.with_fault("file-digest", [task.id for task in data.files["dev"]], files=files)


def untaught_edge(data: Planted) -> Planted:
    uses = Counter(
        edge for name in EVALUATED for task in data.files[name] for edge in set(edges_of(task))
    )
    task, lonely = next(
        (task, edge) for task in data.free() for edge in edges_of(task) if uses[edge] == 1
    )
    train = [t for t in data.files["train"] if t.hop_len > 1 or edges_of(t) != [lonely]]
    return data.with_fault("untaught-edge", [task.id], files=data.with_file("train", train))


def edges_of(task: Task) -> list[tuple[str, str, str]]:
    return [(edge.src, edge.rel, edge.dst) for edge in task.path_star.edges]


def shared_start_and_answer(data: Planted) -> Planted:
    """A well-posed training task that leads from a start to its answer by another chain."""
    graph = data.graph
    taken = {(t.start, t.chain) for tasks in data.files.values() for t in tasks}
    for task in data.free():
        ends = [graph.entity_index[name] for name in (task.start, task.answer)]
        for edges in walks_between(graph, *ends, limit=5):
            chain = tuple(graph.relations[graph.edge_relation[e]].id for e in edges)
            if len(edges) > 1 and (task.start, chain) not in taken:
                leak = built(graph, edges)
                if leak is not None:
                    long = [*data.files["train_long"], leak]
                    files = data.with_file("train_long", long)
                    return data.with_fault("start-answer-in-training", [task.id], files=files)
    raise LookupError("no second chain between any start and answer")


def walks_between(
    graph: KnowledgeGraph, start: int, end: int, limit: int, seen: tuple[int, ...] = ()
) -> list[tuple[int, ...]]:
    """All simple paths of at most ``limit`` edges from start to end, as edge numbers."""
    if start == end:
        return [()]
    found: list[tuple[int, ...]] = []
    if limit:
        for edge in range(*graph.out_start[start : start + 2].tolist()):
            following = int(graph.edge_target[edge])
            if following not in (*seen, start):
                rest = walks_between(graph, following, end, limit - 1, (*seen, start))
                found += [(edge, *path) for path in rest]
    return found


def built(graph: KnowledgeGraph, edges: tuple[int, ...]) -> Task | None:
    """A task of train_long on this path; None without three wrong options."""
    steps = np.array([edges])
    entities = np.concatenate([graph.edge_source[steps[:, :1]], graph.edge_target[steps]], axis=1)
    gold = gold_set(graph, "train_long", Paths(entities, steps))
    barred = {*gold.answers.entity.tolist(), *entities[0].tolist()}
    kind = graph.entity_type[entities[0, -1]]
    wrong = [e for e in np.flatnonzero(graph.entity_type == kind).tolist() if e not in barred]
    if len(wrong) < 3:
        return None
    return Builder(graph).build(Draft(gold, 0, wrong[:3], 1, "that"), "train_long_shared")


PLANTERS: tuple[Callable[[Planted], Planted], ...] = (
    evaluation_question_in_train,
    two_answers,
    answer_given_away,
    wrong_type_asked,
    untaught_edge,
    shared_start_and_answer,
    shortcut_in_graph,
    evaluated_file_in_train,
)
