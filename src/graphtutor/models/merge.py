"""One whole model out of a base model and the adapter that was trained on it.

The sum is taken in float32 on the CPU: in half precision a merged model answers otherwise than base
and adapter side by side. How far the two are apart is measured on the way.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from graphtutor.errors import ModelError
from graphtutor.models.adapters import Layout, layout_of, mlx_to_peft
from graphtutor.models.chat import chat_template, rendered
from graphtutor.models.pretrained import (
    first_line,
    import_torch,
    load_pretrained,
    without_deprecations,
)
from graphtutor.models.registry import resolve_model

__all__ = ["DTYPES", "Merged", "merge", "save_merged"]

DTYPES: Final = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
"""Precisions that a Hugging Face folder can be saved in, and torch's names for them."""

_SHARD: Final = "5GB"


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """A whole model in float32 with its tokenizer.

    ``shift`` is the greatest difference that merging made to any logit; None where there was no
    adapter. ``license`` is what the base model's own card says; empty where it says nothing.
    """

    network: Any
    tokenizer: Any
    shift: float | None
    license: str

    @property
    def template(self) -> str:
        """The chat template; empty for a plain model."""
        return chat_template(self.tokenizer)

    @property
    def window(self) -> int:
        """How many tokens the model can read and write together."""
        return int(self.network.config.max_position_embeddings)

    @property
    def ends(self) -> tuple[int, ...]:
        """The tokens that end a completion: the tokenizer's and those of the model's settings."""
        told: Any = self.network.generation_config.eos_token_id
        several = [told] if isinstance(told, int | None) else [*told]
        return tuple(
            dict.fromkeys(
                int(end) for end in (self.tokenizer.eos_token_id, *several) if end is not None
            )
        )

    def rendered(self, prompt: str) -> str:
        """Return ``prompt`` as the model reads it: inside its chat template, if it has one."""
        return rendered(self.tokenizer, prompt)

    def decoded(self, ids: Sequence[int]) -> str:
        """Return the text of a completion's tokens, special tokens left out."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def token_text(self, token: int) -> str:
        """Return a token as it stands in the vocabulary."""
        return str(self.tokenizer.convert_ids_to_tokens(token))


def merge(name: str, trained: Path | None, prompts: Sequence[str], revision: str = "") -> Merged:
    """Load the model ``name`` in float32 on the CPU and put into it what ``trained`` holds.

    ``trained`` is an adapter of either layout, or a whole model, which then takes the base's place;
    None leaves the base as it is. The adapter's effect is compared before and after merging on the
    logits of ``prompts``. Raises ModelError where base and adapter do not go together.
    """
    torch = import_torch("export")
    base = resolve_model(name)
    if trained is not None and (trained / "config.json").is_file():
        network, tokenizer = load_pretrained(str(trained), f"model {trained}", dtype=torch.float32)
        return Merged(network.eval(), tokenizer, None, _license(base, name))
    layout = None if trained is None else _layout(trained)
    network, tokenizer = load_pretrained(base, f"model {base}", revision, dtype=torch.float32)
    network = network.eval()
    shift = None
    if trained is not None:
        ids = [list(tokenizer(text)["input_ids"]) for text in prompts]
        with TemporaryDirectory() as converted:
            if layout == "mlx":
                mlx_to_peft(trained, Path(converted), base)
                trained = Path(converted)
            network, shift = _merge_into(network, trained, ids)
    return Merged(network, tokenizer, shift, _license(base, name))


def save_merged(merged: Merged, folder: Path, dtype: str = "fp32", *, layout: str = "pt") -> None:
    """Write a folder that transformers loads, in shards of 5 GB, without pickle.

    ``layout`` is what the weights' files say they are: "pt", or "mlx". The generation settings say
    where graphtutor's own decoding ends, and that answers are greedy, as evaluated.
    """
    import torch

    if dtype not in DTYPES:
        raise ModelError("--dtype", wanted=f"one of {', '.join(DTYPES)}", got=repr(dtype))
    network = merged.network.to(getattr(torch, DTYPES[dtype]))
    settings = network.generation_config
    settings.do_sample = False
    settings.temperature = settings.top_p = settings.top_k = None
    ends = list(merged.ends)
    settings.eos_token_id = ends[0] if len(ends) == 1 else ends or None
    network.save_pretrained(str(folder), max_shard_size=_SHARD)
    merged.tokenizer.save_pretrained(str(folder))
    _forget_paths(folder)
    _tell_rope(folder / "config.json")
    if layout != "pt":
        for file in sorted(folder.glob("*.safetensors")):
            _relabel(file, layout)


def _merge_into(network: Any, adapter: Path, ids: Sequence[list[int]]) -> tuple[Any, float]:
    from peft import PeftModel

    models: Any = PeftModel
    try:
        with without_deprecations():
            joined = models.from_pretrained(network, str(adapter), is_trainable=False).eval()
            apart = [_logits(joined, row) for row in ids]
            whole = joined.merge_and_unload(safe_merge=True).eval()
    except Exception as problem:  # peft, torch and safetensors, each with exceptions of its own
        raise ModelError(
            str(adapter),
            wanted="an adapter of this base model in PEFT layout that can be merged",
            got=first_line(problem),
            remedy="check model.name, or train that phase again",
        ) from None
    steps = [
        float((_logits(whole, row) - one).abs().max()) for row, one in zip(ids, apart, strict=True)
    ]
    return whole, max(steps, default=0.0)


def _logits(network: Any, ids: list[int]) -> Any:
    import torch

    with torch.inference_mode():
        return network(input_ids=torch.tensor([ids])).logits


def _layout(folder: Path) -> Layout:
    layout = layout_of(folder)
    if layout is None:
        raise ModelError(
            str(folder),
            wanted="an adapter or a whole model that a training saved",
            got="a folder with neither" if folder.is_dir() else "no such folder",
            remedy="train that phase first",
        )
    return layout


def _license(base: str, name: str) -> str:
    """Return the licence in the front matter of the base model's README.md; empty if unknown."""
    if name == "nano":
        return "mit"
    readme = Path(base) / "README.md"
    if not Path(base).is_dir():
        from transformers.utils import hub

        library: Any = hub
        # What has been fetched with the model, if it was; nothing is fetched for this.
        found = library.cached_file(
            base,
            "README.md",
            local_files_only=True,
            _raise_exceptions_for_gated_repo=False,
            _raise_exceptions_for_missing_entries=False,
            _raise_exceptions_for_connection_errors=False,
        )
        readme = Path(found) if found else readme
    if not readme.is_file():
        return ""
    matter = readme.read_text("utf-8").split("---")
    lines = matter[1].splitlines() if len(matter) > 2 and not matter[0].strip() else []
    told = [line.partition(":")[2].strip() for line in lines if line.startswith("license:")]
    return told[0].strip("'\"") if told else ""


def _forget_paths(folder: Path) -> None:
    """Take out of the written settings where on this machine anything came from."""
    for file in sorted(folder.glob("*config.json")):
        settings = json.loads(file.read_text("utf-8"))
        kept = {
            key: value
            for key, value in settings.items()
            if key not in ("_name_or_path", "name_or_path", "base_model_name_or_path")
        }
        if kept != settings:
            file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _tell_rope(file: Path) -> None:
    """Say how positions turn also in the words of transformers 4, which mlx-lm and others read.

    They pass over ``rope_parameters`` and go on with a base of 10,000, which is another model.
    """
    settings = json.loads(file.read_text("utf-8"))
    rope: dict[str, Any] = settings.get("rope_parameters") or {}
    if "rope_theta" not in rope:
        return  # none, or some for each kind of layer, for which there are no such words
    settings["rope_theta"] = rope["rope_theta"]
    plain = rope.get("rope_type", "default") == "default"
    settings["rope_scaling"] = None if plain else rope
    file.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _relabel(file: Path, layout: str) -> None:
    """Say in a weights' file which library it is for; the tensors stay as they are."""
    import safetensors
    from safetensors import torch as tensors

    library: Any = safetensors
    module: Any = tensors
    with library.safe_open(file, framework="pt") as old:
        held = {name: old.get_tensor(name) for name in old.keys()}  # noqa: SIM118 - not a mapping
    fresh = file.with_name(f".{file.name}.new")
    module.save_file(held, fresh, metadata={"format": layout})
    os.replace(fresh, file)
