"""Progress for a person: bars with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from graphtutor.job.watch import Advance

__all__ = ["RichWatch"]


class RichWatch:
    """Shows a job on the terminal; see :class:`graphtutor.job.watch.Watch`."""

    def __init__(self, console: Console | None = None) -> None:
        """Write to ``console``, by default to standard output."""
        self.console = console or Console(highlight=False)

    @contextmanager
    def bar(self, title: str, total: int) -> Generator[Advance, None, None]:
        """Show a bar while the context is open, and one line with time and rate when it closes."""
        began, done, last = time.monotonic(), 0, ""
        with self._progress() as progress:
            task = progress.add_task(title, total=total, note="")

            def advance(count: int, note: str = "") -> None:
                nonlocal done, last
                done, last = done + count, note
                progress.update(task, advance=count, note=note)

            yield advance
        seconds = time.monotonic() - began
        rate = f", {done / seconds:.1f}/s" if seconds > 0.05 else ""
        note = f", {last}" if last and last.startswith("loss") else ""
        self.say(f"{title}: {done} in {seconds:.1f} s{rate}{note}")

    def say(self, line: str) -> None:
        """Print a line."""
        self.console.print(line, markup=False, soft_wrap=True)

    def show(self, content: Any) -> None:
        """Print a table or another renderable."""
        self.console.print(content)

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )


class _Rate(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "")
