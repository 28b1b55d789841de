"""Folders of tiny models, and texts to ask them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.models.families import WORDS, save_family


@pytest.fixture(scope="session")
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a tiny model of a kind to a folder of its own."""
    pytest.importorskip("torch")

    def make(kind: str, **changes: Any) -> Path:
        return save_family(kind, tmp_path_factory.mktemp(kind), **changes)

    return make


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Twenty-six prompts of words, digits, marks, white space and letters never trained on."""
    lines = [line for line in WORDS.split("\n") if line]
    odd = [
        "Überraschung 漢字 ☃",
        "  lead",
        "a\n\n\nb",
        "x" * 40,
        "CamelCaseWord42don't",
        "1 22 333",
    ]
    return [*lines, *odd, *(f"Which of {i} tools ends it {i * 7919}?" for i in range(20))][:26]
