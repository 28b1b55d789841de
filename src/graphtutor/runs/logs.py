"""Append-only logs after a kill: count lines, keep the first n, drop what a checkpoint will redo.

Logs are cut by truncation, never rewritten, so a kill during the cut leaves a log that can be cut
again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from graphtutor.errors import RunError
from graphtutor.io.jsonl import iter_jsonl, repair_jsonl

__all__ = ["count_lines", "cut_after_step", "keep_lines"]

_BLOCK_BYTES: Final = 1 << 20


class _Position(BaseModel):
    """Where in the run a log line was written."""

    model_config = ConfigDict(extra="ignore")

    phase: str
    step: int
    round: int | None = None


def count_lines(path: Path) -> int:
    """Count the whole lines of ``path``; 0 if it is missing."""
    if not path.exists():
        return 0
    with path.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(_BLOCK_BYTES), b""))


def keep_lines(path: Path, lines: int) -> int:
    """Truncate ``path`` to its first ``lines`` lines and return how many were dropped.

    A torn last line counts as one. Raises RunError if the file is shorter than that: its journal
    does not belong to it.
    """
    kept_bytes = kept = dropped = 0
    with path.open("r+b") as stream:
        for line in stream:
            if kept < lines and line.endswith(b"\n"):
                kept += 1
                kept_bytes += len(line)
            else:
                dropped += 1
        if kept < lines:
            raise RunError(
                str(path),
                wanted=f"at least {lines} lines, as the journal has it",
                got=str(kept),
                remedy="restore the file, or make the run again under another --run-id",
            )
        if dropped:
            stream.truncate(kept_bytes)
    return dropped


def cut_after_step(path: Path, phase: str, step: int, round_number: int | None = None) -> int:
    """Drop the lines that a training will write again when it goes on after ``step``.

    These are all from the first line of ``phase`` (and of its round, where it has rounds) with a
    later step. Works on train_log.jsonl and curve.jsonl; returns how many lines were dropped.
    """
    if not path.exists():
        return 0
    repair_jsonl(path)
    for number, line in enumerate(iter_jsonl(path, _Position, RunError)):
        here = line.phase == phase and line.round == round_number
        if here and line.step > step:
            return keep_lines(path, number)
    return 0
