"""Training checkpoints without pickle: weights and AdamW's moments in one safetensors file.

A file is written beside its place and moved there, so a kill leaves the old checkpoint or the new
one. Random states need not be kept: every step seeds its own (see the engines).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from graphtutor.errors import ModelError

__all__ = ["load_checkpoint", "save_checkpoint"]

_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save_checkpoint(path: Path, step: int, weights: dict[str, Any], optimiser: Any) -> None:
    """Write the trained ``weights`` by name and their optimiser state after ``step`` steps."""
    from safetensors import torch as safetensors

    module: Any = safetensors
    tensors: dict[str, Any] = {}
    for name, weight in weights.items():
        tensors[f"weight/{name}"] = weight.detach().contiguous()
        for moment in _MOMENTS:
            tensors[f"{moment}/{name}"] = optimiser.state[weight][moment].contiguous()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    module.save_file(tensors, fresh, metadata={"step": json.dumps(step)})
    os.replace(fresh, path)


def load_checkpoint(path: Path, weights: dict[str, Any], optimiser: Any) -> int:
    """Load what :func:`save_checkpoint` wrote, in place, and return its step; 0 without a file.

    Raises ModelError when the file belongs to other weights.
    """
    import safetensors
    import torch

    opened: Any = safetensors.safe_open
    if not path.exists():
        return 0
    with opened(path, framework="pt") as file:
        names: list[str] = list(file.keys())
        stored = {name.partition("/")[2] for name in names}
        if stored != set(weights):
            raise ModelError(
                str(path),
                wanted=f"a checkpoint of these {len(weights)} weights",
                got=f"one of {len(stored)} others",
                remedy="delete the folder of that phase and resume again",
            )
        with torch.no_grad():
            for name, weight in weights.items():
                weight.copy_(file.get_tensor(f"weight/{name}"))
                optimiser.state[weight] = {
                    moment: file.get_tensor(f"{moment}/{name}") for moment in _MOMENTS
                }
                for moment in _MOMENTS[:2]:
                    state = optimiser.state[weight]
                    state[moment] = state[moment].to(weight.device)
        return int(json.loads(file.metadata()["step"]))
