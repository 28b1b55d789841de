"""From a gold path, its distractors and a letter to the task as it is written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.tasks.candidates import tier_of
from graphtutor.tasks.gold import GoldSet
from graphtutor.tasks.prompt import completion_text, prompt_text
from graphtutor.tasks.task import (
    LETTERS,
    Options,
    PathEdge,
    PathStar,
    Reference,
    Task,
    TaskMeta,
)
from graphtutor.tasks.wording import noun_of, phrase_of, question, trace

__all__ = ["STYLE_RULES", "Builder", "Draft", "balanced_letters"]

STYLE_RULES: Final = (
    "Mention at least 2 path entities.",
    "Do not list all options.",
    "Do not repeat an entity more than twice.",
)


def balanced_letters(items: int, copies: int, stream: np.random.Generator) -> IndexArray:
    """Assign letters 0-3 so that their counts differ by at most one; shape (copies, items).

    The copies of one item take different letters, up to four copies.

    >>> letters = balanced_letters(6, 2, np.random.default_rng(0))
    >>> sorted(np.bincount(letters.ravel()).tolist()), bool((letters[0] == letters[1]).any())
    ([3, 3, 3, 3], False)
    """
    names = stream.permutation(4)
    # Two items left over take the letters 0 and 2, so that their second copies take 1 and 3.
    left = {0: [], 1: [0], 2: [0, 2], 3: [0, 1, 2]}[items % 4]
    base = np.concatenate([np.tile(np.arange(4), items // 4), np.array(left, dtype=np.int64)])
    base = stream.permutation(base)
    return names[(base[None, :] + np.arange(copies)[:, None]) % 4].astype(np.int64)


@dataclass(frozen=True, slots=True)
class Draft:
    """A task before it has words: path ``number`` of ``gold`` and how it will look.

    ``distractors`` are three entity numbers in the order of the letters they take; ``letter`` 0-3
    is where the answer stands.
    """

    gold: GoldSet
    number: int
    distractors: Sequence[int]
    letter: int
    template: str


@dataclass(frozen=True)
class Builder:
    """Builds tasks of one graph; keeps the wording of its relations and types."""

    graph: KnowledgeGraph

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Phrase per relation number."""
        return tuple(phrase_of(relation) for relation in self.graph.relations)

    @cached_property
    def nouns(self) -> tuple[str, ...]:
        """Noun per entity number: that of its type."""
        of_type = {name: noun_of(name) for name in self.graph.types}
        return tuple(of_type[entity.type] for entity in self.graph.entities)

    def build(self, draft: Draft, task_id: str) -> Task:
        """Build the task of ``draft``."""
        gold, number, letter = draft.gold, draft.number, draft.letter
        entities: list[int] = gold.paths.entities[number].tolist()
        relations: list[int] = self.graph.edge_relation[gold.paths.edges[number]].tolist()
        names = [self.graph.entities[entity].id for entity in entities]
        chain = [self.graph.relations[relation].id for relation in relations]
        phrases = [self.phrases[relation] for relation in relations]
        options = [self.graph.entities[entity].id for entity in draft.distractors]
        options.insert(letter, names[-1])
        nouns = [self.nouns[entity] for entity in entities[1:]]
        asked = question(names[0], phrases, nouns, draft.template)
        size = int(gold.size[number])
        task = Task(
            id=task_id,
            split=gold.split,
            hop_len=gold.hops,
            question=asked,
            options=Options(**dict(zip(LETTERS, options, strict=True))),
            answer_star=LETTERS[letter],
            path_star=PathStar(
                entities=tuple(names),
                edges=tuple(
                    PathEdge(src=names[hop], rel=chain[hop], dst=names[hop + 1])
                    for hop in range(len(chain))
                ),
            ),
            prompt=prompt_text(asked, options),
            ref=Reference(
                trace=completion_text(trace(names, phrases), LETTERS[letter]),
                style_rules=STYLE_RULES,
            ),
            meta=TaskMeta(
                topic=self.graph.entities[entities[0]].type,
                difficulty=difficulty_of(gold.hops),
                distractor_type="near_miss",
                relations=tuple(chain),
                unique_path=bool(gold.walks[number] == 1),
                shortest_distance=int(gold.distance[number]),
                template=draft.template,
                answer_set_size=size,
                tier=tier_of(size),
                answer_type=self.graph.entities[entities[-1]].type,
            ),
            graph=self.graph.digest,
        )
        return task.model_copy(update={"key": task.content_key()})


def difficulty_of(hops: int) -> str:
    """Return easy (1-2 hops), medium (3) or hard (more)."""
    return "easy" if hops <= 2 else "medium" if hops == 3 else "hard"
