"""A log that may grow while it is shown: read once, read on where it has grown, else read anew."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final, Generic, Protocol, TypeVar

from graphtutor.web.lines import Position

__all__ = ["GrowingLog", "Stamp", "no_file", "stamp_of"]

Stamp = tuple[int, int, int]
"""Size, time of change (ns) and number of a file: it changes when the file does."""
_TAIL: Final = 64
"""Bytes before the place where reading stopped; if they differ, the file was written anew."""

Snapshot_co = TypeVar("Snapshot_co", covariant=True)


class Builder(Protocol[Snapshot_co]):
    """Reads a log on from where it stopped."""

    @property
    def position(self) -> Position:
        """How far it has read."""
        ...

    def read_on(self) -> Snapshot_co:
        """Read what is new and return a snapshot of all."""
        ...


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file; None if it cannot be seen, or would block who reads it."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino)


def no_file(path: Path) -> str | None:
    """Say what stands where a file should; None if nothing does, or a file."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            mode = os.stat(path).st_mode
    except FileNotFoundError:
        return "a link that leads nowhere" if path.is_symlink() else None
    except (OSError, ValueError) as problem:
        return f"nothing that can be read ({getattr(problem, 'strerror', None) or problem})"
    if stat.S_ISREG(mode):
        return None
    return "a folder" if stat.S_ISDIR(mode) else "no regular file"


class GrowingLog(Generic[Snapshot_co]):
    """The newest snapshot of one log."""

    def __init__(self, path: Path, builder: Callable[[Path], Builder[Snapshot_co]]) -> None:
        """Read nothing yet; ``builder`` makes one that has read nothing."""
        self.path = path
        self._make = builder
        self._lock = Lock()
        self._stamp: Stamp | None = None
        self._builder: Builder[Snapshot_co] | None = None
        self._snapshot: Snapshot_co | None = None
        self._tail = b""
        self.trouble: str | None = None
        """Why the log could not be read when it was last asked for; None if it could."""

    @property
    def held(self) -> Snapshot_co | None:
        """The snapshot in memory, whether or not the file has changed since."""
        return self._snapshot

    def snapshot(self) -> Snapshot_co | None:
        """Return the log as it stands; None if there is none that can be read."""
        with self._lock:
            stamp = stamp_of(self.path)
            if stamp is None:
                found = no_file(self.path)
                self.trouble = found and f"wanted a file, got {found}"
                self._forget()
                return None
            if stamp == self._stamp:
                return self._snapshot
            self.trouble = None
            try:
                if self._builder is None or not self._has_grown(stamp):
                    self._builder = self._make(self.path)
                self._snapshot = self._builder.read_on()
                self._tail = self._tail_now(self._builder.position.offset)
            except OSError as problem:
                self.trouble = f"cannot be read: {problem.strerror or problem}"
                self._forget()
                return None
            self._stamp = stamp
            return self._snapshot

    def release(self) -> None:
        """Give the memory back; the next question reads the log again."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self._stamp = self._builder = self._snapshot = None

    def _has_grown(self, stamp: Stamp) -> bool:
        if self._builder is None or self._stamp is None:
            return False
        same = stamp[0] > self._stamp[0] and stamp[2] == self._stamp[2]
        return same and self._tail_now(self._builder.position.offset) == self._tail

    def _tail_now(self, offset: int) -> bytes:
        with self.path.open("rb") as stream:
            stream.seek(max(0, offset - _TAIL))
            return stream.read(min(_TAIL, offset))
