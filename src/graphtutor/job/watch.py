"""What a job tells whoever watches: bars that advance and lines that stay."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

__all__ = ["Advance", "Silence", "Watch"]

Advance = Callable[[int, str], None]
"""Told by how much the work has advanced, and a short note beside the bar (may be empty)."""


class Watch(Protocol):
    """A display of progress."""

    def bar(self, title: str, total: int) -> AbstractContextManager[Advance]:
        """Show a bar of ``total`` steps while the context is open."""
        ...

    def say(self, line: str) -> None:
        """Show a line that stays."""
        ...

    def show(self, content: object) -> None:
        """Show a table or another rendered thing that stays."""
        ...


class Silence:
    """Shows nothing; for tests and for use as a library."""

    def bar(self, title: str, total: int) -> AbstractContextManager[Advance]:
        """Return a context whose advance does nothing."""
        del title, total

        def advance(count: int, note: str = "") -> None:
            del count, note

        return nullcontext(advance)

    def say(self, line: str) -> None:
        """Drop the line."""
        del line

    def show(self, content: object) -> None:
        """Drop the content."""
        del content
