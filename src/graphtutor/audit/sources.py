"""Where a dataset lies: a run, a folder of task files, or files named one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from graphtutor.audit.claims import role_of
from graphtutor.audit.dataset import Source
from graphtutor.audit.trained import TrainedOn
from graphtutor.errors import RunError, TaskError
from graphtutor.io.jsonl import iter_jsonl
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.meta import RunMeta
from graphtutor.runs.record_file import read_record

__all__ = ["left_out_of", "named_sources", "passed_over", "sources_in", "trained_on"]


class _Winner(BaseModel):
    """The one field of rsft.jsonl that tells where a winner comes from."""

    model_config = ConfigDict(extra="ignore")

    ex_id: str


def sources_in(folder: Path) -> list[Source]:
    """Return the task files of ``folder``, their roles told by their names.

    ``train*.jsonl`` is trained on; ``dev*``, ``eval*``, ``test*`` and ``valid*`` are evaluated.
    Raises TaskError when no name says so.
    """
    found = [
        Source(path, role)
        for path in sorted(folder.glob("*.jsonl"))
        if (role := role_of(path.stem)) is not None
    ]
    if not found:
        names = ", ".join(path.name for path in sorted(folder.glob("*.jsonl"))[:6])
        raise TaskError(
            str(folder),
            wanted="task files: train*.jsonl, dev*.jsonl, eval*.jsonl, test*.jsonl, valid*.jsonl",
            got=names or "no .jsonl file",
            remedy="name the files with --train FILE and --eval FILE",
        )
    # What is trained on comes first, as it is read first.
    return sorted(found, key=lambda source: source.role != "train")


def passed_over(folder: Path) -> list[str]:
    """Return the names of the JSONL files of ``folder`` whose name does not say what they are."""
    return [path.name for path in sorted(folder.glob("*.jsonl")) if role_of(path.stem) is None]


def named_sources(train: Sequence[Path], evaluated: Sequence[Path]) -> list[Source]:
    """Return the files named one by one."""
    return [
        *(Source(path, "train") for path in train),
        *(Source(path, "evaluated") for path in evaluated),
    ]


def trained_on(run: RunDirectory) -> TrainedOn | None:
    """Read what a run's phases have used and where its winners come from; None before any phase.

    Raises RunError when meta.json or rsft.jsonl cannot be read.
    """
    phases: dict[str, dict[str, str]] = {}
    learned: dict[str, tuple[str, ...]] = {}
    if run.meta.exists():
        meta = read_record(run.meta, RunMeta)
        phases = {name: phase.files for name, phase in meta.phases.items() if phase.files}
        learned = {name: phase.trained for name, phase in meta.phases.items()}
    winners: dict[str, None] = {}
    if run.winners.exists():
        winners = {line.ex_id: None for line in iter_jsonl(run.winners, _Winner, RunError)}
    return TrainedOn(phases, tuple(winners), learned) if phases or winners else None


def left_out_of(run: RunDirectory) -> tuple[str, ...]:
    """Say which of a run's files were rid of tasks that guessers solved.

    Raises RunError when meta.json cannot be read.
    """
    data = read_record(run.meta, RunMeta).phases.get("data") if run.meta.exists() else None
    return tuple(
        f"{split}.jsonl: {count} of the tasks made were left out because guessers solved them; "
        "that its shortcut gates hold is the work of this selection"
        for split, count in (data.left_out if data else {}).items()
    )
