"""The graph oracle: what an answerer with the graph at hand scores, computed and not assumed.

It sees what a model sees, the start, the relations asked for and the options, walks the graph, and
answers in the output format. Where it does not score 100 %, the tasks or the scoring are at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.prompt import completion_text
from graphtutor.tasks.task import LETTERS, Task
from graphtutor.tasks.wording import phrase_of, trace

__all__ = ["GraphOracle"]


class GraphOracle:
    """A :class:`graphtutor.completion.completion.Generator` that looks its answers up."""

    def __init__(self, graph: KnowledgeGraph, tasks: Sequence[Task]) -> None:
        """Keep the ``graph``, and what each prompt of ``tasks`` asks."""
        self.graph = graph
        self._asked = {task.prompt: task for task in tasks}

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """Answer each prompt ``sampling.n`` times alike. Raises KeyError for an unknown prompt."""
        answers: list[list[Completion]] = []
        for prompt in prompts:
            text = self._answer(self._asked[prompt.text])
            answers.append([Completion(text, len(text.split()), False)] * sampling.n)
            if on_done:
                on_done(1)
        return answers

    def _answer(self, task: Task) -> str:
        chain = [self.graph.relation_index[name] for name in task.chain]
        for letter, option in zip(LETTERS, task.options.names(), strict=True):
            walk = self._walk(
                self.graph.entity_index[task.start], chain, self.graph.entity_index[option]
            )
            if walk is not None:
                names = [self.graph.entities[entity].id for entity in walk]
                phrases = [phrase_of(self.graph.relations[relation]) for relation in chain]
                return completion_text(trace(names, phrases), letter)
        return "No option can be reached along the chain."

    def _walk(self, start: int, chain: Sequence[int], end: int) -> list[int] | None:
        """Return a walk from ``start`` along ``chain`` to ``end``, or None."""
        came_from: list[dict[int, int]] = []
        reached = [start]
        for relation in chain:
            step: dict[int, int] = {}
            for entity in reached:
                for target in self.graph.targets(entity, relation).tolist():
                    step.setdefault(target, entity)
            came_from.append(step)
            reached = list(step)
        if end not in reached:
            return None
        walk = [end]
        for step in reversed(came_from):
            walk.append(step[walk[-1]])
        return walk[::-1]
