"""The order of a curriculum: stage after stage, the earlier ones replayed."""

from __future__ import annotations

from collections.abc import Sequence

from graphtutor.errors import TaskError
from graphtutor.training.examples import draw_batches, mixed_batches

__all__ = ["curriculum_batches"]

_REPLAY = 0.25
"""Share of earlier stages in a batch: without it, what came first is forgotten."""


def curriculum_batches(
    stages: Sequence[Sequence[int]], steps: int, batch_size: int, *seed: str | int
) -> list[list[int]]:
    """Draw ``steps`` batches of indices, stage after stage.

    A stage has steps in proportion to its examples, at least one; a quarter of its batches is drawn
    from the stages before it. Raises TaskError if there are fewer steps than stages with examples.

    >>> [sorted(batch) for batch in curriculum_batches([[0, 1], [2, 3]], 2, 2, "demo")]
    [[0, 1], [2, 3]]
    """
    held = [stage for stage in stages if stage]
    if not held or steps < len(held):
        raise TaskError(
            "curriculum",
            wanted=f"examples, and a step for each of {len(held)} stages at least",
            got=f"{steps} steps",
            remedy="raise sft.steps, or leave out the curriculum",
        )
    batches: list[list[int]] = []
    before: list[int] = []
    for number, share in enumerate(_shares([len(stage) for stage in held], steps)):
        name = (*seed, f"stage {number}")
        if before:
            batches += mixed_batches([held[number]], [before], _REPLAY, share, batch_size, *name)
        else:
            batches += draw_batches([held[number]], [1], share, batch_size, *name)
        before += held[number]
    return batches


def _shares(sizes: Sequence[int], steps: int) -> list[int]:
    """Deal ``steps`` in proportion to ``sizes``, one at least to each."""
    free = steps - len(sizes)
    ends = [round(free * sum(sizes[: n + 1]) / sum(sizes)) for n in range(len(sizes))]
    return [1 + end - begin for begin, end in zip([0, *ends], ends, strict=False)]
