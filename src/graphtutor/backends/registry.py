"""Engines by name. Only the command line picks one."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from graphtutor.backends.base import Backend
from graphtutor.errors import BackendError

__all__ = ["get_backend"]

_ENGINES: Final = {
    "torch": "torch:TorchBackend",
    "mlx": "mlx:MlxBackend",
    "unsloth": "unsloth:UnslothBackend",
    "openai": "openai:OpenAIBackend",
    "fake": "fake:FakeBackend",
}


def get_backend(name: str) -> Backend:
    """Return the engine called ``name``; its library is imported when a model is loaded.

    Raises BackendError for an unknown name.
    """
    module, _, kind = _ENGINES.get(name, "").partition(":")
    if not kind:
        raise BackendError("model.backend", wanted=f"one of {', '.join(_ENGINES)}", got=repr(name))
    return getattr(import_module(f"graphtutor.backends.{module}"), kind)()
