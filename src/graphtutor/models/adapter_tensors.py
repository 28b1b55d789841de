"""Matrices in safetensors files as raw bytes, whatever their type, so that none is converted.

numpy has no bfloat16; here an item is only so many bytes wide, which is enough to transpose.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.errors import ModelError

__all__ = ["Tensor", "read_tensors", "write_tensors"]

_WIDTHS: Final = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A matrix; ``type`` is F64, F32, F16 or BF16, ``items`` (rows, columns) its raw numbers."""

    type: str
    items: NDArray[Any]

    def turned(self) -> Tensor:
        """Return the transpose."""
        return Tensor(self.type, np.ascontiguousarray(self.items.T))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read all matrices of a safetensors file.

    Raises ModelError for a file that is missing, damaged, or holds anything else.
    """
    import safetensors

    library: Any = safetensors
    try:
        stored = library.deserialize(path.read_bytes())
    except (OSError, library.SafetensorError) as problem:
        raise ModelError(
            str(path), wanted="a whole safetensors file", got=" ".join(str(problem).split())
        ) from None
    tensors: dict[str, Tensor] = {}
    for name, held in stored:
        if held["dtype"] not in _WIDTHS or len(held["shape"]) != 2:
            raise ModelError(
                str(path),
                wanted=f"matrices of {', '.join(_WIDTHS)}",
                got=f"{name} of {held['dtype']}, shape {held['shape']}",
            )
        items = np.frombuffer(bytes(held["data"]), dtype=f"<u{_WIDTHS[held['dtype']]}")
        tensors[name] = Tensor(held["dtype"], items.reshape(held["shape"]))
    return tensors


def write_tensors(path: Path, tensors: Mapping[str, Tensor], origin: str) -> None:
    """Write ``tensors`` atomically, as the safetensors library orders and pads them.

    ``origin`` is what readers look for as the format: "pt" or "mlx".
    """
    header: dict[str, Any] = {"__metadata__": {"format": origin}}
    order = sorted(tensors, key=lambda name: (-_WIDTHS[tensors[name].type], name))
    end = 0
    for name in order:
        tensor, begin = tensors[name], end
        end += tensor.items.nbytes
        shape = list(tensor.items.shape)
        header[name] = {"dtype": tensor.type, "shape": shape, "data_offsets": [begin, end]}
    head = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    head += b" " * (-len(head) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        file.write(len(head).to_bytes(8, "little") + head)
        for name in order:
            file.write(tensors[name].items.tobytes())
    os.replace(fresh, path)
