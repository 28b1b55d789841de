"""Reads a log line by line where each line may be anything, and goes on where it stopped.

A bad line is told with its number and its reason and costs nothing else. The last line of a log
that is being written may be half a line: it is left for later unless it is a whole object already.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from graphtutor.web.values import is_object, loads, mapping

__all__ = ["Line", "LineProblem", "Position", "read_line", "read_lines"]

_LONGEST: Final = 16 << 20
"""Bytes of one line; what is longer is no record of a run."""


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line, or a field of it, could not be used; ``line`` 0 stands for the whole file."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a file has been read: bytes and lines that need not be looked at again."""

    offset: int = 0
    line: int = 0


class Line(NamedTuple):
    """One line at ``offset`` (bytes), its object or why it has none.

    ``after`` is the position behind it. ``half`` marks a last line that is not finished.
    """

    offset: int
    length: int
    after: Position
    record: Mapping[str, Any] | None
    reason: str = ""
    half: bool = False


def read_lines(path: Path, begin: Position) -> Iterator[Line]:
    """Yield the lines of ``path`` from ``begin`` on; blank ones are passed over. Raises OSError."""
    # Who opens a pipe waits for its other end.
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "no regular file")
    with path.open("rb") as stream:
        stream.seek(begin.offset)
        offset, number = begin.offset, begin.line
        for data in stream:
            after = Position(offset + len(data), number + 1)
            if data.strip():
                record, reason = _parse(data)
                half = record is None and not data.endswith(b"\n")
                yield Line(offset, len(data), after, record, reason, half)
                if half:
                    return
            offset, number = after.offset, after.line


def read_line(path: Path, offset: int, length: int) -> Mapping[str, Any]:
    """Return the object at ``offset`` (bytes); an empty one if the file has changed since."""
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            return _parse(stream.read(length))[0] or {}
    except OSError:
        return {}


def _parse(data: bytes) -> tuple[Mapping[str, Any] | None, str]:
    if len(data) > _LONGEST:
        return None, f"the line has more than {_LONGEST >> 20} MiB"
    try:
        value = loads(data.decode("utf-8"))
    except UnicodeDecodeError as problem:
        return None, f"not UTF-8 text: {problem.reason} at byte {problem.start}"
    except ValueError as problem:
        return None, f"not JSON: {problem}"[:200]
    if not is_object(value):
        return None, f"wanted an object, got {type(value).__name__}"
    return mapping(value), ""
