"""YAML: numbers as users write them, and files that are mappings."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphtutor.errors import ConfigError
from graphtutor.io.yaml_file import load_yaml, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-4", 1e-4), ("-2E+3", -2000.0), ("1.5e3", 1500.0), (".5e1", 5.0), ("3", 3), ("0.5", 0.5)],
)
def test_numbers(text: str, value: float) -> None:
    """An exponent makes a number, with or without a dot and a sign."""
    assert load_yaml(text) == value
    assert type(load_yaml(text)) is type(value)


@pytest.mark.parametrize("text", ["e4", "1e", "1e-4x", "1-e4", "1e4e4", "run-1e4"])
def test_text_that_only_looks_like_a_number(text: str) -> None:
    """Names of runs and models stay names."""
    assert load_yaml(text) == text


def test_a_file_of_settings(tmp_path: Path) -> None:
    """Nested mappings come back, an empty file is an empty mapping."""
    path = tmp_path / "run.yaml"
    path.write_text("sft: {lr: 2e-4}\nseed: 3\n", "utf-8")
    assert read_yaml(path) == {"sft": {"lr": 2e-4}, "seed": 3}
    path.write_text("# nothing\n", "utf-8")
    assert read_yaml(path) == {}


def test_objects_are_not_made_from_a_file(tmp_path: Path) -> None:
    """A configuration from elsewhere must not run code."""
    path = tmp_path / "run.yaml"
    path.write_text("seed: !!python/object/apply:os.getpid []\n", "utf-8")
    with pytest.raises(ConfigError, match="wanted valid YAML"):
        read_yaml(path)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Else the later one would win, and nobody would see it; elsewhere it may stand again."""
    file = tmp_path / "c.yaml"
    file.write_text("sft:\n  steps: 1\n  steps: 2\n", "utf-8")
    with pytest.raises(ConfigError, match="the key 'steps' stands twice in one mapping, line 2"):
        read_yaml(file)
    file.write_text("sft: {steps: 1}\nrsft: {steps: 2}\n", "utf-8")
    assert read_yaml(file) == {"sft": {"steps": 1}, "rsft": {"steps": 2}}
