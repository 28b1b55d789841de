"""A key-value cache that grows in blocks instead of being copied whole at every token.

For small models on a CPU that copy is half of the decoding time.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

__all__ = ["block_cache"]

_BLOCK = 48
"""Tokens of room that are added when a buffer is full."""


class BlockLayer(DynamicLayer):
    """A layer's keys and values as views into buffers of shape (batch, heads, room, head size)."""

    _room: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the new states behind the old ones and return views of all."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        length, new = self.get_seq_length(), key_states.shape[-2]
        room = self._room
        if room is None or room[0].shape[0] != key_states.shape[0] or room[0].shape[-2] < length + new:
            size = (*key_states.shape[:2], length + new + _BLOCK, key_states.shape[-1])
            room = (key_states.new_empty(size), value_states.new_empty(size))
            if length:
                room[0][..., :length, :], room[1][..., :length, :] = self.keys, self.values
            self._room = room
        room[0][..., length : length + new, :] = key_states
        room[1][..., length : length + new, :] = value_states
        self.keys, self.values = (buffer[..., : length + new, :] for buffer in room)
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep the rows of ``indices``; the buffers are made anew at the next update."""
        super().batch_select_indices(indices)
        self._room = None

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat each row; the buffers are made anew at the next update."""
        super().batch_repeat_interleave(repeats)
        self._room = None


def block_cache(config: Any) -> DynamicCache:
    """Return an empty cache; layers of a special kind (sliding windows) stay as they are."""
    cache = DynamicCache(config=config)
    cache.layers = [BlockLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
