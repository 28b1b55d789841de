"""The library unsloth, imported the way it wants to be: first, quiet, and calling nobody.

It rewrites transformers, PEFT and TRL while it is imported, so it comes before them, and in an
environment of its own. It counts its users by downloads from a hub; that is switched off.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from graphtutor.errors import BackendError
from graphtutor.models.pretrained import import_torch

__all__ = ["Library", "compute", "import_unsloth", "quiet"]


@dataclass(frozen=True, slots=True)
class Library:
    """unsloth's model class, torch, and the device that unsloth has chosen: cpu or cuda."""

    fast: Any
    torch: Any
    device: str


def import_unsloth(device: str) -> Library:
    """Import unsloth for ``device``: auto, cpu or cuda.

    Which device it runs on is settled for the process by the first import. Raises BackendError when
    unsloth is missing or broken, or cannot run there.
    """
    os.environ.setdefault("UNSLOTH_DISABLE_STATISTICS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # What it generates for a GPU it would leave in the working directory, and run from there.
    os.environ.setdefault("UNSLOTH_COMPILE_LOCATION", str(_cache() / "unsloth_compiled_cache"))
    if device == "cpu":
        os.environ["UNSLOTH_FORCE_CPU"] = "1"
    try:
        with quiet():
            # By name: type checks run in the environment that has no unsloth.
            unsloth: Any = import_module("unsloth")
    except Exception as problem:  # it raises what it likes: no GPU, no triton, a wrong torchvision
        raise BackendError(
            "backend unsloth",
            wanted="the package unsloth in this environment",
            got=(str(problem).strip() or type(problem).__name__).splitlines()[0],
            remedy="make setup-unsloth, then .venv-unsloth/bin/graphtutor instead of graphtutor",
        ) from None
    return Library(unsloth.FastLanguageModel, import_torch(), _device(unsloth, device))


@contextmanager
def quiet() -> Generator[None, None, None]:
    """Keep banners, advice and deprecations of the libraries from the user's terminal."""
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def compute(library: Library, network: Any) -> Generator[None, None, None]:
    """Run products in the precision of the base where that is half: adapters lie in float32."""
    half = library.device == "cuda" and network.dtype != library.torch.float32
    kind = network.dtype if half else library.torch.bfloat16
    with library.torch.autocast(library.device, dtype=kind, enabled=half):
        yield


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "graphtutor"


def _device(unsloth: Any, wanted: str) -> str:
    """Return the device that unsloth runs on. Raises BackendError if another was wanted."""
    chosen = str(unsloth.DEVICE_TYPE).replace("hip", "cuda")
    if chosen not in ("cpu", "cuda"):
        raise BackendError(
            "backend unsloth",
            wanted="a machine with a CUDA device, or a CPU",
            got=chosen,
            remedy="--set model.backend=mlx on Apple silicon, torch elsewhere",
        )
    if wanted not in ("auto", chosen):
        raise BackendError(
            "model.device",
            wanted=f"auto or {chosen}, which unsloth runs on in this process",
            got=repr(wanted),
            remedy="CUDA_VISIBLE_DEVICES picks one of several cards",
        )
    return chosen
