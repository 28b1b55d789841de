"""How a training reports and resumes: callbacks and checkpoint folder, as the caller decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphtutor.backends.base import StepHook

__all__ = ["TrainProgress"]


@dataclass(frozen=True)
class TrainProgress:
    """``on_step`` is called after every step, ``on_evaluate`` after the steps in ``evaluate_at``.

    ``checkpoints`` is the folder a killed training goes on from; None keeps no checkpoints.
    """

    on_step: StepHook | None = None
    evaluate_at: Sequence[int] = ()
    on_evaluate: Callable[[int], None] | None = None
    checkpoints: Path | None = None
