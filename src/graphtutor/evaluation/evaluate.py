"""Evaluate a model on tasks, greedily and without the graph: prompts in, scored episodes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from graphtutor.completion.completion import Generator, Prompt, Sampling
from graphtutor.config import EvaluationConfig
from graphtutor.evaluation.episode import build_episode
from graphtutor.reward.profiles import Scored
from graphtutor.runs.episodes import Episode
from graphtutor.tasks.task import Task

__all__ = ["TaskScorer", "evaluate"]


class TaskScorer(Protocol):
    """Scores a completion of a task against the graph; never raises on what a model wrote."""

    def score(self, task: Task, completion: str) -> Scored:
        """Return the scores of ``completion`` as an answer to ``task``."""
        ...


def evaluate(
    model: Generator,
    tasks: Sequence[Task],
    scorer: TaskScorer,
    phase: str,
    step: int,
    config: EvaluationConfig,
    on_done: Callable[[int], None] | None = None,
) -> list[Episode]:
    """Answer each task once, greedily, and return the scored episodes in the order of ``tasks``.

    ``config.limit`` takes the first tasks only. ``config.batch_size`` prompts go to the model
    together, which changes no result. ``on_done`` is told how many tasks have been finished since
    it was last called.
    """
    chosen = tasks[: config.limit] if config.limit else tasks
    sampling = Sampling(max_new_tokens=config.max_new_tokens)
    episodes: list[Episode] = []
    for begin in range(0, len(chosen), config.batch_size):
        batch = chosen[begin : begin + config.batch_size]
        prompts = [Prompt(key=task.id, text=task.prompt) for task in batch]
        answers = model.generate(prompts, sampling, on_done)
        episodes += [
            build_episode(task, first, scorer.score(task, first.text), phase, step)
            for task, (first, *_) in zip(batch, answers, strict=True)
        ]
    return episodes
