"""The same task asked in another way: another letter, another wording, its facts in the prompt.

A variant keeps the task's id, chain and answer, so that its answers pair with those of the task.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.io.seed import random_stream
from graphtutor.tasks.prompt import FORMAT_RULES, prompt_text
from graphtutor.tasks.task import LETTERS, Options, Task
from graphtutor.tasks.wording import noun_of, phrase_of, question

__all__ = ["balanced", "reworded", "rotated", "with_facts"]

_ANSWER: Final = "\nANSWER: "


def rotated(task: Task, shift: int) -> Task:
    """Move every option ``shift`` letters on, D to A; the answer's letter moves with it."""
    names = task.options.names()
    moved = [names[(place - shift) % 4] for place in range(4)]
    letter = LETTERS[(LETTERS.index(task.answer_star) + shift) % 4]
    trace = task.ref.trace.rpartition(_ANSWER)[0]
    return _changed(
        task,
        options=Options(**dict(zip(LETTERS, moved, strict=True))),
        answer_star=letter,
        prompt=prompt_text(task.question, moved),
        ref=task.ref.model_copy(update={"trace": f"{trace}{_ANSWER}{letter}"}),
    )


def balanced(tasks: Sequence[Task]) -> list[Task]:
    """Rotate the options of as few tasks as it takes for each letter to be right equally often.

    As often to within one, for each hop length; the order of the tasks stays.
    """
    dealt = list(tasks)
    for hops in {task.hop_len for task in tasks}:
        places: dict[str, list[int]] = {letter: [] for letter in LETTERS}
        for place, task in enumerate(tasks):
            if task.hop_len == hops:
                places[task.answer_star].append(place)
        total = sum(len(found) for found in places.values())
        # The letters that have most keep what is left over, so that fewest tasks change.
        most_first = sorted(LETTERS, key=lambda letter: -len(places[letter]))
        share = {letter: total // 4 for letter in LETTERS}
        for letter in most_first[: total % 4]:
            share[letter] += 1
        surplus = [place for letter in LETTERS for place in places[letter][share[letter] :]]
        wanted = [letter for letter in LETTERS for _ in range(share[letter] - len(places[letter]))]
        for place, letter in zip(surplus, wanted, strict=True):
            shift = LETTERS.index(letter) - LETTERS.index(tasks[place].answer_star)
            dealt[place] = rotated(tasks[place], shift % 4)
    return dealt


def reworded(task: Task, graph: KnowledgeGraph, template: str) -> Task:
    """Ask for the same chain in the words of ``template``.

    Raises KeyError for an unknown template, and for a task whose names ``graph`` does not know.
    """
    phrases = [phrase_of(graph.relations[graph.relation_index[name]]) for name in task.chain]
    entities = [graph.entities[graph.entity_index[name]] for name in task.path_star.entities[1:]]
    asked = question(task.start, phrases, [noun_of(entity.type) for entity in entities], template)
    return _changed(
        task,
        question=asked,
        prompt=prompt_text(asked, task.options.names()),
        meta=task.meta.model_copy(update={"template": template}),
    )


def with_facts(task: Task, graph: KnowledgeGraph) -> Task:
    """Put the statements of the gold path before the question, in an order that tells nothing.

    What a model then misses it cannot blame on knowledge. Raises KeyError for a relation that
    ``graph`` does not know.
    """
    facts = [
        f"{edge.src} {phrase_of(graph.relations[graph.relation_index[edge.rel]])} {edge.dst}."
        for edge in task.path_star.edges
    ]
    order: list[int] = random_stream("facts", task.id).permutation(len(facts)).tolist()
    plain = prompt_text(task.question, task.options.names()).removeprefix(FORMAT_RULES)
    told = f"Facts: {' '.join(facts[place] for place in order)}\n"
    return task.model_copy(update={"prompt": f"{FORMAT_RULES}{told}{plain}"})


def _changed(task: Task, **fields: object) -> Task:
    changed = task.model_copy(update=fields)
    return changed.model_copy(update={"key": changed.content_key()})
