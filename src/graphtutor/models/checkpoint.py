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

    Raises ModelError when the file belongs to other weights or is damaged.
    """
    import safetensors

    library: Any = safetensors
    if not path.exists():
        return 0
    try:
        with library.safe_open(path, framework="pt") as file:
            return _read(path, file, weights, optimiser)
    except library.SafetensorError as problem:
        raise _refused(path, "a whole checkpoint", str(problem)) from None


def _read(path: Path, file: Any, weights: dict[str, Any], optimiser: Any) -> int:
    """Copy an open checkpoint into weights and optimiser, once all names and shapes fit."""
    import torch

    stored = {
        name.partition("/")[2]: tuple(file.get_slice(name).get_shape())
        for name in list(file.keys())
        if name.startswith("weight/")
    }
    wanted = {name: tuple(weight.shape) for name, weight in weights.items()}
    if stored != wanted:
        raise _refused(
            path, f"a checkpoint of these {len(wanted)} weights", f"one of {len(stored)} others"
        )
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(file.get_tensor(f"weight/{name}"))
            state = {moment: file.get_tensor(f"{moment}/{name}") for moment in _MOMENTS}
            for moment in _MOMENTS[:2]:
                state[moment] = state[moment].to(weight.device)
            optimiser.state[weight] = state
    return int(json.loads(file.metadata()["step"]))


def _refused(path: Path, wanted: str, got: str) -> ModelError:
    return ModelError(
        str(path), wanted=wanted, got=got, remedy="delete that folder and resume again"
    )
