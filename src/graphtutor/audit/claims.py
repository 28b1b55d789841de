"""What tasks say of themselves against what is true: meta, key, graph, split.

A claim is compared where it is of the kind that we write; what a foreign file means by a field of
the same name and another type is not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from graphtutor.audit.columns import Claims
from graphtutor.audit.dataset import Dataset, Role
from graphtutor.audit.facts import BEYOND, GraphFacts
from graphtutor.audit.finding import Demand, task_check
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.io.digest import digest_of
from graphtutor.runs.audit import Check
from graphtutor.tasks.candidates import tier_of
from graphtutor.tasks.task import LETTERS

__all__ = ["claim_checks", "role_of"]

_CLAIMS: Final = Demand(
    "recorded",
    "well-posedness",
    "what the task records of itself is not so (meta, key, graph)",
    "nothing is recorded that could be compared",
)
_SPLIT: Final = Demand(
    "split", "well-posedness", "the task says it belongs to the other side", "no split is recorded"
)
_EVALUATED: Final = ("dev", "eval", "test", "valid")


def role_of(name: str) -> Role | None:
    """Tell by a split's or file's name what it is for; None where the name does not say.

    >>> role_of("train_long"), role_of("validation"), role_of("episodes")
    ('train', 'evaluated', None)
    """
    lower = name.lower()
    if lower.startswith("train"):
        return "train"
    return "evaluated" if lower.startswith(_EVALUATED) else None


def claim_checks(
    dataset: Dataset, graph: KnowledgeGraph | None, facts: GraphFacts | None
) -> Iterator[Check]:
    """Compare what every task records; without a graph only its key and its split."""
    tasks = dataset.tasks
    wrong: dict[int, list[str]] = {}
    said = np.zeros(len(tasks), dtype=np.bool_)
    nothing, hops = Claims(), tasks.hops.tolist()
    for row, claims in enumerate(tasks.claims):
        if claims == nothing:
            continue
        faults = [*_content(dataset, claims, row)]
        count = bool(claims.key)
        if graph is not None and facts is not None:
            count = True
            faults += _of_graph(graph, claims, facts, row)
            faults += _of_chain(claims, facts, row, hops[row])
        said[row] = count
        if faults:
            wrong[row] = faults
    broken = np.zeros(len(tasks), dtype=np.bool_)
    broken[[*wrong]] = True
    for file in dataset.files:
        yield task_check(dataset, file, _CLAIMS, said, broken, lambda row: "; ".join(wrong[row]))
    yield from _split_checks(dataset)


def _content(dataset: Dataset, claims: Claims, row: int) -> Iterator[str]:
    if not claims.key:
        return
    tasks = dataset.tasks
    content = [tasks.questions[row], [*tasks.names[row]], LETTERS[int(tasks.right[row])]]
    key = digest_of(content)[:16]
    if key != claims.key:
        yield f"key says {claims.key}, the content {key}"


def _of_graph(graph: KnowledgeGraph, claims: Claims, facts: GraphFacts, row: int) -> Iterator[str]:
    if claims.graph and claims.graph != graph.digest:
        yield f"made from the graph {claims.graph[:12]}, not {graph.digest[:12]}"
    answer = int(facts.answer[row])
    if claims.answer_type and answer >= 0:
        kind = graph.entities[answer].type
        if claims.answer_type != kind:
            yield f"meta.answer_type says {claims.answer_type}, the graph {kind}"


def _of_chain(claims: Claims, facts: GraphFacts, row: int, hops: int) -> Iterator[str]:
    if facts.asked[row]:
        size = int(facts.size[row])
        true = (
            ("answer_set_size", claims.answer_set_size, size),
            ("tier", claims.tier, tier_of(size)),
            ("unique_path", claims.unique_path, bool(facts.walks[row] == 1)),
        )
        for name, claim, fact in true:
            if claim is not None and claim != fact:
                yield f"meta.{name} says {claim}, the graph {fact}"
    claim = claims.shortest_distance
    if facts.measured[row] and claim is not None:
        found = int(facts.distance[row])
        if found == BEYOND and claim <= hops:
            yield f"meta.shortest_distance says {claim}, the graph more than {hops}"
        elif found not in (BEYOND, claim):
            yield f"meta.shortest_distance says {claim}, the graph {found}"


def _split_checks(dataset: Dataset) -> Iterator[Check]:
    splits = dataset.tasks.splits
    roles = [role_of(split) for split in splits]
    stated = np.array([role is not None for role in roles], dtype=np.bool_)
    for file in dataset.files:
        other = np.array([role != file.role for role in roles], dtype=np.bool_)
        yield task_check(
            dataset, file, _SPLIT, stated, other, lambda row: f"split is {splits[row]!r}"
        )
