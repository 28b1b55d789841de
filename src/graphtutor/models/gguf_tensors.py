"""The weights of a Hugging Face folder under GGUF's names, one at a time and in GGUF's types."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.errors import ModelError
from graphtutor.models.gguf_shape import Shape

__all__ = [
    "KINDS",
    "Weights",
    "as_stored",
    "gguf_name",
    "open_weights",
    "permuted",
    "storage",
    "stored_bytes",
]

KINDS: Final = {"fp32": "F32", "fp16": "F16", "bf16": "BF16", "q8_0": "Q8_0"}
"""What weights can be stored as, and gguf's name for it."""

_WHOLE: Final = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_PARTS: Final = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors of a folder, read when they are asked for; ``files`` is name to open file."""

    files: Mapping[str, Any]

    def sizes(self, name: str) -> tuple[int, ...]:
        """Return the shape of one tensor, without reading it."""
        return tuple(self.files[name].get_slice(name).get_shape())

    def read(self, name: str) -> NDArray[np.float32]:
        """Return one tensor in float32."""
        return self.files[name].get_tensor(name).float().numpy()


@contextmanager
def open_weights(folder: Path) -> Generator[Weights, None, None]:
    """Open the weights of ``folder``, in one file or in several."""
    import safetensors

    library: Any = safetensors
    index = folder / "model.safetensors.index.json"
    names = ["model.safetensors"]
    if index.is_file():
        names = sorted(set(json.loads(index.read_text("utf-8"))["weight_map"].values()))
    with ExitStack() as stack:
        files: dict[str, Any] = {}
        for name in names:
            file = stack.enter_context(library.safe_open(folder / name, framework="pt"))
            files |= dict.fromkeys(file.keys(), file)
        yield Weights(files)


def gguf_name(name: str) -> str:
    """Return GGUF's name for a tensor.

    >>> gguf_name("model.layers.3.self_attn.q_proj.weight")
    'blk.3.attn_q.weight'

    Raises ModelError for a tensor that has no place there.
    """
    if name in _WHOLE:
        return _WHOLE[name]
    head, _, rest = name.removeprefix("model.layers.").partition(".")
    part, _, kind = rest.rpartition(".")
    if name.startswith("model.layers.") and part in _PARTS:
        return f"blk.{head}.{_PARTS[part]}.{kind}"
    raise ModelError(
        "--to gguf",
        wanted="the weights of the llama family",
        got=f"a tensor {name}",
        remedy="export it with --to hf",
    )


def permuted(tensor: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Reorder the rows of q or k, (heads * size, ...), as llama.cpp rotates them.

    transformers rotates row i of a head with row i + size / 2, llama.cpp each row with the next.
    """
    halves = tensor.reshape(heads, 2, tensor.shape[0] // heads // 2, *tensor.shape[1:])
    return halves.swapaxes(1, 2).reshape(tensor.shape)


def storage(name: str, sizes: Sequence[int], kind: str) -> Any:
    """Return the GGMLQuantizationType that a tensor of these ``sizes`` is stored in.

    Vectors stay in float32, as llama.cpp wants them; so do rows that do not fill whole blocks.
    """
    import gguf

    wanted = gguf.GGMLQuantizationType[KINDS[kind]]
    block, _ = gguf.GGML_QUANT_SIZES[wanted]
    fits = len(sizes) > 1 and sizes[-1] % block == 0 and not name.startswith("rope_freqs")
    return wanted if fits else gguf.GGMLQuantizationType.F32


def stored_bytes(sizes: Sequence[int], stored: Any) -> int:
    """Return how many bytes a tensor of these ``sizes`` takes in the type ``stored``."""
    import gguf

    block, size = gguf.GGML_QUANT_SIZES[stored]
    return prod(sizes) // block * size


def as_stored(tensor: NDArray[np.float32], name: str, shape: Shape, stored: Any) -> NDArray[Any]:
    """Return the tensor called ``name`` (GGUF's) as it is written in the type ``stored``."""
    import gguf

    if shape.interleaved and ".attn_q." in name:
        tensor = permuted(tensor, shape.heads)
    if shape.interleaved and ".attn_k." in name:
        tensor = permuted(tensor, shape.groups)
    library: Any = gguf.quants
    return library.quantize(np.ascontiguousarray(tensor), stored)
