"""How a training reports and resumes: callbacks and checkpoint folder, as the caller decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphtutor.backends.base import Example, StepHook, TrainRequest
from graphtutor.config import TrainConfig

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

    def request(
        self,
        examples: Sequence[Example],
        batches: Sequence[Sequence[int]],
        config: TrainConfig,
        seed: int,
    ) -> TrainRequest:
        """Return the request for a training that reports here."""
        return TrainRequest(
            examples=examples,
            batches=batches,
            config=config,
            seed=seed,
            checkpoints=self.checkpoints,
            on_step=self.on_step,
            evaluate_at=self.evaluate_at,
            on_evaluate=self.on_evaluate,
        )
