"""LoRA adapters in the layouts of PEFT and of mlx-lm, and the way from one to the other.

Both hold two matrices a module. PEFT writes A as (r, in) and B as (out, r) and scales by alpha / r;
mlx-lm writes a as (in, r) and b as (r, out) and keeps the scale itself. So tensors are renamed and
transposed, in whatever type they have, and there and back gives the same bytes. What one layout
cannot say in the other's words is refused, never dropped.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, cast

from graphtutor.errors import ModelError
from graphtutor.io.atomic import write_text
from graphtutor.models.adapter_tensors import Tensor, read_tensors, write_tensors

__all__ = [
    "SETTINGS_FILE",
    "Adapter",
    "Layout",
    "layout_of",
    "mlx_to_peft",
    "peft_to_mlx",
    "read_adapter",
    "write_adapter",
]

Layout = Literal["peft", "mlx"]

SETTINGS_FILE: Final = "adapter_config.json"
"""Both layouts call their settings so; what stands inside tells them apart."""

_WEIGHTS: Final = {"peft": "adapter_model.safetensors", "mlx": "adapters.safetensors"}
_NAMES: Final = {
    "peft": re.compile(r"base_model\.model\.(.+)\.lora_([AB])\.weight"),
    "mlx": re.compile(r"(.+)\.lora_([ab])"),
}
_LAYER: Final = re.compile(r"(?P<stem>.+?)\.(?P<number>\d+)\.(?P<place>.+)")
_HARMLESS: Final = frozenset(
    "auto_mapping base_model_name_or_path eva_config exclude_modules inference_mode layers_pattern "
    "layers_to_transform lora_alpha lora_dropout megatron_core peft_type peft_version "
    "qalora_group_size r revision target_modules task_type use_rslora".split()
)
"""PEFT's settings that are read here or leave what the adapter computes as it is."""
_PLAIN: Final = (("bias", "none"), ("init_lora_weights", True), ("init_lora_weights", "gaussian"))
"""Values that are not empty and still mean plain LoRA."""


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """An adapter in neither layout.

    ``modules`` maps a module's path in the base model to its A (r, in) and B (out, r); what they
    add is scaled by ``alpha / rank``. ``everywhere`` says that these are all modules of their
    names, so that the names are enough to find them. ``base`` and its ``revision`` may be empty.
    """

    rank: int
    alpha: float
    dropout: float
    modules: Mapping[str, tuple[Tensor, Tensor]]
    base: str = ""
    revision: str = ""
    everywhere: bool = True


def layout_of(folder: Path) -> Layout | None:
    """Tell which layout the adapter in ``folder`` has; None where there is no adapter.

    Raises ModelError for settings that are neither's.
    """
    if not (folder / SETTINGS_FILE).is_file():
        return None
    settings = _settings(folder)
    if "peft_type" in settings:
        return "peft"
    if "lora_parameters" in settings or "fine_tune_type" in settings:
        return "mlx"
    raise ModelError(
        str(folder / SETTINGS_FILE),
        wanted="settings with peft_type (PEFT) or lora_parameters (mlx-lm)",
        got=f"the keys {', '.join(sorted(settings)[:5])}" if settings else "none",
    )


def read_adapter(folder: Path) -> Adapter:
    """Read an adapter of either layout.

    Raises ModelError if there is none, or if it holds what plain LoRA does not.
    """
    layout = layout_of(folder)
    if layout is None:
        raise ModelError(
            str(folder),
            wanted=f"an adapter: {SETTINGS_FILE} with {' or '.join(_WEIGHTS.values())}",
            got="a folder without" if folder.is_dir() else "no such folder",
        )
    return _read_peft(folder) if layout == "peft" else _read_mlx(folder)


def write_adapter(adapter: Adapter, folder: Path, layout: Layout) -> None:
    """Write ``adapter`` in a layout: the weights first, then the settings that make it one."""
    tensors: dict[str, Tensor] = {}
    for module, (a, b) in adapter.modules.items():
        if layout == "peft":
            tensors[f"base_model.model.{module}.lora_A.weight"] = a
            tensors[f"base_model.model.{module}.lora_B.weight"] = b
        else:
            tensors[f"{module}.lora_a"], tensors[f"{module}.lora_b"] = a.turned(), b.turned()
    settings = _peft_settings(adapter) if layout == "peft" else _mlx_settings(adapter)
    write_tensors(folder / _WEIGHTS[layout], tensors, "pt" if layout == "peft" else "mlx")
    write_text(folder / SETTINGS_FILE, json.dumps(settings, indent=2, sort_keys=True) + "\n")


def peft_to_mlx(source: Path, target: Path, base: str = "") -> None:
    """Convert the PEFT adapter in ``source`` to mlx-lm's layout; ``base`` renames the base model.

    Raises ModelError for another layout, and for what mlx-lm cannot express.
    """
    write_adapter(_read_as("peft", source, base), target, "mlx")


def mlx_to_peft(source: Path, target: Path, base: str = "") -> None:
    """Convert the mlx-lm adapter in ``source`` to PEFT's layout, which names the ``base`` model.

    An empty ``base`` takes the one in the settings. Raises ModelError where that is empty too, for
    another layout, and for what PEFT cannot express.
    """
    adapter = _read_as("mlx", source, base)
    if not adapter.base:
        raise ModelError(
            str(source), wanted="the name of the base model", got="none", remedy="give --base NAME"
        )
    write_adapter(adapter, target, "peft")


def _read_as(layout: Layout, folder: Path, base: str) -> Adapter:
    adapter = read_adapter(folder)
    found = layout_of(folder)
    if found != layout:
        raise _refused(folder, f"an adapter in the layout of {layout}", f"one of {found}")
    return replace(adapter, base=base, revision="") if base else adapter


def _read_peft(folder: Path) -> Adapter:
    settings = _settings(folder)
    if settings["peft_type"] != "LORA":
        raise _refused(folder, "peft_type LORA", str(settings["peft_type"]))
    for key, value in sorted(settings.items()):
        if value and key not in _HARMLESS and (key, value) not in _PLAIN:
            raise _refused(
                folder, "plain LoRA, which both layouts have", f"{key} {json.dumps(value)}"
            )
    rank, alpha = _rank(folder, settings, "r"), _number(folder, settings, "lora_alpha")
    if settings.get("use_rslora"):
        alpha *= math.sqrt(rank)  # its scale is alpha / sqrt(r)
    modules = _modules(folder, "peft", rank)
    targets: Any = settings.get("target_modules")
    for module in modules:
        if not _is_target(folder, module, targets):
            raise _refused(folder, "weights of the target_modules alone", f"some of {module}")
    return Adapter(
        rank=rank,
        alpha=_tidy(alpha),
        dropout=float(settings.get("lora_dropout") or 0.0),
        modules=modules,
        base=str(settings.get("base_model_name_or_path") or ""),
        revision=str(settings.get("revision") or ""),
        everywhere=settings.get("layers_to_transform") is None and _is_everywhere(modules, targets),
    )


def _read_mlx(folder: Path) -> Adapter:
    settings = _settings(folder)
    kind, shape = settings.get("fine_tune_type", "lora"), settings.get("lora_parameters")
    if kind != "lora" or not isinstance(shape, dict):
        raise _refused(folder, "fine_tune_type lora with lora_parameters", str(kind))
    shape = cast("dict[str, Any]", shape)
    rank, scale = _rank(folder, shape, "rank"), _number(folder, shape, "scale")
    modules = _modules(folder, "mlx", rank)
    whole = round(scale * rank)
    return Adapter(
        rank=rank,
        alpha=whole if whole / rank == scale else scale * rank,
        dropout=float(shape.get("dropout") or 0.0),
        modules=modules,
        base=str(settings.get("model") or ""),
        revision=str(settings.get("revision") or ""),
        everywhere=_is_everywhere(modules, shape.get("keys")),
    )


def _modules(folder: Path, layout: Layout, rank: int) -> dict[str, tuple[Tensor, Tensor]]:
    """Pair the matrices of each module as A (r, in) and B (out, r)."""
    path = folder / _WEIGHTS[layout]
    sides: dict[str, dict[str, Tensor]] = {}
    for name, tensor in sorted(read_tensors(path).items()):
        match = _NAMES[layout].fullmatch(name)
        if match is None or "embed" in match[1].rpartition(".")[2]:
            raise _refused(path, "A and B of linear layers alone", name)
        sides.setdefault(match[1], {})[match[2].upper()] = (
            tensor if layout == "peft" else tensor.turned()
        )
    modules: dict[str, tuple[Tensor, Tensor]] = {}
    for module, pair in sides.items():
        shapes = {side: tensor.items.shape for side, tensor in pair.items()}
        if {*pair} != {"A", "B"} or not shapes["A"][0] == shapes["B"][1] == rank:
            raise _refused(path, f"an A and a B of rank {rank} for {module}", str(shapes))
        modules[module] = (pair["A"], pair["B"])
    if not modules:
        raise _refused(path, "weights of at least one module", "none")
    return modules


def _is_target(folder: Path, module: str, targets: Any) -> bool:
    """Tell whether PEFT would load weights of ``module``."""
    if isinstance(targets, list):
        return any(f".{module}".endswith(f".{name}") for name in cast("list[str]", targets))
    if targets in (None, "all-linear"):
        return True
    try:
        return re.fullmatch(str(targets), module) is not None
    except re.error:
        raise _refused(folder, "target_modules as names or a pattern", repr(targets)) from None


def _is_everywhere(modules: Iterable[str], named: Any) -> bool:
    """Tell whether every layer from the first has the same modules, and none is named by its path.

    mlx-lm adapts the last layers only if it is told so, and PEFT some if it is told so.
    """
    names = cast("list[str]", named) if isinstance(named, list) else []
    layers: dict[tuple[str, int], set[str]] = {}
    for module in modules:
        if match := _LAYER.fullmatch(module):
            layers.setdefault((match["stem"], int(match["number"])), set()).add(match["place"])
            if module in names:
                return False
    numbers = {stem: [n for s, n in layers if s == stem] for stem, _ in layers}
    same = len({frozenset(places) for places in layers.values()}) <= 1
    return same and all({*found} == {*range(len(found))} for found in numbers.values())


def _peft_settings(adapter: Adapter) -> dict[str, Any]:
    named = adapter.everywhere and _is_everywhere(adapter.modules, None)
    names = {
        module.rpartition(".")[2] if named and _LAYER.fullmatch(module) else module
        for module in adapter.modules
    }
    return {
        "base_model_name_or_path": adapter.base,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": adapter.alpha,
        "lora_dropout": adapter.dropout,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": adapter.rank,
        "revision": adapter.revision or None,
        "target_modules": sorted(names),
        "task_type": "CAUSAL_LM",
        "use_dora": False,
        "use_rslora": False,
    }


def _mlx_settings(adapter: Adapter) -> dict[str, Any]:
    # mlx-lm takes places within a layer, which hold for all layers, or whole paths.
    named = adapter.everywhere and _is_everywhere(adapter.modules, None)
    found = {module: _LAYER.fullmatch(module) for module in adapter.modules}
    names = {match["place"] if match and named else name for name, match in found.items()}
    shape = {
        "dropout": adapter.dropout,
        "keys": sorted(names),
        "rank": adapter.rank,
        "scale": adapter.alpha / adapter.rank,
    }
    return {
        "fine_tune_type": "lora",
        "lora_parameters": shape,
        "model": adapter.base,
        "num_layers": -1,
        "revision": adapter.revision,
    }


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / SETTINGS_FILE
    try:
        settings: Any = json.loads(path.read_text("utf-8"))
    except ValueError as problem:
        raise ModelError(str(path), wanted="JSON", got=str(problem)) from None
    if not isinstance(settings, dict):
        raise ModelError(str(path), wanted="a JSON object", got=type(settings).__name__)
    return cast("dict[str, Any]", settings)


def _number(folder: Path, settings: Mapping[str, Any], key: str) -> float:
    value: Any = settings.get(key)
    if not isinstance(value, int | float) or value is True or not 0 < value < math.inf:
        raise ModelError(
            str(folder / SETTINGS_FILE), wanted=f"{key}, a number above 0", got=repr(value)
        )
    return float(value)


def _rank(folder: Path, settings: Mapping[str, Any], key: str) -> int:
    rank = _number(folder, settings, key)
    if rank != int(rank):
        raise _refused(folder / SETTINGS_FILE, f"{key}, a whole number", str(rank))
    return int(rank)


def _tidy(number: float) -> float:
    return int(number) if number == int(number) else number


def _refused(place: Path, wanted: str, got: str) -> ModelError:
    return ModelError(
        str(place),
        wanted=wanted,
        got=got,
        remedy="use the adapter with the library that wrote it, or export the merged model",
    )
