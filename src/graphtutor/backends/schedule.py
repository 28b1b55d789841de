"""The plan of a training, which every engine keeps: learning rates and what runs in one pass."""

from __future__ import annotations

import math
from collections.abc import Sequence

from graphtutor.backends.base import Example
from graphtutor.config import TrainConfig

__all__ = ["pieces", "rate"]


def rate(step: int, config: TrainConfig) -> float:
    """Return the share of the peak learning rate at ``step`` (0-based).

    >>> config = TrainConfig(steps=100, warmup=0.1, schedule="linear")
    >>> [round(rate(step, config), 2) for step in (0, 9, 55, 99)]
    [0.1, 1.0, 0.5, 0.01]
    """
    warm = math.ceil(config.warmup * config.steps)
    if step < warm:
        return (step + 1) / warm
    gone = (step - warm) / max(1, config.steps - warm)
    if config.schedule == "constant":
        return 1.0
    return 1 - gone if config.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * gone))


def pieces(batch: Sequence[Example], limit: int) -> list[list[Example]]:
    """Sort by length and cut so that a padded piece stays within ``limit`` tokens.

    A single example that is longer is a piece of its own.

    >>> batch = [Example((7,) * length, (True,) * length) for length in (5, 2, 3)]
    >>> [[len(example.tokens) for example in piece] for piece in pieces(batch, 6)]
    [[2, 3], [5]]
    """
    cut: list[list[Example]] = [[]]
    for example in sorted(batch, key=lambda example: len(example.tokens)):
        if cut[-1] and (len(cut[-1]) + 1) * len(example.tokens) > limit:
            cut.append([])
        cut[-1].append(example)
    return cut
