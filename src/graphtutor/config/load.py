"""From preset, YAML file and ``--set`` options to a checked configuration, and back to YAML.

A configuration is a preset, then a YAML file, then ``--set a.b=c`` options, the later over the
earlier.

>>> load_config(overrides=["sft.steps=20", "sft.lr=1e-4"]).sft.lr
0.0001
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from graphtutor.config.sections import RunConfig
from graphtutor.errors import ConfigError
from graphtutor.io.yaml_file import as_mapping, load_yaml, read_yaml

__all__ = ["changed_keys", "dump_config", "load_config", "preset_names"]


def preset_names() -> list[str]:
    """Return the names that ``--preset`` takes."""
    folder = resources.files("graphtutor") / "presets"
    return sorted(
        f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")
    )


def load_config(
    file: Path | None = None, preset: str | None = None, overrides: Sequence[str] = ()
) -> RunConfig:
    """Merge preset, file and overrides into a checked configuration.

    Without a preset, the one for the model is used if there is one, found by its name or hub id.
    Raises ConfigError with the key, what was wanted and what came.
    """
    layers: list[dict[str, Any]] = []
    if file is not None:
        layers.append(read_yaml(file))
    layers.append(_parse_overrides(overrides))
    if preset is None:
        named = [layer.get("model", {}).get("name") for layer in layers if layer.get("model")]
        preset = _preset_of(next((name for name in reversed(named) if name), "nano"))
    if preset is not None:
        layers.insert(0, _read_preset(preset))
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _merge(merged, layer)
    try:
        return RunConfig.model_validate(merged)
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "configuration"
        got = first.get("input")
        raise ConfigError(
            f"{file or 'configuration'}, {key}",
            wanted=first["msg"].removeprefix("Value error, "),
            got="these settings" if isinstance(got, dict) else repr(got),
            remedy="see 'graphtutor run --help' for keys and defaults",
        ) from None


def dump_config(config: RunConfig) -> str:
    """Render the resolved configuration as YAML that loads to the same configuration."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def changed_keys(old: RunConfig, new: RunConfig) -> list[str]:
    """Name the keys, dotted, in which two configurations differ."""
    before, after = _flatten(old.model_dump(mode="json")), _flatten(new.model_dump(mode="json"))
    return sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))


def _preset_of(model: str) -> str | None:
    """Return the preset that bears the model's name or is for its hub id."""
    if model in preset_names():
        return model
    named = ((name, _read_preset(name).get("model", {}).get("name")) for name in preset_names())
    return next((name for name, wanted in named if wanted == model), None)


def _read_preset(name: str) -> dict[str, Any]:
    if name not in preset_names():
        raise ConfigError(
            f"preset {name}",
            wanted=f"one of {', '.join(preset_names())}",
            got=repr(name),
            remedy="choose one of these, or give the settings with --config",
        )
    source = resources.files("graphtutor") / "presets" / f"{name}.yaml"
    return as_mapping(load_yaml(source.read_text("utf-8")), name)


def _parse_overrides(overrides: Sequence[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for item in overrides:
        key, equals, text = item.partition("=")
        if not equals or not all(part for part in key.split(".")):
            raise ConfigError(
                "--set", wanted="key.path=value", got=repr(item), remedy="e.g. --set sft.steps=200"
            )
        try:
            value: Any = load_yaml(text)
        except yaml.YAMLError:
            value = text
        for part in reversed(key.split(".")):
            value = {part: value}
        result = _merge(result, value)
    return result


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            value = _merge(cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", value))
        merged[key] = value
    return merged


def _flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(item, Mapping):
            flat |= _flatten(cast("Mapping[str, Any]", item), f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = item
    return flat
