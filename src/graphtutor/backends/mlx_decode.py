"""Batched decoding with mlx-lm's caches: K completions a prompt, each from its own random stream.

As in ``torch_decode``: a prompt is read once and its cache copied for its K completions, prompts
are padded on the left with positions of their own, each completion draws from a stream derived from
(seed, prompt key, k), and finished rows leave the batch. The head does not run on the prompts: mlx
computes what is asked for, and only the caches are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mlx.core as mx
import numpy as np
from mlx_lm.models import cache as caches
from numpy.typing import NDArray

from graphtutor.backends.base import TokenLogProbs
from graphtutor.backends.batches import draws_of
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.errors import BackendError

__all__ = ["choose", "decode_ids", "read_tokens"]

_mlx: Any = mx
_caches: Any = caches


def decode_ids(
    network: Any,
    ends: Sequence[int],
    prompts: Sequence[Prompt],
    ids: Sequence[Sequence[int]],
    sampling: Sampling,
) -> list[tuple[list[int], bool]]:
    """Return the new token ids per row, end token excluded, and whether the limit cut the row."""
    n, limit = sampling.n, sampling.max_new_tokens
    count = len(prompts) * n
    cache = _read_prompts(network, ids)
    if n > 1:
        _keep(cache, np.repeat(np.arange(len(prompts)), n))
    last = np.repeat(np.array([row[-1] for row in ids]), n)
    draws = draws_of(prompts, sampling)
    out = np.zeros((count, limit), dtype=np.int64)
    lengths = np.full(count, -1)
    alive = np.arange(count)
    for step in range(limit):
        logits = network(_mlx.array(last[:, None]), cache=cache)[:, -1]
        chosen = choose(logits, draws[alive, step] if draws is not None else None, sampling)
        last = np.array(chosen)
        out[alive, step] = last
        over = np.isin(last, ends)
        if over.any():
            lengths[alive[over]] = step
            alive, last = alive[~over], last[~over]
            if not len(alive):
                break
            _keep(cache, np.flatnonzero(~over))
    return [
        (row[: limit if length < 0 else length].tolist(), bool(length < 0))
        for row, length in zip(out, lengths, strict=True)
    ]


def choose(logits: Any, draws: NDArray[np.float64] | None, sampling: Sampling) -> Any:
    """Pick one token per row of ``logits`` (rows, vocabulary): greedily or by inverse CDF."""
    if draws is None:
        return _mlx.argmax(logits, axis=-1)
    chances = _mlx.softmax(logits.astype(_mlx.float32) / sampling.temperature, axis=-1)
    if sampling.top_p < 1:
        order = _mlx.argsort(-chances, axis=-1)
        ordered = _mlx.take_along_axis(chances, order, axis=-1)
        outside = _mlx.cumsum(ordered, axis=-1) - ordered >= sampling.top_p
        ordered = _mlx.where(outside, _mlx.zeros_like(ordered), ordered)
        chances = _mlx.put_along_axis(chances, order, ordered, axis=-1)
    # A token without a chance must not be drawn, whatever the sums have been rounded to.
    heights = _mlx.where(chances > 0, _mlx.cumsum(chances, axis=-1), _mlx.zeros_like(chances))
    top = heights.max(axis=-1, keepdims=True)
    level = _mlx.array(draws.astype(np.float32))[:, None] * top
    # A draw next to 1 may round to it; kept below the top, it falls on a token that has a chance.
    level = _mlx.minimum(level, top * (1 - 2**-23))
    return _mlx.argmax((heights > level).astype(_mlx.uint8), axis=-1)


def read_tokens(network: Any, tokens: Sequence[int]) -> TokenLogProbs:
    """Read ``tokens``, at least two, in one pass; softmax in fp32 whatever the weights are in."""
    network.eval()  # here, as a training may have come between two texts
    logits = network(_mlx.array([list(tokens)]))[0, :-1].astype(_mlx.float32)
    log_probs = logits - _mlx.logsumexp(logits, axis=-1, keepdims=True)
    return TokenLogProbs(np.array(tokens, dtype=np.int64), np.array(log_probs))


def _read_prompts(network: Any, ids: Sequence[Sequence[int]]) -> list[Any]:
    """Return a cache of all prompts but their last tokens."""
    width = max(len(row) for row in ids)
    padding = [width - len(row) for row in ids]
    cache = [_batched(layer, padding) for layer in _caches.make_prompt_cache(network)]
    if width > 1:
        rows = [[0] * pad + list(row[:-1]) for pad, row in zip(padding, ids, strict=True)]
        network(_mlx.array(rows), cache=cache)
        _mlx.eval([layer.state for layer in cache])
    return cache


def _batched(layer: Any, padding: list[int]) -> Any:
    """Return a cache for rows padded on the left in place of one for a single row."""
    if type(layer) is _caches.KVCache:
        return _caches.BatchKVCache(padding)
    if type(layer) is _caches.RotatingKVCache and not layer.keep:
        return _caches.BatchRotatingKVCache(layer.max_size, padding)
    raise BackendError(
        "generation",
        wanted="a model with plain or sliding attention",
        got=f"one whose cache is a {type(layer).__name__}",
        remedy="use model.backend=torch",
    )


def _keep(cache: Sequence[Any], rows: NDArray[np.int64]) -> None:
    """Keep these rows of the cache, in this order; a row may be named several times."""
    for layer in cache:
        layer.filter(_mlx.array(rows))
