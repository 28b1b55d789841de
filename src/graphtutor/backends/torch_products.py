"""How matrix products are computed while a model trains on a CPU.

Processors with instructions for bfloat16 (Intel's AMX, AVX-512 BF16 of Intel and AMD) multiply
rounded inputs faster; sums and everything stored stay in float32. torch's fused attention is slower
backwards on a CPU than plain matrix products, and does not profit.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["training_products"]


@contextmanager
def training_products(network: Any, precision: str) -> Generator[None, None, None]:
    """Compute products in bfloat16 while a step runs, if ``precision`` is "bf16".

    "auto" takes them where the network is on a CPU with instructions for them, "fp32" never.
    """
    chosen = precision == "bf16" or (precision == "auto" and _multiplies_bfloat16())
    if not chosen or network.device.type != "cpu":
        yield
        return
    engine: Any = torch
    attention, before = network.config._attn_implementation, engine.get_float32_matmul_precision()
    network.set_attn_implementation("eager")
    engine.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        engine.set_float32_matmul_precision(before)
        network.set_attn_implementation(attention)


def _multiplies_bfloat16() -> bool:
    engine: Any = torch
    known: dict[str, object] = engine.cpu.get_capabilities()
    return any(bool(known.get(name)) for name in ("amx_bf16", "avx512_bf16"))
