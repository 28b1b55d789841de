"""Loading with unsloth: base models, adapters and whole models, checked as in the torch engine."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from graphtutor.backends.torch_device import place
from graphtutor.backends.unsloth_library import Library, quiet
from graphtutor.config import ModelConfig
from graphtutor.errors import BackendError, ModelError
from graphtutor.models.pretrained import first_line, load_pretrained
from graphtutor.models.registry import resolve_model

__all__ = ["Base", "find_base", "load_network"]

_NO_LIMIT = 8192
"""Tokens that a model may hold whose settings name no limit."""


@dataclass(frozen=True, slots=True)
class Base:
    """Weights to load: ``folder`` on this machine, and the ``name`` that an adapter notes for it.

    ``window`` is how many tokens the model holds; told of more, unsloth would stretch it.
    ``tokenizer`` is as it was saved: unsloth's own loader changes it.
    """

    name: str
    folder: str
    window: int
    tokenizer: Any


def find_base(model: ModelConfig, whole: Path | None = None) -> Base:
    """Return the base of ``model``, or what full training of it has saved in ``whole``.

    Reads the model without its numbers, which takes no time: unsloth would go on with random ones
    where weights are missing. Raises ModelError if it cannot be loaded: it is not there, not in
    safetensors, or some layer has no weights.
    """
    from transformers.utils import hub

    files: Any = hub
    name = str(whole or resolve_model(model.name))
    where = name if whole else f"model {model.name}"
    revision = "" if Path(name).is_dir() else model.revision
    with quiet():
        network, tokenizer = load_pretrained(name, where, revision, device_map="meta")
        # A hub model is in the cache by now. unsloth loads it from there: with an adapter it would
        # take the newest revision.
        origin = {"revision": revision} if revision else {}
        folder = str(Path(files.cached_file(name, "config.json", **origin)).parent)
    window = int(getattr(network.config, "max_position_embeddings", _NO_LIMIT))
    return Base(name, folder, window, tokenizer)


def load_network(
    library: Library, model: ModelConfig, base: Base, adapter: Path | None = None, *, full: bool
) -> Any:
    """Load ``base`` with ``adapter``; ``full`` says that all weights are going to be trained.

    Raises ModelError if weights and settings do not fit, BackendError for a precision that unsloth
    cannot do here.
    """
    settings = _precision(library, model, full)
    if adapter is None:
        return _load(library, base.folder, base, settings, f"model {model.name}")
    # unsloth looks for the base where the adapter says that it was when the adapter was trained.
    with TemporaryDirectory(prefix="graphtutor-") as made:
        copy = Path(shutil.copytree(adapter, Path(made) / "adapter"))
        try:
            notes = json.loads((copy / "adapter_config.json").read_text("utf-8"))
            notes |= {"base_model_name_or_path": base.folder, "revision": None}
            (copy / "adapter_config.json").write_text(json.dumps(notes), "utf-8")
        except (TypeError, ValueError) as problem:
            raise _misfit(str(adapter), problem) from None
        return _load(library, str(copy), base, settings, str(adapter))


def _precision(library: Library, model: ModelConfig, full: bool) -> dict[str, Any]:
    placement = place(library.torch, library.device, model.precision)
    if library.device == "cpu" and placement.weights != "fp32":
        raise BackendError(
            "model.precision",
            wanted="auto, fp32 or bf16 with unsloth on a CPU",
            got=model.precision,
            remedy="--set model.precision=auto",
        )
    kinds = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
    kind = "fp32" if full else placement.weights  # a step of Adam is smaller than bfloat16 can add
    return {
        "dtype": getattr(library.torch, kinds[kind]),
        "load_in_4bit": placement.four_bit,
        "full_finetuning": full,
    }


def _load(library: Library, folder: str, base: Base, settings: dict[str, Any], where: str) -> Any:
    try:
        with quiet():
            network, _ = library.fast.from_pretrained(
                folder,
                max_seq_length=base.window,
                use_gradient_checkpointing="unsloth",  # prepared; each training says whether
                trust_remote_code=False,
                use_safetensors=True,
                use_exact_model_name=True,  # not another model that it takes for the same
                **settings,
            )
    except Exception as problem:  # unsloth, peft, torch, each with exceptions of its own
        raise _misfit(where, problem) from None
    return network


def _misfit(where: str, problem: Exception) -> ModelError:
    return ModelError(
        where,
        wanted="weights of this base model that unsloth can load",
        got=first_line(problem),
        remedy="check model.name, or train that phase again",
    )
