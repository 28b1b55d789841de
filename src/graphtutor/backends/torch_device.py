"""Where a model runs and in what precision its weights lie.

| device | auto | weights | trained weights |
|---|---|---|---|
| cpu | fp32 | float32, products in bfloat16 where faster (``torch_products``) | float32 |
| cuda | bf16, fp16 before Ampere | half | float32 |
| mps | fp16 | half | float32 |

Trained weights, an adapter's or all of them, are always float32: a step of Adam is smaller than
what bfloat16 can add to a weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

from graphtutor.errors import BackendError

__all__ = ["Placement", "load_settings", "pick_device", "place"]

_TYPES: Final = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}


@dataclass(frozen=True, slots=True)
class Placement:
    """Device, the weights' precision (fp32, bf16, fp16), and whether the base is held in 4 bit."""

    device: str
    weights: str
    four_bit: bool = False


def pick_device(torch: Any, wanted: str) -> str:
    """Return the device to run on; ``auto`` prefers CUDA, then MPS, then the CPU.

    ``torch`` is the library. Raises BackendError when the wanted device is not there.
    """
    present = ["cpu"]
    if torch.backends.mps.is_available():
        present.insert(0, "mps")
    if torch.cuda.is_available():
        present.insert(0, "cuda")
    if wanted == "auto":
        return present[0]
    if wanted.partition(":")[0] not in present:
        raise BackendError(
            "model.device", wanted=f"auto or one of {', '.join(present)}", got=repr(wanted)
        )
    return wanted


def place(torch: Any, device: str, precision: str) -> Placement:
    """Return how weights lie on ``device`` under the setting ``model.precision``.

    Raises BackendError for a precision that the device cannot do.
    """
    kind = device.partition(":")[0]
    half = "bf16" if kind == "cuda" and torch.cuda.is_bf16_supported() else "fp16"
    if precision == "4bit":
        if kind != "cuda":
            raise _impossible("4bit", device)
        return Placement(device, half, four_bit=True)
    if kind == "cpu":
        # bf16 on a CPU is about products alone: weights in half precision gain nothing there.
        return Placement(device, "fp16" if precision == "fp16" else "fp32")
    if precision == "bf16" and half != "bf16":
        raise _impossible("bf16", device)
    return Placement(device, half if precision == "auto" else precision)


def load_settings(placement: Placement) -> dict[str, Any]:
    """Return what ``from_pretrained`` is told of precision and place.

    4 bit is NF4 with doubly quantised constants (QLoRA, arXiv 2305.14314). Raises BackendError when
    bitsandbytes is missing.
    """
    import torch

    kind = getattr(torch, _TYPES[placement.weights])
    if not placement.four_bit:
        return {"dtype": kind}
    if find_spec("bitsandbytes") is None:
        raise BackendError(
            "model.precision",
            wanted="the package bitsandbytes for 4bit",
            got="none",
            remedy="pip install bitsandbytes",
        )
    from transformers import BitsAndBytesConfig

    settings: Any = BitsAndBytesConfig
    four_bit = settings(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=kind,
    )
    return {
        "dtype": kind,
        "quantization_config": four_bit,
        "device_map": {"": placement.device},
    }


def _impossible(precision: str, device: str) -> BackendError:
    return BackendError(
        "model.precision",
        wanted=f"a precision that {device} can do",
        got=precision,
        remedy="--set model.precision=auto",
    )
