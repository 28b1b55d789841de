"""Errors by boundary: one class for each place where something from outside enters.

Every message says where, what was wanted, what came and what to do, in that order, so that a user
can act on it without reading code. The command line prints the message and exits with code 2.

>>> str(GraphError("kg.json line 4", wanted="an entity id", got="7", remedy="quote the id"))
'kg.json line 4: wanted an entity id, got 7. What to do: quote the id'
"""

from __future__ import annotations

__all__ = [
    "BackendError",
    "ConfigError",
    "GraphError",
    "GraphtutorError",
    "LeakError",
    "ModelError",
    "RetrievalError",
    "RunError",
    "TaskError",
]


class GraphtutorError(Exception):
    """Bad input or an unusable environment; never a bug of the program itself."""

    exit_code = 2

    def __init__(self, where: str, *, wanted: str, got: str, remedy: str = "") -> None:
        """Keep the four parts for callers and join them into the message."""
        self.where, self.wanted, self.got, self.remedy = where, wanted, got, remedy
        advice = f". What to do: {remedy}" if remedy else ""
        super().__init__(f"{where}: wanted {wanted}, got {got}{advice}")


class ConfigError(GraphtutorError):
    """A configuration file, a preset or a ``--set`` option that cannot be used."""


class GraphError(GraphtutorError):
    """A graph file that is missing, malformed or contradicts itself."""


class TaskError(GraphtutorError):
    """A task file that is malformed, or a graph that cannot yield the tasks asked for."""


class LeakError(TaskError):
    """Training on a file that is evaluated on."""


class RunError(GraphtutorError):
    """A run directory that exists, is missing, or belongs to another configuration."""


class ModelError(GraphtutorError):
    """A model, tokenizer or adapter that cannot be loaded or does not fit."""


class BackendError(GraphtutorError):
    """An engine that is not installed or cannot do what is asked."""


class RetrievalError(GraphtutorError):
    """A document, a store or an embedding model that cannot be used."""
