"""The narrow interface of every engine: load a model, generate, train, save and load adapters.

The rest of the program sees only these protocols; the command line picks the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from graphtutor.completion.completion import Generator
from graphtutor.config import ModelConfig, TrainConfig

__all__ = [
    "Backend",
    "Example",
    "StepHook",
    "StepLog",
    "TextModel",
    "TokenLogProbs",
    "TrainRequest",
]


@dataclass(frozen=True, slots=True)
class Example:
    """One training example as tokens. ``mask[i]`` is True where ``tokens[i]`` is trained on."""

    tokens: tuple[int, ...]
    mask: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class StepLog:
    """What one optimiser step did; ``seconds`` is wall time since training began."""

    step: int
    loss: float
    lr: float
    tokens: int
    seconds: float


StepHook = Callable[[StepLog], None]


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """One training: ``batches[i]`` are the indices of the examples of step i.

    The order is decided outside the engine, so every engine sees the same examples in the same
    steps. ``checkpoints`` is the folder that a killed training resumes from; None keeps none.
    ``on_evaluate`` is called with the step number after each step in ``evaluate_at``.
    """

    examples: Sequence[Example]
    batches: Sequence[Sequence[int]]
    config: TrainConfig
    seed: int
    checkpoints: Path | None = None
    on_step: StepHook | None = None
    evaluate_at: Sequence[int] = ()
    on_evaluate: Callable[[int], None] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TokenLogProbs:
    """How a model reads one text.

    ``tokens`` (n,) are the text's token ids; ``log_probs[i]`` (vocabulary,) are the natural
    logarithms of the chances of each token to follow ``tokens[: i + 1]``; shape
    (n - 1, vocabulary).
    """

    tokens: NDArray[np.int64]
    log_probs: NDArray[np.float32]


class TextModel(Generator, Protocol):
    """A loaded model with its tokenizer."""

    def encode(self, prompt: str, completion: str, system: str = "") -> Example:
        """Tokenise prompt and completion; the mask covers exactly the completion and the end.

        ``system`` is the system message before the prompt, if there is one.
        """
        ...

    def window(self) -> int:
        """Return how many tokens the model can read and write together."""
        ...

    def log_probs(self, texts: Sequence[str]) -> Iterator[TokenLogProbs]:
        """Yield the log-probabilities of the next token along each text, one text at a time.

        The text is read as it is, without a chat template; a first token is added only if the
        tokenizer does so by itself. Raises ModelError, before anything is read, if a text has fewer
        than two tokens or more than the window holds.
        """
        ...

    def train(self, request: TrainRequest) -> None:
        """Train in place, from the checkpoint folder's newest checkpoint if it holds one."""
        ...

    def save_adapter(self, folder: Path) -> None:
        """Write what training changed: a PEFT adapter, or the whole model after full training."""
        ...


class Backend(Protocol):
    """An engine."""

    name: str

    def load(self, model: ModelConfig, adapter: Path | None = None) -> TextModel:
        """Load a base model, or what ``save_adapter`` wrote for it, ready to run.

        Raises ModelError when the model cannot be found or read, BackendError when the engine's
        library is missing.
        """
        ...
