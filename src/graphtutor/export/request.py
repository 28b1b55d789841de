"""What is to be exported, and whether it can be: looked at before any work is done."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graphtutor.config import RunConfig
from graphtutor.errors import ConfigError, RunError
from graphtutor.models.gguf_tensors import KINDS
from graphtutor.models.merge import DTYPES
from graphtutor.runs.directory import RunDirectory

__all__ = ["TARGETS", "Request", "checked", "last_phase"]

TARGETS: Final[Mapping[str, tuple[str, ...]]] = {
    "hf": tuple(DTYPES),
    "mlx": tuple(DTYPES),
    "gguf": tuple(KINDS),
    "ollama": tuple(KINDS),
}
"""What can be exported to, each with the types that weights can have there, the default first."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to export. ``check`` is how many held-out tasks are asked of both models; 0 asks none.

    ``tolerance`` is how many right answers a type coarser than fp32 may cost. ``token_ids`` bears a
    tokenizer that llama.cpp does not have: its users then have to send token ids.
    """

    run: RunDirectory
    phase: str
    target: str
    out: Path
    dtype: str = "fp32"
    check: int = 20
    tolerance: int = 1
    token_ids: bool = False


def checked(request: Request) -> RunConfig:
    """Return the run's settings. Raises an error for whatever cannot be exported, before work."""
    if request.target not in TARGETS:
        raise ConfigError("--to", wanted=f"one of {', '.join(TARGETS)}", got=repr(request.target))
    kinds = TARGETS[request.target]
    if request.dtype not in kinds:
        wanted = f"one of {', '.join(kinds)} for {request.target}"
        raise ConfigError("--dtype", wanted=wanted, got=repr(request.dtype))
    if request.target == "ollama" and request.token_ids:
        raise ConfigError(
            "--token-ids",
            wanted="a target that can be given tokens",
            got="ollama, which takes text",
        )
    if os.path.lexists(request.out):
        raise RunError(
            str(request.out), wanted="a new folder", got="an existing one", remedy="name another"
        )
    config = request.run.read_config()
    if config.model.backend in ("openai", "fake"):
        raise RunError(
            str(request.run.path),
            wanted="a run whose model lies in files",
            got=f"one with the backend {config.model.backend}",
        )
    if request.phase != "base" and not request.run.model(request.phase).is_dir():
        models = request.run.path / "models"
        there = sorted(path.name for path in models.glob("[!.]*")) if models.is_dir() else []
        raise RunError(
            str(request.run.path),
            wanted=f"the model of phase {request.phase}",
            got=f"models of {', '.join(there)}" if there else "no trained model",
            remedy="choose with --phase, or train that phase first",
        )
    return config


def last_phase(run: RunDirectory) -> str:
    """Return the last phase of the run's settings that has a model; base where none has."""
    phases = [phase for phase in run.read_config().phases if run.model(phase).is_dir()]
    return phases[-1] if phases else "base"
