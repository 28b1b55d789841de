"""What is declared is what is imported, and what is pinned fits what is declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import graphtutor

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DISTRIBUTION_OF = {"yaml": "pyyaml", "pydantic_core": "pydantic", "bs4": "beautifulsoup4"}
DISTRIBUTION_OF |= {"qdrant_edge": "qdrant-edge-py"}
"""Import name to the distribution that brings it, where the two differ."""
EXTRAS = PROJECT["optional-dependencies"]
LATER_ENGINES = {"mlx", "mlx-lm", "unsloth"}


def _requirements(lines: list[str]) -> dict[str, Requirement]:
    found = [Requirement(line) for line in lines]
    return {r.name.lower(): r for r in found if r.name != "graphtutor"}


def _declared() -> dict[str, Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]
    return _requirements(lines)


def _pins(file: str) -> dict[str, str]:
    text = (ROOT / file).read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in lines), lines
    return dict(line.split("==") for line in lines)


def _imported() -> set[str]:
    tops: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                tops |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                tops.add(node.module.split(".")[0])
    return tops - set(sys.stdlib_module_names) - {"graphtutor"}


def test_every_imported_library_is_declared() -> None:
    """Nothing is there only because some other library happens to bring it."""
    names = {DISTRIBUTION_OF.get(top, top).replace("_", "-") for top in _imported()}
    assert names - LATER_ENGINES <= set(_declared())


def test_every_direct_dependency_is_pinned_within_its_bounds() -> None:
    """A pin outside the bounds would make the documented installation impossible."""
    # inspect-ai fits no environment with the rest and is pinned in its own.
    pins = {**_pins("constraints-inspect.txt"), **_pins("constraints.txt")}
    wrong = [
        f"{name}: {requirement.specifier} against {pins.get(name)}"
        for name, requirement in _declared().items()
        if name not in pins or not requirement.specifier.contains(pins[name])
    ]
    assert wrong == []


def test_every_dependency_has_an_upper_bound() -> None:
    """The next major version of anything may break a user who installs in a year."""
    bounds = {name: {s.operator for s in r.specifier} for name, r in _declared().items()}
    assert [name for name, operators in bounds.items() if "<" not in operators] == []


def test_all_is_all_the_extras_for_users() -> None:
    """``pip install graphtutor[all]`` leaves nothing of graphtutor's own out.

    Other people's programs, which exports are for, are not part of it, and neither is the engine of
    another machine.
    """
    chosen = Requirement(EXTRAS["all"][0]).extras
    assert chosen == set(EXTRAS) - {"all", "dev", "harness", "inspect", "mlx"}


@pytest.mark.parametrize("name", ["py.typed", "presets/nano.yaml"])
def test_package_data_is_not_ignored(name: str) -> None:
    """Files beside the code are there, and no pattern of .gitignore keeps them from a wheel."""
    assert (Path(graphtutor.__file__).parent / name).is_file()
    patterns = (ROOT / ".gitignore").read_text("utf-8").split()
    assert not {"data/", "models/", "*.safetensors", "*.json"} & set(patterns)
