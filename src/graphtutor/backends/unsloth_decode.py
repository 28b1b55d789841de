"""Decoding with unsloth: its own ``generate``, each completion from its own random stream.

On CUDA unsloth keeps keys and values in buffers of its attention layers, of a fixed number of rows,
and leaves a cache that is passed in as it is: the loop of ``torch_decode``, which copies a prompt's
cache and drops finished rows, would read an empty one. So ``generate`` runs the model, greedily;
where a completion is drawn, a processor of logits makes the draw and leaves one token to choose.
The draws are those of ``torch_decode``: same streams, same inverse CDF, whatever the batch.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from graphtutor.backends.batches import draws_of
from graphtutor.backends.torch_decode import choose_tokens
from graphtutor.completion.completion import Prompt, Sampling

if TYPE_CHECKING:
    import torch

__all__ = ["generate_ids"]


class _Drawing:
    """A processor of logits that makes the draw: all but the drawn token become impossible."""

    def __init__(self, draws: np.ndarray, sampling: Sampling) -> None:
        self.draws, self.sampling, self.step = draws, sampling, 0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        chosen = choose_tokens(scores, self.draws[:, self.step], self.sampling)
        self.step += 1
        return scores.new_full(scores.shape, float("-inf")).scatter_(1, chosen[:, None], 0.0)


def generate_ids(
    network: Any,
    ends: Sequence[int],
    prompts: Sequence[Prompt],
    ids: Sequence[Sequence[int]],
    sampling: Sampling,
) -> list[tuple[list[int], bool]]:
    """Return the new token ids per row, end token excluded, and whether the limit cut the row."""
    import torch
    from transformers import GenerationConfig, LogitsProcessorList

    n, width = sampling.n, max(len(row) for row in ids)
    rows = [row for row in ids for _ in range(n)]
    tokens = torch.tensor([[0] * (width - len(row)) + list(row) for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    draws = draws_of(prompts, sampling)
    drawing: Any = LogitsProcessorList([] if draws is None else [_Drawing(draws, sampling)])
    settings: Any = GenerationConfig
    plain = settings(
        do_sample=False,
        max_new_tokens=sampling.max_new_tokens,
        eos_token_id=list(ends) or None,
        pad_token_id=0,
    )
    with _instead_of_its_own(network, plain), torch.no_grad():
        read = network.generate(
            input_ids=tokens.to(network.device),
            attention_mask=mask.to(network.device),
            logits_processor=drawing,
            max_new_tokens=sampling.max_new_tokens,
            pad_token_id=0,
            use_cache=True,
        )
    return [_cut_at_end(row, ends) for row in read[:, width:].tolist()]


def _cut_at_end(row: list[int], ends: Sequence[int]) -> tuple[list[int], bool]:
    """Return the tokens before the first end, and whether there is none.

    >>> _cut_at_end([5, 6, 2, 0], [2, 3]), _cut_at_end([5, 6], [2])
    (([5, 6], False), ([5, 6], True))
    """
    over = next((at for at, token in enumerate(row) if token in ends), None)
    return (row, True) if over is None else (row[:over], False)


@contextmanager
def _instead_of_its_own(network: Any, plain: Any) -> Generator[None, None, None]:
    """Let generation follow ``plain``.

    What a model brings with it, a repetition penalty say, would change the logits that are drawn
    from, and other engines do not apply it.
    """
    causal = network.get_base_model() if hasattr(network, "get_base_model") else network
    own = causal.generation_config
    causal.generation_config = plain
    try:
        yield
    finally:
        causal.generation_config = own
