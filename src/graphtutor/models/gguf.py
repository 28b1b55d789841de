"""A Hugging Face folder as one GGUF file, which llama.cpp and what is built on it read.

Written with the package ``gguf`` alone. Weights are read, converted and written one at a time, so
the file may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphtutor.errors import BackendError, ModelError
from graphtutor.models.gguf_shape import Shape, add_shape, read_shape, rope_factors
from graphtutor.models.gguf_tensors import (
    KINDS,
    Weights,
    as_stored,
    gguf_name,
    open_weights,
    storage,
    stored_bytes,
)
from graphtutor.models.gguf_vocabulary import Vocabulary, add_vocabulary, read_vocabulary

__all__ = ["write_gguf"]


def write_gguf(
    folder: Path,
    out: Path,
    kind: str = "fp32",
    *,
    name: str = "",
    on_tensor: Callable[[int, int], None] | None = None,
) -> Vocabulary:
    """Write the model of ``folder`` to the file ``out`` and return the vocabulary written.

    ``kind`` is one of fp32, fp16, bf16 and q8_0. ``on_tensor`` is told how many tensors are written
    and how many there are. Raises ModelError for a model that llama.cpp cannot run as transformers
    does, BackendError when the package ``gguf`` is missing.
    """
    library = _import_gguf()
    shape = read_shape(folder)
    vocabulary = read_vocabulary(folder, shape.vocabulary)
    writer = library.GGUFWriter(out, shape.architecture)
    with open_weights(folder) as weights:
        names = _named(weights, folder, shape)
        writer.add_name(name or folder.name)
        writer.add_file_type(_file_type(library, kind))
        writer.add_quantization_version(library.GGML_QUANT_VERSION)
        add_shape(writer, shape)
        add_vocabulary(writer, vocabulary)
        _write(writer, weights, names, shape, kind, on_tensor)
    return vocabulary


def _write(
    writer: Any,
    weights: Weights,
    names: dict[str, str],
    shape: Shape,
    kind: str,
    on_tensor: Callable[[int, int], None] | None,
) -> None:
    """Announce all tensors, then write one after the other: GGUF's header comes first."""
    import numpy as np

    factors = rope_factors(shape)
    extra = None if factors is None else np.array(factors, np.float32)
    try:
        if extra is not None:
            writer.add_tensor_info("rope_freqs.weight", extra.shape, extra.dtype, extra.nbytes)
        kinds: dict[str, Any] = {}
        for ours, theirs in names.items():
            sizes = weights.sizes(ours)
            kinds[ours] = storage(theirs, sizes, kind)
            size = stored_bytes(sizes, kinds[ours])
            writer.add_tensor_info(theirs, sizes, np.dtype(np.float32), size, kinds[ours])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        if extra is not None:
            writer.write_tensor_data(extra)
        for done, (ours, theirs) in enumerate(names.items(), start=1):
            writer.write_tensor_data(as_stored(weights.read(ours), theirs, shape, kinds[ours]))
            if on_tensor:
                on_tensor(done, len(names))
    finally:
        writer.close()


def _named(weights: Weights, folder: Path, shape: Shape) -> dict[str, str]:
    """Return GGUF's name of each tensor; an output matrix that is the embedding is left out."""
    again = "lm_head.weight" if shape.tied else ""
    names = {name: gguf_name(name) for name in sorted(weights.files) if name != again}
    if "model.embed_tokens.weight" not in names:
        raise ModelError(
            str(folder), wanted="weights with model.embed_tokens.weight", got=f"{len(names)} others"
        )
    return names


def _file_type(library: Any, kind: str) -> Any:
    if kind not in KINDS:
        raise ModelError("--dtype", wanted=f"one of {', '.join(KINDS)}", got=repr(kind))
    name = {"fp32": "ALL_F32"}.get(kind, f"MOSTLY_{KINDS[kind]}")
    return library.LlamaFileType[name]


def _import_gguf() -> Any:
    try:
        import gguf
    except ImportError as problem:
        raise BackendError(
            "--to gguf",
            wanted="the package gguf",
            got=str(problem),
            remedy="pip install 'graphtutor[gguf]'",
        ) from None
    return gguf
