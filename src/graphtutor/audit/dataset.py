"""A dataset as it is audited: its files with their roles, and all their tasks as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from graphtutor.audit.columns import ColumnBuilder, Mask, TaskColumns
from graphtutor.audit.record import AuditTask
from graphtutor.errors import TaskError
from graphtutor.io.digest import digest_file
from graphtutor.io.jsonl import iter_jsonl
from graphtutor.runs.audit import AuditedFile

__all__ = ["AuditFile", "Dataset", "Role", "Source", "dataset_of", "read_dataset"]

Role = Literal["train", "evaluated"]


@dataclass(frozen=True, slots=True)
class Source:
    """A task file to read, and whether a model trains on it or is evaluated on it."""

    path: Path
    role: Role


@dataclass(frozen=True, slots=True)
class AuditFile:
    """One file of the dataset: its tasks are the rows ``first`` to ``last`` (not included)."""

    name: str
    role: Role
    digest: str
    first: int
    last: int

    def __len__(self) -> int:
        """Return the number of tasks."""
        return self.last - self.first

    @property
    def rows(self) -> slice:
        """The file's rows of the columns."""
        return slice(self.first, self.last)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """All files; ``entities`` and ``relations`` are the names behind the numbers of ``tasks``."""

    files: Sequence[AuditFile]
    tasks: TaskColumns
    entities: Sequence[str]
    relations: Sequence[str]

    def of_role(self, role: Role) -> list[AuditFile]:
        """Return the files of one role."""
        return [file for file in self.files if file.role == role]

    def mask(self, files: Iterable[AuditFile]) -> Mask:
        """Mark the tasks of ``files``; shape (n,)."""
        marked = np.zeros(len(self.tasks), dtype=np.bool_)
        for file in files:
            marked[file.rows] = True
        return marked

    def file_of(self, row: int) -> AuditFile:
        """Return the file that holds the task at ``row``."""
        return next(file for file in self.files if file.first <= row < file.last)

    def described(self) -> tuple[AuditedFile, ...]:
        """Return the files as they stand in audit.json."""
        hops: list[int] = self.tasks.hops.tolist()
        return tuple(
            AuditedFile(
                name=file.name,
                role=file.role,
                n=len(file),
                digest=file.digest,
                hops={str(k): n for k, n in sorted(Counter(hops[file.rows]).items())},
            )
            for file in self.files
        )


def read_dataset(
    sources: Sequence[Source], on_progress: Callable[[str], None] | None = None
) -> Dataset:
    """Read task files, line by line.

    Raises TaskError with file, line and field where a line does not fit, or without any task.
    """
    builder = ColumnBuilder()
    files: list[AuditFile] = []
    for name, source in zip(_names(sources), sources, strict=True):
        if on_progress:
            on_progress(f"reading {name}")
        first = len(builder)
        for task in iter_jsonl(source.path, AuditTask):
            builder.add(task)
        digest = digest_file(source.path)
        files.append(AuditFile(name, source.role, digest, first, len(builder)))
    if not len(builder):
        raise TaskError(
            ", ".join(str(source.path) for source in sources) or "audit",
            wanted="at least one task",
            got="none",
            remedy="name the files with --train and --eval",
        )
    return _joined(builder, files)


def dataset_of(files: Sequence[tuple[str, Role, str, Iterable[AuditTask]]]) -> Dataset:
    """Make a dataset of (name, role, digest, tasks), without any file."""
    builder = ColumnBuilder()
    found: list[AuditFile] = []
    for name, role, digest, tasks in files:
        first = len(builder)
        for task in tasks:
            builder.add(task)
        found.append(AuditFile(name, role, digest, first, len(builder)))
    return _joined(builder, found)


def _joined(builder: ColumnBuilder, files: Sequence[AuditFile]) -> Dataset:
    return Dataset(files, builder.build(), tuple(builder.entities), tuple(builder.relations))


def _names(sources: Sequence[Source]) -> list[str]:
    """Name each file by as much of the end of its path as tells it from the others."""
    names = [source.path.name for source in sources]
    for depth in range(2, 6):
        counts = Counter(names)
        names = [
            name if counts[name] == 1 else Path(*source.path.parts[-depth:]).as_posix()
            for name, source in zip(names, sources, strict=True)
        ]
    seen: Counter[str] = Counter()
    for number, name in enumerate(names):
        # The same file named twice, for instance to train on and to evaluate on.
        seen[name] += 1
        names[number] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return names
