"""Frameworks and blueprints by name, for what is built in, or from a user's YAML file."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from graphtutor.blueprint.domain import Domain
from graphtutor.blueprint.framework import Framework
from graphtutor.errors import ConfigError
from graphtutor.io.yaml_file import read_yaml

__all__ = ["SYSTEMS", "domain_names", "framework_names", "load_domain", "load_framework"]

SYSTEMS: Final = "systems-cognition"
"""The framework that takes a domain's hierarchy apart, where the others take its topics."""

Kind = TypeVar("Kind", bound=BaseModel)


def framework_names() -> list[str]:
    """Return the names of the frameworks that are built in."""
    return _names("frameworks")


def domain_names() -> list[str]:
    """Return the names of the domains that are built in."""
    return _names("domains")


def load_framework(name: str) -> Framework:
    """Load a framework by name or from a YAML file. Raises ConfigError with file and field."""
    return _load(name, "frameworks", Framework)


def load_domain(name: str) -> Domain:
    """Load a blueprint by name or from a YAML file.

    Raises ConfigError with file and field, also where a strand does not have exactly the levels of
    the domain's framework, or that framework takes no topics apart.
    """
    domain = _load(name, "domains", Domain)
    framework = load_framework(domain.framework)
    if framework.framework == SYSTEMS:
        raise ConfigError(
            f"{name}, framework",
            wanted="a framework that takes topics apart, such as first-principles",
            got=f"{SYSTEMS}, which takes the hierarchy apart, in every domain",
            remedy="name the framework of the topics; the hierarchy needs none",
        )
    levels = {level.id for level in framework.levels}
    for topic in domain.topics:
        for number, strand in enumerate(topic.strands, 1):
            if set(strand) != levels:
                raise ConfigError(
                    f"{name}, topic {topic.id}, strand {number}",
                    wanted=f"the levels {', '.join(sorted(levels))}",
                    got=", ".join(sorted(strand)),
                    remedy=f"write each level of {domain.framework} once",
                )
    return domain


def _names(folder: str) -> list[str]:
    found = (resources.files("graphtutor") / "blueprint" / folder).iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in found if file.name.endswith(".yaml"))


def _load(name: str, folder: str, kind: type[Kind]) -> Kind:
    if name in _names(folder):
        file = resources.files("graphtutor") / "blueprint" / folder / f"{name}.yaml"
        with resources.as_file(file) as path:
            data = read_yaml(path)
    elif name.endswith((".yaml", ".yml")):
        data = read_yaml(Path(name))
    else:
        raise ConfigError(
            f"{folder.removesuffix('s')} {name}",
            wanted=f"one of {', '.join(_names(folder))}, or a .yaml file",
            got=repr(name),
        )
    return _checked(name, data, kind)


def _checked(name: str, data: dict[str, Any], kind: type[Kind]) -> Kind:
    try:
        return kind.model_validate(data)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        got = first.get("input")
        raise ConfigError(
            f"{name}, {where}" if where else name,
            wanted=first["msg"].removeprefix("Value error, "),
            got="this file" if isinstance(got, dict) else repr(got),
        ) from None
