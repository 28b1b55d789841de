"""Holds tasks and reward to each other without a model: the reference must earn the most.

For every task the reference completion earns the maximum of both profiles and is grounded, while
the cheap ways to look like it (nothing at all, the prompt again, another letter under the same
trace, another entity in the trace) earn less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isclose

from graphtutor.completion.parser import parse
from graphtutor.config import RewardConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.reward.profiles import GROUNDED, SPEC, Scorer, best_total
from graphtutor.tasks.prompt import completion_text
from graphtutor.tasks.task import LETTERS, Task

__all__ = ["selfcheck"]


def selfcheck(graph: KnowledgeGraph, tasks: Iterable[Task], config: RewardConfig) -> list[str]:
    """Return one line per violation; an empty list means that all tasks hold."""
    scorer = Scorer(graph, config)
    return [problem for task in tasks for problem in _check(task, scorer)]


def _check(task: Task, scorer: Scorer) -> Iterator[str]:
    reference = scorer.score(task, task.ref.trace)
    if not reference.parsed.valid:
        yield f"{task.id}: the reference completion is invalid: {reference.parsed.problem}"
        return
    for profile in (SPEC, GROUNDED):
        best = best_total(task, scorer.config, profile)
        total = reference.breakdown(profile).total
        if not isclose(total, best):
            yield f"{task.id}: the reference earns {total:g} of {best:g} under {profile}"
    if not reference.grounded:
        claims = "; ".join(f"{claim.text!r}: {claim.verdict}" for claim in reference.claims)
        yield f"{task.id}: the reference is not grounded ({claims or 'it claims nothing'})"
    for name, completion in _forgeries(task, scorer):
        forged = scorer.score(task, completion)
        if forged.grounded:
            # Another true chain to the same answer: as good as the reference, rightly.
            continue
        for profile in (SPEC, GROUNDED):
            total = forged.breakdown(profile).total
            if total >= best_total(task, scorer.config, profile):
                yield f"{task.id}: {name} earns as much as the reference under {profile}"


def _forgeries(task: Task, scorer: Scorer) -> Iterator[tuple[str, str]]:
    trace = parse(task.ref.trace).trace or ""
    yield "the empty completion", ""
    yield "the echoed prompt", task.prompt
    for letter in LETTERS:
        if letter != task.answer_star:
            yield f"the reference trace with letter {letter}", completion_text(trace, letter)
    path = task.path_star.entities
    stranger = next((name for name in task.options.names() if name not in path), None)
    for entity in path if stranger else ():
        swapped = _swap(trace, entity, stranger or "", scorer)
        yield (
            f"the reference trace with {stranger} for {entity}",
            completion_text(swapped, task.answer_star),
        )


def _swap(trace: str, old: str, new: str, scorer: Scorer) -> str:
    for mention in reversed(scorer.matcher.find(trace)):
        if mention.entity == old:
            trace = trace[: mention.start] + new + trace[mention.end :]
    return trace
