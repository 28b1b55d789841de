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
        # Whatever else has replaced the keys (a choice of rows, say) has left the buffers behind.
        keys, values = self.keys, self.values
        left = room is None or keys is None or room[0].data_ptr() != keys.data_ptr()
        if room is None or left or room[0].shape[-2] < length + new:
            room = (_grown(key_states, keys, length), _grown(value_states, values, length))
            self._room = room
        room[0][..., length : length + new, :] = key_states
        room[1][..., length : length + new, :] = value_states
        self.keys, self.values = (buffer[..., : length + new, :] for buffer in room)
        return self.keys, self.values


def _grown(new: torch.Tensor, old: torch.Tensor | None, length: int) -> torch.Tensor:
    """Return a buffer with room for ``new`` and a block more behind ``old``'s ``length`` tokens.

    The last dimension is that of ``new``: keys and values may differ in it.
    """
    size = (*new.shape[:2], length + new.shape[-2] + _BLOCK, new.shape[-1])
    buffer = new.new_empty(size)
    if old is not None and length:
        buffer[..., :length, :] = old
    return buffer


def block_cache(config: Any) -> DynamicCache:
    """Return an empty cache; layers of a special kind (sliding windows) stay as they are."""
    cache = DynamicCache(config=config)
    cache.layers = [
        BlockLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers
    ]
    return cache
