"""Reading a model in Hugging Face format for mlx-lm: settings filled in, weights, tokenizer.

mlx-lm reads config.json by rules of its own. Where the file leaves something to transformers, or
says it the way transformers 5 does (``rope_parameters``), mlx-lm would go on with defaults and give
another model without a word. So the settings are resolved by transformers and handed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import mlx.core as mx
from mlx import utils as trees
from mlx_lm import utils as lm
from mlx_lm.models import cache as caches
from transformers import AutoConfig, AutoTokenizer
from transformers.utils import hub

from graphtutor.errors import ModelError

__all__ = ["Loaded", "describe", "load_pretrained"]

_WEIGHTS: Final = "model.safetensors"
_INDEX: Final = f"{_WEIGHTS}.index.json"
_ENDS: Final = "generation_config.json"
# Loose types: neither library declares these in full.
_mlx: Any = mx
_configs: Any = AutoConfig
_tokenizers: Any = AutoTokenizer
_lm: Any = lm
_trees: Any = trees
_hub: Any = hub
_caches: Any = caches


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A network of mlx-lm with its transformers tokenizer.

    ``folder`` holds the files that it was read from; ``ends`` are the ids that end a completion;
    ``window`` is the number of tokens that it reads and writes together.
    """

    network: Any
    tokenizer: Any
    folder: Path
    ends: tuple[int, ...]
    window: int


def load_pretrained(source: str, where: str, precision: str, revision: str = "") -> Loaded:
    """Load the model in folder or hub id ``source``; weights in ``precision``, "" leaves theirs.

    ``where`` names the model in errors. Raises ModelError on whatever is wrong with it.
    """
    origin: dict[str, Any] = {"revision": revision} if revision else {}
    try:
        tokenizer = _tokenizers.from_pretrained(source, trust_remote_code=False, **origin)
        config = _configs.from_pretrained(source, trust_remote_code=False, **origin)
        folder = _folder(source, origin)
        given: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
        known: dict[str, Any] = config.to_dict()
        # Some architectures call a setting otherwise than the rest: transformers knows both names.
        known |= {name: known.get(own) for name, own in config.attribute_map.items()}
        network, _ = _lm.load_model(folder, model_config=_resolved(given, known))
    except Exception as problem:  # three libraries, each with exceptions of its own
        raise ModelError(
            where,
            wanted="a causal language model in Hugging Face format with safetensors weights",
            got=" ".join(str(problem).split())[:300] or type(problem).__name__,
            remedy="check the folder or the hub id; a hub model needs a network the first time",
        ) from None
    _refuse_unread_rope(where, known, network)
    if precision:
        network.set_dtype(getattr(_mlx, precision))
        _mlx.eval(network.parameters())
    return Loaded(
        network=network.eval(),
        tokenizer=tokenizer,
        folder=folder,
        ends=_ends(folder, known, tokenizer),
        window=_window(known, network),
    )


def describe(network: Any) -> str:
    """Say how large ``network`` is, where it runs and in what precision its weights lie."""
    kinds = {str(x.dtype).rpartition(".")[2] for _, x in _trees.tree_flatten(network.parameters())}
    packed = "uint32" in kinds  # what mlx has quantised
    kind = "quantised" if packed else " and ".join(sorted(kinds))
    millions = _lm.get_total_parameters(network) / 1e6
    device = str(_mlx.default_device()).removeprefix("Device(").partition(",")[0]
    return f"{millions:.1f} million weights, {kind}, on {device}"


def _folder(source: str, origin: Mapping[str, Any]) -> Path:
    """Return the folder of a local model, or of a hub model's files, fetched if need be."""
    if Path(source).is_dir():
        return Path(source)
    folder = Path(_hub.cached_file(source, "config.json", **origin)).parent
    with suppress(OSError):  # not every model has one
        _hub.cached_file(source, _ENDS, **origin)
    try:
        index = _hub.cached_file(source, _INDEX, **origin)
    except OSError:
        _hub.cached_file(source, _WEIGHTS, **origin)
    else:
        parts: dict[str, str] = json.loads(Path(index).read_text("utf-8"))["weight_map"]
        _hub.cached_files(source, sorted({*parts.values()}), **origin)
    return folder


def _resolved(given: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what transformers knows of a model and mlx-lm would not find in its config.json.

    ``given`` is the file, ``known`` what transformers makes of it.

    >>> given = {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}
    >>> _resolved(given, {**given, "tie_word_embeddings": False})
    {'tie_word_embeddings': False, 'rope_theta': 500000.0, 'rope_scaling': None}
    """
    added = {key: value for key, value in known.items() if key not in given and value is not None}
    rope: dict[str, Any] = known.get("rope_parameters") or {}
    flat: dict[str, Any] = rope.get("full_attention") or rope
    if "sliding_attention" in rope:
        added["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
    if "rope_theta" in flat:
        added["rope_theta"] = flat["rope_theta"]
        added["rope_scaling"] = None if flat.get("rope_type") == "default" else flat
        if "partial_rotary_factor" in flat:
            added["partial_rotary_factor"] = flat["partial_rotary_factor"]
    return added


def _refuse_unread_rope(where: str, known: Mapping[str, Any], network: Any) -> None:
    """Refuse rotary settings by kind of layer where mlx-lm has no field that takes them."""
    rope: dict[str, Any] = known.get("rope_parameters") or {}
    nested = any(isinstance(part, dict) for part in rope.values())
    fields = vars(getattr(network, "args", object))
    if nested and not {"rope_parameters", "rope_local_base_freq"} & {*fields}:
        raise ModelError(
            where,
            wanted="rotary settings that mlx-lm reads",
            got=f"some for each of {', '.join(rope)}",
            remedy="use model.backend=torch",
        )


def _ends(folder: Path, known: Mapping[str, Any], tokenizer: Any) -> tuple[int, ...]:
    """Return the ids that end a completion: the tokenizer's and those of the model's settings."""
    settings: Mapping[str, Any] = known
    path = folder / _ENDS
    if path.is_file():
        settings = json.loads(path.read_text("utf-8"))
    configured: Any = settings.get("eos_token_id")
    several = cast("list[Any]", configured) if isinstance(configured, list) else [configured]
    return tuple(sorted({end for end in (*several, tokenizer.eos_token_id) if end is not None}))


def _window(known: Mapping[str, Any], network: Any) -> int:
    """Return the number of positions, or of those up to which mlx-lm's attention is the model's.

    For Mistral mlx-lm has no sliding window: within its width there is no difference.
    """
    positions = int(known.get("max_position_embeddings") or 1 << 20)
    sliding = known.get("sliding_window")
    if not sliding or known.get("use_sliding_window") is False:
        return positions
    made = _caches.make_prompt_cache(network)
    if any(isinstance(layer, _caches.RotatingKVCache) for layer in made):
        return positions
    return min(positions, int(sliding))
