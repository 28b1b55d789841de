"""The probes: the same tasks asked in other ways, to see what an accuracy on eval rests on.

- *rotation*: the right option stands at each of the other three letters;
- *wording*: the same chain in each template that no training file uses;
- *retrieval*: the gold chain's facts stand in the prompt: what is left then is not missing
  knowledge;
- *samples*: several answers a task, drawn at a temperature, for pass@k.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphtutor.completion.completion import Generator, Prompt, Sampling
from graphtutor.config import EvaluationConfig, Probe
from graphtutor.evaluation.episode import build_episode
from graphtutor.evaluation.evaluate import TaskScorer
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.io.seed import derive_seed
from graphtutor.runs.episodes import Episode
from graphtutor.tasks.task import Task
from graphtutor.tasks.variants import reworded, rotated, with_facts
from graphtutor.tasks.wording import HELD_OUT_TEMPLATES

__all__ = ["ask", "probe_variants"]

SAMPLES = "samples"


def probe_variants(
    probe: Probe, tasks: Sequence[Task], graph: KnowledgeGraph
) -> list[tuple[str, Task]]:
    """Return what ``probe`` asks: the name of each variant with the task as it is asked then."""
    if probe == "rotation":
        return [(f"rotation/{shift}", rotated(t, shift)) for shift in (1, 2, 3) for t in tasks]
    if probe == "wording":
        return [
            (f"wording/{template}", reworded(task, graph, template))
            for template in HELD_OUT_TEMPLATES
            for task in tasks
        ]
    if probe == "retrieval":
        return [("retrieval", with_facts(task, graph)) for task in tasks]
    return [(SAMPLES, task) for task in tasks]


def ask(
    model: Generator,
    variants: Sequence[tuple[str, Task]],
    scorer: TaskScorer,
    phase: str,
    step: int,
    config: EvaluationConfig,
    seed: int,
    on_done: Callable[[int], None] | None = None,
) -> list[Episode]:
    """Answer each variant and return the scored episodes, samples of one task together.

    Greedily, but for the variant "samples": ``config.samples`` answers at ``config.temperature``.
    """
    episodes: list[Episode] = []
    for begin in range(0, len(variants), config.batch_size):
        batch = variants[begin : begin + config.batch_size]
        sampling = Sampling(max_new_tokens=config.max_new_tokens)
        if batch[0][0] == SAMPLES:
            sampling = Sampling(
                n=config.samples,
                temperature=config.temperature,
                max_new_tokens=config.max_new_tokens,
                seed=derive_seed("samples", seed),
            )
        prompts = [Prompt(key=task.id, text=task.prompt) for _, task in batch]
        for (name, task), answers in zip(
            batch, model.generate(prompts, sampling, on_done), strict=True
        ):
            for number, answer in enumerate(answers):
                scored = scorer.score(task, answer.text)
                added = {"probe": name} | ({"sample": number} if name == SAMPLES else {})
                episode = build_episode(task, answer, scored, phase, step)
                episodes.append(episode.model_copy(update=added))
    return episodes
