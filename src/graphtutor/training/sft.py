"""Supervised fine-tuning on the reference traces of ``train.jsonl``: the format and the facts."""

from __future__ import annotations

from collections.abc import Sequence

from graphtutor.backends.base import TextModel
from graphtutor.config import TrainConfig
from graphtutor.tasks.task import Task
from graphtutor.training.examples import draw_batches, encode_pairs
from graphtutor.training.progress import TrainProgress

__all__ = ["hop_groups", "sft_pairs", "train_sft"]


def sft_pairs(tasks: Sequence[Task]) -> list[tuple[str, str]]:
    """Return (prompt, reference completion) of each task."""
    return [(task.prompt, task.ref.trace) for task in tasks]


def train_sft(
    model: TextModel,
    tasks: Sequence[Task],
    config: TrainConfig,
    seed: int,
    progress: TrainProgress,
    stream: str = "sft",
) -> None:
    """Train ``model`` in place for ``config.steps`` steps.

    Hop lengths are drawn in proportion to ``config.hop_weights``. ``stream`` names the random
    stream of the order, so that a second training sees another order.
    """
    examples = encode_pairs(model, sft_pairs(tasks))
    groups = hop_groups(tasks)
    batches = draw_batches(
        groups, config.hop_weights, config.steps, config.batch_size, stream, seed
    )
    model.train(progress.request(examples, batches, config, seed))


def hop_groups(tasks: Sequence[Task]) -> tuple[list[int], list[int], list[int]]:
    """Return the positions of tasks of 1, 2 and 3 or more hops."""
    groups: tuple[list[int], list[int], list[int]] = ([], [], [])
    for position, task in enumerate(tasks):
        groups[min(task.hop_len, 3) - 1].append(position)
    return groups
