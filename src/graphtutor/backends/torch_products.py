"""How products and activations are computed while a model trains.

On a CPU, processors with instructions for bfloat16 (Intel's AMX, AVX-512 BF16 of Intel and AMD)
multiply rounded inputs faster; sums and everything stored stay in float32. torch's fused attention
is slower backwards on a CPU than plain matrix products, and does not profit. On CUDA and MPS
training of all weights keeps them in float32 and computes in half precision (autocast); a frozen
base lies in half precision already.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["keep_less", "loss_scale", "training_products"]


@contextmanager
def training_products(network: Any, precision: str) -> Generator[None, None, None]:
    """Compute products in half precision while a step runs, as ``precision`` says.

    On a CPU "bf16" takes them in bfloat16, "auto" where it has instructions for them, "fp32" never.
    """
    engine: Any = torch
    device = network.device.type
    if device != "cpu":
        if precision == "fp32" or network.dtype != torch.float32:
            yield  # under the caller's autocast, if any
            return
        half = torch.float16 if device == "mps" or precision == "fp16" else torch.bfloat16
        with engine.autocast(device, dtype=half):
            yield
        return
    if not (precision == "bf16" or (precision == "auto" and _multiplies_bfloat16())):
        yield
        return
    attention, before = network.config._attn_implementation, engine.get_float32_matmul_precision()
    network.set_attn_implementation("eager")
    engine.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        engine.set_float32_matmul_precision(before)
        network.set_attn_implementation(attention)


def loss_scale(network: Any) -> float:
    """Return what a loss is multiplied by before its gradients are taken.

    float16 rounds to 0 what is below 6e-8, and gradients of activations are that small
    (arXiv 1710.03740, section 3.2); other precisions need none.
    """
    return 1024.0 if network.dtype == torch.float16 else 1.0


def keep_less(network: Any) -> None:
    """Let training drop its activations and compute them again: less memory, a third more time."""
    enable = getattr(network, "activation_checkpointing_enable", None)  # from transformers 5.20 on
    (enable or network.gradient_checkpointing_enable)({"use_reentrant": False})


def _multiplies_bfloat16() -> bool:
    engine: Any = torch
    known: dict[str, object] = engine.cpu.get_capabilities()
    return any(bool(known.get(name)) for name in ("amx_bf16", "avx512_bf16"))
