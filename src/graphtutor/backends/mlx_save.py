"""Writing a fully trained network of mlx-lm as a folder that transformers loads."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, Final

import mlx.core as mx
from mlx import utils as trees

from graphtutor.errors import BackendError
from graphtutor.io.atomic import write_text

__all__ = ["refuse_unsavable", "save_model"]

_mlx: Any = mx
_trees: Any = trees
_UNUSED: Final = ("rotary_emb.inv_freq",)
_TIED: Final = "lm_head.weight"


def refuse_unsavable(network: Any, folder: Path) -> None:
    """Raise BackendError where mlx-lm keeps weights otherwise than the model's files in ``folder``.

    mlx-lm renames, splits or stacks the weights of some architectures while it reads them; what it
    trained could not be loaded by anything else then. Said before training, not after.
    """
    stored: dict[str, Any] = {}
    for path in sorted(folder.glob("model*.safetensors")):
        stored |= _mlx.load(str(path))
    wanted = {name: x.shape for name, x in stored.items() if not name.endswith(_UNUSED)}
    held = {name: x.shape for name, x in _trees.tree_flatten(network.parameters())}
    if _TIED not in held:
        wanted.pop(_TIED, None)
    if held != wanted:
        other = min({*held.items()} ^ {*wanted.items()})[0]
        raise BackendError(
            "training",
            wanted="method lora, as mlx-lm holds this architecture in a form of its own",
            got=f"full, with {other} in one form only",
            remedy="--set sft.method=lora, or model.backend=torch",
        )


def save_model(network: Any, origin: Path, folder: Path) -> None:
    """Write weights and settings to ``folder``; ``origin`` is the folder of the base model.

    A head that is tied to the embedding is not written: config.json says that it is tied, and
    transformers ties it again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / ".new.model.safetensors"
    weights = dict(_trees.tree_flatten(network.parameters()))
    _mlx.save_safetensors(str(fresh), weights, metadata={"format": "pt"})
    os.replace(fresh, folder / "model.safetensors")
    settings: dict[str, Any] = json.loads((origin / "config.json").read_text("utf-8"))
    settings.pop("torch_dtype", None)
    settings["dtype"] = "float32"
    if (origin / "generation_config.json").is_file():
        shutil.copyfile(origin / "generation_config.json", folder / "generation_config.json")
    write_text(folder / "config.json", json.dumps(settings, indent=2) + "\n")
