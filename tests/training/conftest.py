"""A tiny graph with a branch, tasks on it, and a model that says what a test tells it to say.

Alarm -caused_by-> Leak, Storm; Leak -leads_to-> Flood; Storm -leads_to-> Flood;
Flood -fixed_by-> Pump
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from graphtutor.backends.base import Example, TrainRequest
from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.config import RewardConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.reward.profiles import Scorer
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
from graphtutor.tasks.wording import trace

_TYPES = {
    "sign": ["Alarm"],
    "cause": ["Leak", "Storm"],
    "effect": ["Flood", "Rust"],
    "tool": ["Pump", "Valve", "Drill", "Rope"],
}
_PHRASES = {"caused_by": "is caused by", "leads_to": "leads to", "fixed_by": "is fixed by"}
_EDGES = [
    ("Alarm", "caused_by", "Leak"),
    ("Alarm", "caused_by", "Storm"),
    ("Leak", "leads_to", "Flood"),
    ("Storm", "leads_to", "Flood"),
    ("Flood", "fixed_by", "Pump"),
]


@pytest.fixture(scope="session")
def scorer() -> Scorer:
    """The reward over the tiny graph."""
    file = GraphFile(
        version="1.0",
        domain="tiny",
        entities=tuple(
            Entity(id=name, label=name, type=kind)
            for kind, names in _TYPES.items()
            for name in names
        ),
        relations=tuple(Relation(id=n, label=n, phrase=p) for n, p in _PHRASES.items()),
        edges=tuple(Edge(src=s, rel=r, dst=d) for s, r, d in _EDGES),
    )
    return Scorer(KnowledgeGraph.from_file(file), RewardConfig())


@pytest.fixture(scope="session")
def make_task() -> Callable[..., Task]:
    """Build a task of ``hops`` hops that ends at Pump; ``number`` names it."""

    def make(number: int = 0, hops: int = 3) -> Task:
        path = ["Alarm", "Leak", "Flood", "Pump"][3 - hops :]
        relations = list(_PHRASES)[3 - hops :]
        options = ["Drill", "Pump", "Valve", "Rope"]
        steps = zip(path, relations, path[1:], strict=False)
        reference = trace(path, [_PHRASES[name] for name in relations])
        return Task(
            id=f"t{number}",
            split="train",
            hop_len=hops,
            question=f"Which, {number}?",
            options=Options(**dict(zip(LETTERS, options, strict=True))),
            answer_star="B",
            path_star=PathStar(
                entities=tuple(path),
                edges=tuple(PathEdge(src=s, rel=r, dst=d) for s, r, d in steps),
            ),
            prompt=prompt_text(f"Which, {number}?", options),
            ref=Reference(trace=completion_text(reference, "B")),
            meta=TaskMeta(relations=tuple(relations)),
        )

    return make


class Scripted:
    """A model that gives each prompt's completions by key, and remembers what it was asked."""

    def __init__(self, says: dict[str, Sequence[Completion]], window: int = 10_000) -> None:
        self.says, self.size = says, window
        self.asked: list[tuple[list[Prompt], Sampling]] = []
        self.trained: list[TrainRequest] = []

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, on_done: Any = None
    ) -> list[list[Completion]]:
        self.asked.append((list(prompts), sampling))
        if on_done:
            on_done(len(prompts))
        return [list(self.says[prompt.key]) for prompt in prompts]

    def encode(self, prompt: str, completion: str, system: str = "") -> Example:
        del system
        head, tail = len(prompt), len(completion)
        return Example((1,) * head + (2,) * tail, (False,) * head + (True,) * tail)

    def window(self) -> int:
        return self.size

    def train(self, request: TrainRequest) -> None:
        self.trained.append(request)


@pytest.fixture
def scripted() -> Callable[..., Scripted]:
    """Make a scripted model."""
    return Scripted
