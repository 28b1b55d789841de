"""JSONL: one object a line, checked against its record type, errors with file, line and field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from graphtutor.errors import GraphtutorError, TaskError
from graphtutor.io.atomic import atomic_open

__all__ = ["append_jsonl", "iter_jsonl", "read_jsonl", "repair_jsonl", "write_jsonl"]

Record = TypeVar("Record", bound=BaseModel)


def iter_jsonl(
    path: Path, record: type[Record], error: type[GraphtutorError] = TaskError
) -> Iterator[Record]:
    """Yield the records of ``path`` in order, one at a time; blank lines are skipped.

    Raises ``error`` with the file, the line and the field when a line is not JSON or does not fit.
    """
    try:
        stream = path.open("r", encoding="utf-8")
    except OSError as problem:
        raise error(
            str(path),
            wanted=f"a readable JSONL file of {record.__name__} records",
            got=problem.strerror or str(problem),
            remedy="check the path, or make the file with 'graphtutor data'",
        ) from None
    with stream:
        lines = enumerate(stream, start=1)
        while True:
            try:
                number, line = next(lines)
            except StopIteration:
                return
            except UnicodeDecodeError as problem:
                raise error(
                    str(path), wanted="UTF-8 text", got=f"{problem.reason} at byte {problem.start}"
                ) from None
            if not line.strip():
                continue
            try:
                yield record.model_validate_json(line)
            except ValidationError as problem:
                first = problem.errors()[0]
                field = ".".join(str(part) for part in first["loc"]) or "the line"
                raise error(
                    f"{path} line {number}, {field}",
                    wanted=f"a valid {record.__name__} ({first['msg']})",
                    got=_shorten(first.get("input")),
                    remedy="correct that line, or make the file again",
                ) from None


def read_jsonl(
    path: Path, record: type[Record], error: type[GraphtutorError] = TaskError
) -> list[Record]:
    """Return all records of ``path``; see :func:`iter_jsonl`."""
    return list(iter_jsonl(path, record, error))


def write_jsonl(path: Path, records: Iterable[BaseModel]) -> int:
    """Write ``records`` to ``path`` atomically and return how many there were."""
    count = 0
    with atomic_open(path) as stream:
        for record in records:
            stream.write(record.model_dump_json(exclude_none=True) + "\n")
            count += 1
    return count


def append_jsonl(path: Path, records: Iterable[BaseModel]) -> None:
    """Append ``records`` to ``path`` in one write, so that a kill tears at most the last line."""
    text = "".join(record.model_dump_json(exclude_none=True) + "\n" for record in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def repair_jsonl(path: Path) -> int:
    """Cut a torn last line, as a kill leaves it, and return the number of whole lines kept."""
    if not path.exists():
        return 0
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) != len(data):
        with path.open("r+b") as stream:
            stream.truncate(len(whole))
    return whole.count(b"\n")


def _shorten(value: object, limit: int = 80) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return repr(text if len(text) <= limit else text[:limit] + "…")
