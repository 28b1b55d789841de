"""LoRA on a network of mlx-lm, as PEFT does it: which layers, how they begin, what dropout drops.

mlx-lm's own module computes it. What is replaced are its defaults (rank 8, scale 20, last 16
layers) and its dropout: a mask here comes from a key that the training sets, so that it is the same
when a layer is computed again for its gradient, and after a kill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx import utils as trees
from mlx_lm.models.switch_layers import QuantizedSwitchLinear, SwitchLinear
from mlx_lm.tuner.lora import LoRALinear

from graphtutor.errors import BackendError
from graphtutor.io.seed import random_stream
from graphtutor.models.adapter_tensors import Tensor
from graphtutor.models.adapters import Adapter

__all__ = ["Shape", "add_adapter", "attach", "extract", "lora_layers", "set_dropout_keys"]

_mlx: Any = mx
_nn: Any = nn
_trees: Any = trees
_Lora: Any = LoRALinear
_NAMES: Final = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16"}


@dataclass(frozen=True, slots=True)
class Shape:
    """Rank, alpha and dropout of an adapter; the scale is ``alpha / rank``."""

    rank: int
    alpha: float
    dropout: float


class KeyedDropout(nn.Module):
    """Dropout whose mask depends on a key that is set from outside, and on nothing else."""

    def __init__(self, p: float) -> None:
        """Drop items with the chance ``p``."""
        super().__init__()
        self._keep = 1 - p
        self._key = _mlx.random.key(0)

    def __call__(self, x: Any) -> Any:
        """Return ``x`` with some items 0 and the others raised to keep the mean."""
        if self._keep == 1 or not self.training:
            return x
        kept = _mlx.random.bernoulli(self._keep, x.shape, key=self._key)
        return _mlx.where(kept, x * (1 / self._keep), _mlx.zeros_like(x))


def lora_layers(network: Any) -> dict[str, Any]:
    """Return the adapted layers of ``network`` by path, sorted; empty without an adapter."""
    found = {path: layer for path, layer in network.named_modules() if isinstance(layer, _Lora)}
    return dict(sorted(found.items()))


def add_adapter(network: Any, shape: Shape, seed: int) -> None:
    """Adapt every linear layer but the output one: A as PEFT draws it (Kaiming), B zero.

    Raises BackendError for a mixture of experts, whose layers PEFT's layout cannot hold.
    """
    layers = dict(network.named_modules())
    mixed = [p for p, m in layers.items() if isinstance(m, SwitchLinear | QuantizedSwitchLinear)]
    if mixed:
        raise BackendError(
            "training",
            wanted="a model of plain linear layers",
            got=f"a mixture of experts, {mixed[0]}",
            remedy="use model.backend=torch",
        )
    kinds = (_nn.Linear, _nn.QuantizedLinear)
    chosen = {p: m for p, m in layers.items() if isinstance(m, kinds) and not p.endswith("lm_head")}
    adapted = _adapt(network, chosen, shape)
    for path, layer in adapted.items():
        size, rank = layer.lora_a.shape
        bound = size**-0.5  # what kaiming_uniform_ with a = sqrt(5) comes to
        a = random_stream("lora", seed, path).uniform(-bound, bound, (size, rank))
        layer.lora_a = _mlx.array(a.astype(np.float32))
    _mlx.eval(network.parameters())


def attach(network: Any, adapter: Adapter) -> None:
    """Put ``adapter`` onto ``network``, in float32. Raises ValueError where it does not fit."""
    layers = dict(network.named_modules())
    missing = [path for path in adapter.modules if path not in layers]
    if missing:
        raise ValueError(f"no module {missing[0]}")
    chosen = {path: layers[path] for path in adapter.modules}
    shape = Shape(adapter.rank, adapter.alpha, adapter.dropout)
    for path, layer in _adapt(network, chosen, shape).items():
        a, b = (_array(tensor.turned()) for tensor in adapter.modules[path])
        for name, got in (("lora_a", a), ("lora_b", b)):
            if got.shape != layer[name].shape:
                raise ValueError(f"{path}: {name} of {got.shape}, not {layer[name].shape}")
            layer[name] = got
    _mlx.eval(network.parameters())


def extract(network: Any, shape: Shape, base: str, revision: str) -> Adapter:
    """Return the adapter of ``network``; ``base`` names the model that it is for."""
    modules = {
        path: (_tensor(layer.lora_a).turned(), _tensor(layer.lora_b).turned())
        for path, layer in lora_layers(network).items()
    }
    kinds = {path.rpartition(".")[2] for path in modules}
    same = {path for path, _ in network.named_modules() if path.rpartition(".")[2] in kinds}
    return Adapter(
        shape.rank, shape.alpha, shape.dropout, modules, base, revision, same == {*modules}
    )


def set_dropout_keys(network: Any, seed: int) -> None:
    """Decide the masks of all dropouts until the next call, by ``seed`` alone."""
    layers = lora_layers(network).values()
    keys = _mlx.random.split(_mlx.random.key(seed), max(1, len(layers)))
    for layer, key in zip(layers, keys, strict=False):
        layer.dropout._key = key


def _adapt(network: Any, chosen: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """Put a LoRA module around each of ``chosen``; return them by path."""
    adapted: dict[str, Any] = {}
    for path, layer in chosen.items():
        if not isinstance(layer, (_nn.Linear, _nn.QuantizedLinear)):
            raise ValueError(f"{path} is no linear layer")
        adapted[path] = _Lora.from_base(layer, r=shape.rank, scale=shape.alpha / shape.rank)
        adapted[path].dropout = KeyedDropout(shape.dropout)
    network.update_modules(_trees.tree_unflatten(list(adapted.items())))
    return adapted


def _array(tensor: Tensor) -> Any:
    kind = next(name for name, short in _NAMES.items() if short == tensor.type)
    if kind == "float64":  # which no GPU has
        return _mlx.array(tensor.items.view(np.float64).astype(np.float32))
    return _mlx.array(tensor.items).view(getattr(_mlx, kind)).astype(_mlx.float32)


def _tensor(array: Any) -> Tensor:
    return Tensor("F32", np.array(array.view(_mlx.uint32)))
