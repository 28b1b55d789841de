"""The shape of a model as GGUF knows it: from config.json to the fields that llama.cpp reads.

Only the llama family is known, and within it only what llama.cpp computes as transformers does.
What is not known is refused: a file that loads and answers differently is worse than none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from graphtutor.errors import ModelError

__all__ = ["ARCHITECTURES", "Shape", "add_shape", "read_shape", "rope_factors"]

ARCHITECTURES: Final = {
    "LlamaForCausalLM": "llama",
    "MistralForCausalLM": "llama",
    "Qwen2ForCausalLM": "qwen2",
    "Qwen3ForCausalLM": "qwen3",
}
"""What can be written: the class in config.json, and its name in llama.cpp."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a model; ``context`` is in tokens.

    ``tied`` says that the output matrix is the embedding; ``rope`` is transformers' own record.
    """

    architecture: str
    layers: int
    hidden: int
    inner: int
    heads: int
    groups: int
    head_size: int
    vocabulary: int
    context: int
    epsilon: float
    tied: bool
    rope: dict[str, Any]

    @property
    def interleaved(self) -> bool:
        """Whether llama.cpp rotates neighbours here: rows of q and k must then change places."""
        return self.architecture == "llama"


def read_shape(folder: Path) -> Shape:
    """Read config.json of ``folder``. Raises ModelError for what llama.cpp would do otherwise."""
    from transformers import AutoConfig

    loader: Any = AutoConfig
    config: Any = loader.from_pretrained(str(folder), trust_remote_code=False)
    names: list[str] = list(getattr(config, "architectures", None) or ["none"])
    if names[0] not in ARCHITECTURES:
        raise ModelError(
            "--to gguf",
            wanted=f"one of the architectures {', '.join(ARCHITECTURES)}",
            got=names[0],
            remedy="export it with --to hf, and convert that folder with llama.cpp's own converter",
        )
    if config.hidden_act != "silu":
        raise _unlike(f"hidden_act {config.hidden_act}", "silu")
    heads = int(config.num_attention_heads)
    context = int(config.max_position_embeddings)
    window = getattr(config, "sliding_window", None)
    if window and getattr(config, "use_sliding_window", True):
        # llama.cpp looks at everything here; up to this length that is the same.
        context = min(context, int(window))
    return Shape(
        architecture=ARCHITECTURES[names[0]],
        layers=int(config.num_hidden_layers),
        hidden=int(config.hidden_size),
        inner=int(config.intermediate_size),
        heads=heads,
        groups=int(getattr(config, "num_key_value_heads", None) or heads),
        head_size=int(getattr(config, "head_dim", None) or config.hidden_size // heads),
        vocabulary=int(config.vocab_size),
        context=context,
        epsilon=float(config.rms_norm_eps),
        tied=bool(config.tie_word_embeddings),
        rope=_rope(config),
    )


def _rope(config: Any) -> dict[str, Any]:
    rope: dict[str, Any] = dict(config.rope_parameters or {})
    kind = str(rope.get("rope_type", "default"))
    if kind not in ("default", "linear", "llama3"):
        raise _unlike(f"rope_type {kind}", "default, linear or llama3")
    if float(rope.get("partial_rotary_factor") or 1.0) != 1.0:
        raise _unlike(f"partial_rotary_factor {rope['partial_rotary_factor']}", "1")
    return {**rope, "rope_type": kind, "rope_theta": float(rope.get("rope_theta", 10000.0))}


def add_shape(writer: Any, shape: Shape) -> None:
    """Add the shape's fields to a GGUFWriter."""
    import gguf

    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.groups)
    writer.add_key_length(shape.head_size)
    writer.add_value_length(shape.head_size)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_rope_dimension_count(shape.head_size)
    writer.add_rope_freq_base(shape.rope["rope_theta"])
    if shape.rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(shape.rope["factor"]))


def rope_factors(shape: Shape) -> list[float] | None:
    """Return what Llama 3 divides each frequency by, (head_size / 2,); None for other models.

    llama.cpp reads these from a tensor, ``rope_freqs.weight``. The formula is that of Llama 3.1.
    """
    if shape.rope["rope_type"] != "llama3":
        return None
    from math import pi

    rope = shape.rope
    factor, low, high, old = (
        float(rope[key])
        for key in (
            "factor",
            "low_freq_factor",
            "high_freq_factor",
            "original_max_position_embeddings",
        )
    )
    factors: list[float] = []
    for index in range(0, shape.head_size, 2):
        wave = 2 * pi * float(rope["rope_theta"]) ** (index / shape.head_size)
        if wave < old / high:
            factors.append(1.0)
        elif wave > old / low:
            factors.append(factor)
        else:
            smooth = (old / wave - low) / (high - low)
            factors.append(1 / ((1 - smooth) / factor + smooth))
    return factors


def _unlike(got: str, wanted: str) -> ModelError:
    return ModelError(
        "--to gguf",
        wanted=f"a model that llama.cpp computes as transformers does: {wanted}",
        got=got,
        remedy="export it with --to hf",
    )
