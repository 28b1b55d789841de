"""Every recipe can be read, says how to run it and which figures to expect with their spread."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphtutor.config import load_config

RECIPES = sorted((Path(__file__).parents[2] / "recipes").iterdir())


@pytest.mark.parametrize("folder", RECIPES, ids=lambda folder: folder.name)
def test_a_recipe_is_whole(folder: Path) -> None:
    """A configuration that loads, an executable script, expected figures with n and interval."""
    load_config(folder / "config.yaml")
    assert os.access(folder / "run.sh", os.X_OK)
    readme = (folder / "README.md").read_text("utf-8")
    assert "run.sh" in readme
    assert "n =" in readme
