"""Reads the records of a log on from where it stopped; counts what is wrong and names the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from graphtutor.web.lines import Line, LineProblem, Position, read_lines

__all__ = ["LogReader"]

_TOLD: Final = 50
"""Problems that are named; all are counted."""


class LogReader:
    """Where a log has been read to, and what was wrong so far.

    ``half_line`` is the number of a last line that is not finished, 0 without one.
    """

    def __init__(self, path: Path) -> None:
        """Begin with nothing read."""
        self.path = path
        self.position = Position()
        self.problem_count = 0
        self.half_line = 0
        self._problems: list[LineProblem] = []

    @property
    def problems(self) -> tuple[LineProblem, ...]:
        """The first problems, in the order of the lines."""
        return tuple(self._problems)

    def records(self) -> Iterator[tuple[Line, Mapping[str, Any]]]:
        """Yield the lines that have been appended and hold an object. Raises OSError."""
        self.half_line = 0
        for line in read_lines(self.path, self.position):
            if line.half:
                self.half_line = line.after.line
                return
            self.position = line.after
            if line.record is None:
                self.tell(line, line.reason)
            else:
                yield line, line.record

    def tell(self, line: Line, reason: str) -> None:
        """Count a problem of ``line``, and name it while there are few."""
        self.problem_count += 1
        if len(self._problems) < _TOLD:
            self._problems.append(LineProblem(self.path.name, line.after.line, reason))
