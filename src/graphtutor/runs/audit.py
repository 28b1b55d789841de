"""The record of audit.json: what was looked at, what was found, which gates hold.

A finding that could not be looked at (no graph, no chain in the dataset) has ``passed`` None and a
``note`` that says why: not looked at is not passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field

from graphtutor.runs.metrics import Interval
from graphtutor.runs.record_file import FILE_VERSION, RunRecord

__all__ = ["NOT_LOOKED_AT", "TOLD", "AuditRecord", "AuditedFile", "Check", "Shortcut"]

NOT_LOOKED_AT: Final = "not looked at"
"""How the note of a check begins that could not be made; the reason follows."""
TOLD: Final = "told, not judged"
"""How the note of a check begins that has no gate."""


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
    not judged, or could not be looked at; ``note`` says which. ``counts`` is a histogram, where
    the check has one.
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
    counts: dict[str, int] = Field(default_factory=dict)
    note: str = ""

    @property
    def looked_at(self) -> bool:
        """Whether the check could be made."""
        return not self.note.startswith(NOT_LOOKED_AT)


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
    """The whole of audit.json. ``graph`` is a digest; ``notes`` says what was left out."""

    version: str = FILE_VERSION
    source: str
    graph: str = ""
    notes: tuple[str, ...] = ()
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
