"""From tasks and winners to training examples, and the order in which training sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from graphtutor.backends.base import Example, TextModel
from graphtutor.errors import LeakError, ModelError, TaskError
from graphtutor.io.digest import digest_file
from graphtutor.io.seed import random_stream

__all__ = ["draw_batches", "encode_pairs", "mixed_batches", "refuse_evaluated"]


def encode_pairs(
    model: TextModel, pairs: Iterable[tuple[str, str] | tuple[str, str, str]]
) -> list[Example]:
    """Tokenise (prompt, completion) or (prompt, completion, system message).

    Raises ModelError with a count when some are longer than the model's window: nothing is ever
    cut silently.
    """
    examples = [model.encode(*pair) for pair in pairs]
    too_long = [len(e.tokens) for e in examples if len(e.tokens) > model.window()]
    if too_long:
        raise ModelError(
            "training data",
            wanted=f"prompt and completion within the model's window of {model.window()} tokens",
            got=f"{len(too_long)} of {len(examples)} longer, up to {max(too_long)} tokens",
            remedy="take a model with a longer window, or drop the longest tasks",
        )
    return examples


def draw_batches(
    groups: Sequence[Sequence[int]],
    weights: Sequence[float],
    steps: int,
    batch_size: int,
    *seed: str | int,
) -> list[list[int]]:
    """Draw ``steps`` batches of ``batch_size`` indices from ``groups``, as ``weights`` share them.

    A group is gone through whole, in a new random order each time, before one of its members comes
    again. Empty groups take no part. The same ``seed`` parts give the same batches. Raises
    TaskError if no group has both a member and a weight above 0.

    >>> batches = draw_batches([[0, 1], [2]], [1, 1], 2, 4, "demo")
    >>> [sorted(batch) for batch in batches]
    [[0, 1, 2, 2], [0, 1, 2, 2]]
    """
    stream = random_stream("batches", *seed)
    total = sum(w for group, w in zip(groups, weights, strict=True) if len(group))
    if total <= 0 or min(weights) < 0:
        raise TaskError(
            "training data",
            wanted="examples of a hop length that is drawn, and no weight below 0",
            got=f"groups of {[len(group) for group in groups]} with weights {list(weights)}",
            remedy="check sft.hop_weights and rsft.replay",
        )
    shares = [w / total if len(g) else 0.0 for g, w in zip(groups, weights, strict=True)]
    queues: list[list[int]] = [[] for _ in groups]
    due = np.zeros(len(groups))
    batches: list[list[int]] = []
    for _ in range(steps):
        batch: list[int] = []
        for _ in range(batch_size):
            due += shares
            chosen = int(np.argmax(due))
            due[chosen] -= 1
            if not queues[chosen]:
                group = groups[chosen]
                queues[chosen] = [group[i] for i in stream.permutation(len(group))]
            batch.append(queues[chosen].pop())
        batches.append(batch)
    return batches


def mixed_batches(
    main: Sequence[Sequence[int]],
    replay: Sequence[Sequence[int]],
    share: float,
    steps: int,
    batch_size: int,
    *seed: str | int,
) -> list[list[int]]:
    """Draw batches with a ``share`` of replayed examples; groups within each side count equally."""
    sides = [(main, 1 - share), (replay, share)]
    groups = [group for side, _ in sides for group in side]
    weights = [
        weight / max(1, sum(1 for g in side if len(g))) for side, weight in sides for _ in side
    ]
    return draw_batches(groups, weights, steps, batch_size, *seed)


def refuse_evaluated(training: Sequence[Path], evaluated: Sequence[Path]) -> None:
    """Raise LeakError if a file to train on is, byte for byte, one that is evaluated on.

    Empty files hold nothing to leak.
    """
    known = {digest_file(path): path for path in evaluated if path.stat().st_size}
    for path in training:
        if (same := known.get(digest_file(path))) is not None:
            raise LeakError(
                str(path),
                wanted="a training file that is not evaluated on",
                got=f"the same content as {same}",
                remedy="train on train.jsonl or train_long.jsonl",
            )
