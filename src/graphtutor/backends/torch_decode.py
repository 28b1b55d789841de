"""Batched decoding: K completions a prompt from one reading of it, each from its own random stream.

A prompt is read once and its cache copied for its K completions. Prompts are padded on the left
with explicit positions, and each completion draws from a stream derived from (seed, prompt key, k),
so what stands beside a prompt in a batch changes nothing beyond the rounding of a product: a draw
that falls within some 1e-7 of the border between two tokens may go either way. Finished rows leave
the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from graphtutor.backends.batches import draws_of
from graphtutor.completion.completion import Prompt, Sampling

if TYPE_CHECKING:
    import torch

__all__ = ["choose_tokens", "decode_ids", "end_ids"]


def end_ids(model: Any, tokenizer: Any) -> list[int]:
    """Return the ids that end a completion: the tokenizer's and those of the model's settings."""
    configured: Any = getattr(model.generation_config, "eos_token_id", None)
    several = [configured] if isinstance(configured, int | None) else [*configured]
    return sorted({end for end in (*several, tokenizer.eos_token_id) if end is not None})


def decode_ids(
    model: Any,
    ends: Sequence[int],
    prompts: Sequence[Prompt],
    ids: Sequence[Sequence[int]],
    sampling: Sampling,
) -> list[tuple[list[int], bool]]:
    """Return the new token ids per row, end token excluded, and whether the limit cut the row."""
    import torch

    from graphtutor.backends.torch_cache import block_cache

    n, limit, device = sampling.n, sampling.max_new_tokens, model.device
    width = max(len(row) for row in ids)
    tokens = torch.tensor([[0] * (width - len(row)) + list(row) for row in ids], device=device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in ids], device=device)
    cache = block_cache(model.config)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    logits = model(
        input_ids=tokens,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        logits_to_keep=1,
    ).logits[:, -1]
    position = positions[:, -1:]
    if n > 1:
        cache.batch_repeat_interleave(n)
        logits, mask, position = (
            value.repeat_interleave(n, dim=0) for value in (logits, mask, position)
        )
    draws = draws_of(prompts, sampling)
    out = np.zeros((len(prompts) * n, limit), dtype=np.int64)
    lengths = np.full(len(out), -1)
    alive = np.arange(len(out))
    stop = torch.tensor(list(ends), device=device)
    for step in range(limit):
        chosen = choose_tokens(logits, draws[alive, step] if draws is not None else None, sampling)
        out[alive, step] = chosen.cpu().numpy()
        over = torch.isin(chosen, stop)
        if over.any():
            finished = over.cpu().numpy()
            lengths[alive[finished]] = step
            alive = alive[~finished]
            if not len(alive):
                break
            keep = (~over).nonzero()[:, 0]
            cache.batch_select_indices(keep)
            chosen, mask, position = chosen[keep], mask[keep], position[keep]
        if step + 1 == limit:
            break
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=-1)
        position = position + 1
        logits = model(
            input_ids=chosen[:, None],
            attention_mask=mask,
            position_ids=position,
            past_key_values=cache,
            logits_to_keep=1,
        ).logits[:, -1]
    return [
        (row[: limit if length < 0 else length].tolist(), bool(length < 0))
        for row, length in zip(out, lengths, strict=True)
    ]


def choose_tokens(
    logits: torch.Tensor, draws: np.ndarray | None, sampling: Sampling
) -> torch.Tensor:
    """Pick one token per row of ``logits`` (rows, vocabulary): greedily or by inverse CDF."""
    import torch

    if draws is None:
        return logits.argmax(-1)
    chances = (logits.float() / sampling.temperature).softmax(-1)
    if sampling.top_p < 1:
        ordered, order = chances.sort(-1, descending=True)
        outside = ordered.cumsum(-1) - ordered >= sampling.top_p
        chances = chances.scatter(-1, order, ordered.masked_fill(outside, 0.0))
    heights = chances.cumsum(-1)
    level = torch.as_tensor(draws, dtype=heights.dtype, device=heights.device)[:, None]
    top = heights[:, -1:]
    # A draw next to 1 may round to it; kept below the top, it falls on a token that has a chance.
    level = torch.minimum(level * top, torch.nextafter(top, torch.zeros_like(top)))
    chosen = torch.searchsorted(heights, level, right=True)[:, 0]
    return chosen.clamp(max=logits.shape[-1] - 1)  # not a number, after a diverged training
