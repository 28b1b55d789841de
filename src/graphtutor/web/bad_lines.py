"""What is wrong with the lines of a log that is read elsewhere: counted, the first of it named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphtutor.web.lines import LineProblem, Position
from graphtutor.web.log_reader import LogReader

__all__ = ["BadLines", "BadLinesBuilder"]


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
        self._log = LogReader(path)

    @property
    def position(self) -> Position:
        """How far the file has been read."""
        return self._log.position

    def read_on(self) -> BadLines:
        """Look at what has been appended and tell of all. Raises OSError."""
        log = self._log
        for _ in log.records():
            pass
        return BadLines(log.path, log.problems, log.problem_count, log.half_line)
