"""YAML as users write it: ``1e-4`` is a number, and a file of settings is a mapping.

>>> load_yaml("lr: 1e-4")
{'lr': 0.0001}
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import yaml

from graphtutor.errors import ConfigError

__all__ = ["as_mapping", "load_yaml", "read_yaml"]


class _Loader(yaml.SafeLoader):
    """YAML 1.1 reads 1e-4 as text; here it is a number. A key that stands twice is an error."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Refuse what YAML forbids and its library lets pass: the later value would win unseen."""
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            where = f"line {node.start_mark.line + 1}"
            raise yaml.YAMLError(f"the key {twice!r} stands twice in one mapping, {where}")
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)


def load_yaml(text: str) -> Any:
    """Parse ``text``; raises ``yaml.YAMLError`` where it is not YAML."""
    return yaml.load(text, Loader=_Loader)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a file of settings; an empty one is an empty mapping.

    Raises ConfigError that names the file when it cannot be read, is not YAML or not a mapping.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(str(path), wanted="a readable YAML file", got=str(problem)) from None
    try:
        value = load_yaml(text)
    except yaml.YAMLError as problem:
        raise ConfigError(
            str(path), wanted="valid YAML", got=" ".join(str(problem).split())
        ) from None
    return as_mapping(value, str(path))


def as_mapping(value: object, where: str) -> dict[str, Any]:
    """Return ``value`` if it is a mapping, an empty one for null; raises ConfigError otherwise."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(where, wanted="a mapping of settings", got=type(value).__name__)
    return cast("dict[str, Any]", value)
