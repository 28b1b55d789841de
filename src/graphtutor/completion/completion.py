"""What a model wrote for a prompt, and what makes one: sampling settings and the protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Completion", "Generator", "Prompt", "Sampling"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt; ``key`` seeds its random stream, so neighbours in a batch change nothing.

    ``system`` is the system message before it, if there is one.
    """

    key: str
    text: str
    system: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn. ``temperature`` 0 is greedy; ``n`` completions a prompt."""

    n: int = 1
    temperature: float = 0.0
    top_p: float = 1.0
    max_new_tokens: int = 160
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """One completion: its text, its length in tokens, and whether the length limit cut it.

    ``seconds`` is the wall time of its batch divided by the batch's completions.
    """

    text: str
    tokens: int
    cut: bool
    seconds: float = 0.0


class Generator(Protocol):
    """Anything that completes prompts: a loaded model, an HTTP server, a fake."""

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """Return ``sampling.n`` completions per prompt, in the order of ``prompts``.

        ``on_done`` is told how many prompts have been finished since it was last called.
        """
        ...
