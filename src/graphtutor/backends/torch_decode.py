"""Batched decoding: K completions a prompt from one reading of it, each from its own random stream.

A prompt is read once and its cache copied for its K completions. Prompts are padded on the left
with explicit positions, and each completion draws from a stream derived from (seed, prompt key, k),
so what stands beside a prompt in a batch changes nothing beyond the rounding of a product: a draw
that falls within some 1e-7 of the border between two tokens may go either way. Finished rows leave
the batch.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.io.seed import random_stream

if TYPE_CHECKING:
    import torch

__all__ = ["choose_tokens", "decode_batch", "draws_of", "end_ids"]


def decode_batch(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Prompt],
    ids: Sequence[Sequence[int]],
    sampling: Sampling,
) -> list[list[Completion]]:
    """Complete ``prompts``, given as token ``ids``, ``sampling.n`` times each."""
    import torch

    began = time.perf_counter()
    with torch.inference_mode():
        rows = _decode(model, end_ids(model, tokenizer), prompts, ids, sampling)
    texts = tokenizer.batch_decode([row for row, _ in rows], skip_special_tokens=True)
    seconds = (time.perf_counter() - began) / max(1, len(rows))
    done = [
        Completion(text=text, tokens=len(row), cut=cut, seconds=seconds)
        for text, (row, cut) in zip(texts, rows, strict=True)
    ]
    return [done[i : i + sampling.n] for i in range(0, len(done), sampling.n)]


def end_ids(model: Any, tokenizer: Any) -> list[int]:
    """Return the ids that end a completion: the tokenizer's and those of the model's settings."""
    configured: Any = getattr(model.generation_config, "eos_token_id", None)
    several = [configured] if isinstance(configured, int | None) else [*configured]
    return sorted({end for end in (*several, tokenizer.eos_token_id) if end is not None})


def _decode(
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


def draws_of(prompts: Sequence[Prompt], sampling: Sampling) -> np.ndarray | None:
    """Return one uniform number per row and step, shape (prompts * n, steps); None if greedy."""
    if sampling.temperature == 0:
        return None
    return np.stack(
        [
            random_stream("sample", sampling.seed, prompt.key, k).random(sampling.max_new_tokens)
            for prompt in prompts
            for k in range(sampling.n)
        ]
    )


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
