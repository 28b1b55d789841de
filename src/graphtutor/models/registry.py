"""From a model's name to where its weights are: embedded, a local folder, or a hub id."""

from __future__ import annotations

import os
import re
from pathlib import Path

from graphtutor.errors import ModelError
from graphtutor.models.nano import nano_folder

__all__ = ["resolve_model"]

_HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")


def resolve_model(name: str) -> str:
    """Return the folder or hub id behind ``name``.

    >>> resolve_model("HuggingFaceTB/SmolLM-135M-Instruct")
    'HuggingFaceTB/SmolLM-135M-Instruct'

    Raises ModelError for a path that does not exist or holds no model.
    """
    folder = nano_folder() if name == "nano" else Path(os.path.expanduser(name))
    if (folder / "config.json").is_file():
        return str(folder)
    if name != "nano" and not folder.exists() and _HUB_ID.match(name):
        return name
    raise ModelError(
        f"model {name}",
        wanted="nano, a folder with config.json and safetensors weights, or a hub id owner/name",
        got="a folder without config.json" if folder.is_dir() else "no such folder",
        remedy="check the path; 'graphtutor pretrain' makes nano again",
    )
