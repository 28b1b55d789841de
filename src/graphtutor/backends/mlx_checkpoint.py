"""Training checkpoints of mlx: weights and AdamW's moments in one safetensors file, no pickle.

A file is written beside its place and moved there, so a kill leaves the old checkpoint or the new
one. Random states need not be kept: every step seeds its own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlx.core as mx

from graphtutor.errors import ModelError

__all__ = ["load_checkpoint", "save_checkpoint"]

_mlx: Any = mx

Parts = Mapping[str, Mapping[str, Any]]


def save_checkpoint(path: Path, step: int, parts: Parts) -> None:
    """Write arrays after ``step`` steps; ``parts`` has weights and moments by part and name."""
    tensors = {f"{part}/{name}": x for part, named in parts.items() for name, x in named.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".new.{path.name}")  # mlx wants the ending
    _mlx.save_safetensors(str(fresh), tensors, metadata={"step": str(step)})
    os.replace(fresh, path)


def load_checkpoint(path: Path, parts: Parts) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the step and the arrays that :func:`save_checkpoint` wrote; 0 and none without a file.

    ``parts`` are those of the training that is to go on. Raises ModelError when the file belongs to
    another one or is damaged.
    """
    if not path.exists():
        return 0, {}
    try:
        stored, metadata = _mlx.load(str(path), return_metadata=True)
        _mlx.eval(stored)
        step = int(metadata["step"])
    except (RuntimeError, ValueError, KeyError) as problem:
        raise _refused(path, "a whole checkpoint", " ".join(str(problem).split())) from None
    wanted = {
        f"{part}/{name}": x.shape for part, named in parts.items() for name, x in named.items()
    }
    if {name: x.shape for name, x in stored.items()} != wanted:
        got = sum(name.startswith("weight/") for name in stored)
        count = len(parts["weight"])
        raise _refused(path, f"a checkpoint of these {count} weights", f"one of {got} others")
    return step, {
        part: {name: stored[f"{part}/{name}"] for name in named} for part, named in parts.items()
    }


def _refused(path: Path, wanted: str, got: str) -> ModelError:
    return ModelError(
        str(path), wanted=wanted, got=got, remedy="delete that folder and resume again"
    )
