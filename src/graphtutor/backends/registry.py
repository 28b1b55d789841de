"""Engines by name. Only the command line picks one."""

from __future__ import annotations

from graphtutor.backends.base import Backend
from graphtutor.errors import BackendError

__all__ = ["get_backend"]


def get_backend(name: str) -> Backend:
    """Return the engine called ``name``; its library is imported when a model is loaded.

    Raises BackendError for an unknown name.
    """
    if name == "torch":
        from graphtutor.backends.torch import TorchBackend

        return TorchBackend()
    if name == "fake":
        from graphtutor.backends.fake import FakeBackend

        return FakeBackend()
    raise BackendError("model.backend", wanted="torch or fake", got=repr(name))
