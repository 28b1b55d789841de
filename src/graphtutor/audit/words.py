"""What the words of a task give away or get wrong: type asked for, chain named, answer named.

Questions in our own wording are compared word for word. Of any other wording the type asked for is
read (:mod:`.asked`), and whether the start and the relations are named in the graph's own phrases
is told: a paraphrase is no fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from graphtutor.audit.asked import TypeReader
from graphtutor.audit.columns import ABSENT, UNREADABLE, Mask
from graphtutor.audit.dataset import Dataset
from graphtutor.audit.facts import GraphFacts
from graphtutor.audit.finding import Demand, not_looked_at, task_check
from graphtutor.audit.overlap import normalised
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.runs.audit import Check
from graphtutor.tasks.task import LETTERS
from graphtutor.tasks.wording import (
    HELD_OUT_TEMPLATES,
    TEMPLATES,
    is_template,
    noun_of,
    phrase_of,
    question,
)

__all__ = ["giveaway_checks", "prompt_checks", "wording_checks"]

_OURS: Final = (*TEMPLATES, *HELD_OUT_TEMPLATES)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+")

_ASKED: Final = Demand(
    "type-asked",
    "well-posedness",
    "the question asks for another type than the answer has",
    "the question states no type of the graph, or the answer is not in it",
)
_NAMED: Final = Demand(
    "chain-named",
    "well-posedness",
    "the question does not name the start and then the relations",
    "start or chain are not stated, or not in the graph",
)
_GIVEN: Final = Demand(
    "gives-itself-away",
    "well-posedness",
    "the question names the right option and no other",
)
_PROMPT: Final = Demand(
    "prompt", "well-posedness", "the prompt lacks the question or an option", "there is no prompt"
)
_REFERENCE: Final = Demand(
    "reference",
    "well-posedness",
    "the reference does not parse, or answers another letter",
    "there is no reference",
)


@dataclass(frozen=True)
class _Wording:
    """The graph's words: phrase per relation, noun per entity, and what was asked of a task."""

    dataset: Dataset
    graph: KnowledgeGraph
    facts: GraphFacts

    @cached_property
    def phrases(self) -> Sequence[str]:
        return [phrase_of(relation) for relation in self.graph.relations]

    @cached_property
    def nouns(self) -> Sequence[str]:
        of_type = {name: noun_of(name) for name in self.graph.types}
        return [of_type[entity.type] for entity in self.graph.entities]

    @cached_property
    def chains(self) -> Sequence[Sequence[int]]:
        sizes = self.dataset.tasks.chain_size.tolist()
        rows = self.facts.chain.tolist()
        return [row[:size] for row, size in zip(rows, sizes, strict=True)]

    @cached_property
    def paths(self) -> Sequence[Sequence[int]]:
        sizes = self.dataset.tasks.path_size.tolist()
        rows = self.facts.path.tolist()
        return [row[:size] for row, size in zip(rows, sizes, strict=True)]

    def is_ours(self, row: int) -> bool:
        """Tell whether the question is its chain in the words of one of our templates."""
        path, chain = self.paths[row], self.chains[row]
        if len(path) != len(chain) + 1 or min(path) < 0:
            return False
        tasks = self.dataset.tasks
        start = self.dataset.entities[int(tasks.start[row])]
        phrases = [self.phrases[relation] for relation in chain]
        nouns = [self.nouns[entity] for entity in path[1:]]
        said = tasks.templates[row]
        for template in (said,) if is_template(said) else _OURS:
            if question(start, phrases, nouns, template) == tasks.questions[row]:
                return True
        return False

    def names_chain(self, row: int, words: str) -> bool:
        """Tell whether the start and then the relations' phrases occur in ``words``, in order."""
        start = int(self.dataset.tasks.start[row])
        entity = self.graph.entities[int(self.facts.start[row])]
        phrases = [normalised(self.phrases[relation]) for relation in self.chains[row]]
        names = {self.dataset.entities[start], entity.id, entity.label, *entity.aliases}
        return any(_in_order(words, [normalised(name), *phrases]) for name in names)


def wording_checks(
    dataset: Dataset,
    graph: KnowledgeGraph | None,
    facts: GraphFacts | None,
    words: Sequence[str],
) -> Iterator[Check]:
    """Check the type asked for and the chain named; ``words`` are the normalised questions."""
    if graph is None or facts is None:
        for file in dataset.files:
            yield not_looked_at(_ASKED, file, "there is no graph")
            yield not_looked_at(_NAMED, file, "there is no graph")
        return
    wording = _Wording(dataset, graph, facts)
    ours = [bool(asked) and wording.is_ours(row) for row, asked in enumerate(facts.asked.tolist())]
    asked = _asked_nouns(wording, ours)
    yield from _type_checks(wording, asked)
    named = np.array(
        [
            mine or (known and wording.names_chain(row, words[row]))
            for row, (mine, known) in enumerate(zip(ours, facts.asked.tolist(), strict=True))
        ],
        dtype=np.bool_,
    )
    yield from _chain_checks(dataset, facts, named)


def _asked_nouns(wording: _Wording, ours: Sequence[bool]) -> list[str | None]:
    """Return the noun each question asks for; None where it states no type of the graph."""
    reader = TypeReader.of({*wording.nouns})
    questions = wording.dataset.tasks.questions
    return [
        wording.nouns[wording.paths[row][-1]] if mine else reader.asked(questions[row])
        for row, mine in enumerate(ours)
    ]


def _type_checks(wording: _Wording, asked: Sequence[str | None]) -> Iterator[Check]:
    answers = wording.facts.answer.tolist()
    has = [wording.nouns[answer] if answer >= 0 else None for answer in answers]
    looked = np.array(
        [noun is not None and kind is not None for noun, kind in zip(asked, has, strict=True)],
        dtype=np.bool_,
    )
    broken = np.array([a != b for a, b in zip(asked, has, strict=True)], dtype=np.bool_)

    def say(row: int) -> str:
        tasks = wording.dataset.tasks
        name = wording.dataset.entities[int(tasks.answer[row])]
        return f"asks for a {asked[row]}, {name} is a {has[row]}: {tasks.questions[row]}"

    for file in wording.dataset.files:
        yield task_check(wording.dataset, file, _ASKED, looked, broken, say)


def _chain_checks(dataset: Dataset, facts: GraphFacts, named: Mask) -> Iterator[Check]:
    tasks = dataset.tasks
    ours = np.array([is_template(template) for template in tasks.templates], dtype=np.bool_)
    for file in dataset.files:
        # A template of ours promises the chain in the graph's phrases; other words may say it, too.
        promised = bool((ours & facts.asked & ~named)[file.rows].any())
        silent = bool((facts.asked & ~named)[file.rows].any())
        yield task_check(
            dataset,
            file,
            _NAMED,
            facts.asked,
            ~named,
            lambda row: tasks.questions[row],
            gate=promised or not silent,
            note="" if promised or not silent else "other words may name the chain as well",
        )


def giveaway_checks(
    dataset: Dataset,
    graph: KnowledgeGraph | None,
    facts: GraphFacts | None,
    words: Sequence[str],
) -> Iterator[Check]:
    """Look for questions that name their answer; ``words`` are the normalised questions.

    An entity counts as named by its name, by its name split into words and, with a graph, by its
    label, as whole words in any case.
    """
    tasks = dataset.tasks
    written = [_forms(name) for name in dataset.entities]
    if graph is not None and facts is not None:
        numbers = np.full(len(dataset.entities), ABSENT, dtype=np.int64)
        numbers[tasks.options] = facts.options
        for place, entity in enumerate(numbers.tolist()):
            if entity >= 0:
                written[place] |= _forms(graph.entities[entity].label)
    rights: list[int] = tasks.right.tolist()
    options: list[list[int]] = tasks.options.tolist()
    given = np.zeros(len(tasks), dtype=np.bool_)
    for row, (four, right) in enumerate(zip(options, rights, strict=True)):
        text = f" {words[row]} "
        if any(form in text for form in written[four[right]]):
            others = [option for option in four if option != four[right]]
            given[row] = not any(form in text for option in others for form in written[option])
    every = np.ones(len(tasks), dtype=np.bool_)

    def say(row: int) -> str:
        return f"{tasks.names[row][rights[row]]} is named in: {tasks.questions[row]}"

    for file in dataset.files:
        yield task_check(dataset, file, _GIVEN, every, given, say)


def prompt_checks(dataset: Dataset) -> Iterator[Check]:
    """Check prompt and reference completion where there are any."""
    tasks = dataset.tasks

    def answered(row: int) -> str:
        found, right = int(tasks.reference[row]), LETTERS[int(tasks.right[row])]
        if found == UNREADABLE:
            return "the reference is not a TRACE line and an ANSWER line"
        return f"the reference answers {LETTERS[found]}, right is {right}"

    for file in dataset.files:
        yield task_check(
            dataset,
            file,
            _PROMPT,
            tasks.prompt != ABSENT,
            tasks.prompt == 0,
            lambda row: "the prompt differs from the question and the options",
        )
        yield task_check(
            dataset,
            file,
            _REFERENCE,
            tasks.reference != ABSENT,
            tasks.reference != tasks.right,
            answered,
        )


def _forms(name: str) -> set[str]:
    """Return how a name may stand in a question, normalised, with a space on both sides."""
    forms = {normalised(name), normalised(_CAMEL.sub(" ", name))}
    return {f" {form} " for form in forms if form}


def _in_order(words: str, parts: Sequence[str]) -> bool:
    """Tell whether ``parts`` occur in ``words`` one after the other, as whole words."""
    text, place = f" {words} ", 0
    for part in parts:
        place = text.find(f" {part} ", place)
        if place < 0:
            return False
        place += len(part) + 1
    return True
