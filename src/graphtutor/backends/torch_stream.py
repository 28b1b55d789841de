"""Greedy decoding of one prompt that can be listened to: the same tokens as ``generate``."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from graphtutor.completion.completion import Completion

__all__ = ["spoken", "stream_ids"]

_UNFINISHED = "\ufffd"
"""What a tokenizer writes for the first bytes of a letter."""


def stream_ids(model: Any, ends: Sequence[int], ids: Sequence[int], limit: int) -> Iterator[int]:
    """Yield up to ``limit`` new token ids after the prompt ``ids``, the end token excluded."""
    import torch

    from graphtutor.backends.torch_cache import block_cache

    cache = block_cache(model.config)
    tokens = torch.tensor([list(ids)], device=model.device)
    mask = torch.ones_like(tokens)
    position = mask.cumsum(-1) - 1
    for _ in range(limit):
        # Not around the loop: whoever listens runs between two tokens, in this thread.
        with torch.inference_mode():
            logits = model(
                input_ids=tokens,
                attention_mask=mask,
                position_ids=position,
                past_key_values=cache,
                logits_to_keep=1,
            ).logits[:, -1]
            chosen = logits.argmax(-1)
            tokens = chosen[:, None]
            mask = torch.cat([mask, mask.new_ones(1, 1)], dim=-1)
            position = position[:, -1:] + 1
        if int(chosen) in ends:
            return
        yield int(chosen)


def spoken(tokenizer: Any, tokens: Iterator[int], limit: int) -> Generator[str, None, Completion]:
    """Yield the text of ``tokens`` as it becomes known; the pieces joined are the completion's."""
    began = time.perf_counter()
    row: list[int] = []
    said = ""
    for token in tokens:
        row.append(token)
        text = tokenizer.decode(row, skip_special_tokens=True)
        # A letter of several tokens is said when it is whole.
        if text.startswith(said) and not text.endswith(_UNFINISHED) and text != said:
            yield text[len(said) :]
            said = text
    text = tokenizer.decode(row, skip_special_tokens=True)
    if text.startswith(said) and text != said:
        yield text[len(said) :]
    return Completion(text, len(row), len(row) == limit, time.perf_counter() - began)
