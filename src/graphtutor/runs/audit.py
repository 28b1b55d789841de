"""The record of audit.json: what was looked at, what was found, which gates hold.

A finding that could not be looked at (no graph, no chain in the dataset) has ``passed`` None and a
``note`` that says why: not looked at is not passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from graphtutor.runs.metrics import Interval
from graphtutor.runs.record_file import FILE_VERSION, RunRecord

__all__ = ["AuditRecord", "AuditedFile", "Check", "Shortcut"]


class AuditedFile(RunRecord):
    """One file of the dataset: its role, size and SHA-256."""

    name: str
    role: Literal["train", "evaluated"]
    n: int
    digest: str
    hops: dict[str, int] = Field(default_factory=dict)


class Check(RunRecord):
    """One leak or one demand of well-posedness.

    ``found`` of ``n`` items break it (tasks, chains, edges: ``unit``). ``ids`` names tasks that do,
    ``examples`` says how, in words, for the first few. ``passed`` is None for what is only told,
    not judged, or could not be looked at; ``note`` says which.
    """

    name: str
    group: Literal["leaks", "well-posedness"]
    title: str
    file: str
    found: int
    n: int
    unit: str = "tasks"
    passed: bool | None = None
    share: float | None = None
    ids: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    note: str = ""


class Shortcut(RunRecord):
    """How well a guesser does that does not reason; ``right`` of ``n``, ties sharing the credit.

    ``passed`` is False where the 95 % interval of ``accuracy`` lies above ``chance``, None where it
    is only told or could not be computed. ``ids`` names tasks that a failing guesser solves.
    """

    name: str
    title: str
    file: str
    n: int
    right: float = 0.0
    accuracy: float | None = None
    interval: Interval | None = None
    chance: float = 0.25
    passed: bool | None = None
    ids: tuple[str, ...] = ()
    note: str = ""


class AuditRecord(RunRecord):
    """The whole of audit.json."""

    version: str = FILE_VERSION
    source: str
    graph: str = ""
    files: tuple[AuditedFile, ...] = ()
    checks: tuple[Check, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()

    @property
    def failed(self) -> Sequence[Check | Shortcut]:
        """The gates that do not hold."""
        return [item for item in (*self.checks, *self.shortcuts) if item.passed is False]

    @property
    def passed(self) -> bool:
        """Whether every gate holds."""
        return not self.failed
