"""What is wrong with the lines of a log that is read elsewhere: counted, the first of it named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graphtutor.web.lines import LineProblem, Position, read_lines

__all__ = ["BadLines", "BadLinesBuilder"]

_TOLD: Final = 50


@dataclass(frozen=True, slots=True)
class BadLines:
    """Lines that hold no object; ``half_line`` is a last line that is not finished, 0 for none."""

    path: Path
    problems: tuple[LineProblem, ...]
    problem_count: int
    half_line: int


class BadLinesBuilder:
    """Looks at the lines of a log, and reads on where it stopped."""

    def __init__(self, path: Path) -> None:
        """Begin with nothing read."""
        self.path = path
        self._position = Position()
        self._problems: list[LineProblem] = []
        self._count = 0

    @property
    def position(self) -> Position:
        """How far the file has been read."""
        return self._position

    def read_on(self) -> BadLines:
        """Look at what has been appended and tell of all. Raises OSError."""
        half = 0
        for line in read_lines(self.path, self._position):
            if line.half:
                half = line.after.line
                break
            self._position = line.after
            if line.record is None:
                self._count += 1
                if len(self._problems) < _TOLD:
                    found = LineProblem(self.path.name, line.after.line, line.reason)
                    self._problems.append(found)
        return BadLines(self.path, tuple(self._problems), self._count, half)
