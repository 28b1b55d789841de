"""What every engine that decodes does around its decoding: batches, draws, completions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphtutor.backends.window import refuse_too_long
from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.io.seed import random_stream

__all__ = ["Decode", "complete", "draws_of"]

Decode = Callable[[Sequence[Prompt], Sequence[Sequence[int]]], list[tuple[list[int], bool]]]
"""Decode one batch: from prompts and their tokens to ``sampling.n`` rows a prompt: the new tokens
without the end token, and whether the length limit cut the row."""


def complete(
    prompts: Sequence[Prompt],
    ids: Sequence[Sequence[int]],
    sampling: Sampling,
    *,
    window: int,
    batch_rows: int,
    tokenizer: Any,
    decode: Decode,
    on_done: Callable[[int], None] | None = None,
) -> list[list[Completion]]:
    """Complete ``prompts``, given as token ``ids``, in batches of similar length.

    Returns ``sampling.n`` completions per prompt, in the order of ``prompts``. Raises ModelError
    before anything is decoded if a prompt does not leave room in the ``window``.
    """
    refuse_too_long([len(row) for row in ids], sampling.max_new_tokens, window)
    order = sorted(range(len(prompts)), key=lambda index: len(ids[index]))
    size = max(1, batch_rows // sampling.n)
    done: list[list[Completion]] = [[] for _ in prompts]
    for begin in range(0, len(order), size):
        part = order[begin : begin + size]
        began = time.perf_counter()
        rows = decode([prompts[index] for index in part], [ids[index] for index in part])
        texts = tokenizer.batch_decode([row for row, _ in rows], skip_special_tokens=True)
        seconds = (time.perf_counter() - began) / len(rows)
        for number, (text, (row, cut)) in enumerate(zip(texts, rows, strict=True)):
            completion = Completion(text=text, tokens=len(row), cut=cut, seconds=seconds)
            done[part[number // sampling.n]].append(completion)
        if on_done:
            on_done(len(part))
    return done


def draws_of(prompts: Sequence[Prompt], sampling: Sampling) -> NDArray[np.float64] | None:
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
