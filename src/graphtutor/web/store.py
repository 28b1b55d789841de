"""The runs under one folder: which there are, and the one that an address names."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Final

from graphtutor.errors import RunError
from graphtutor.runs.directory import checked_run_id
from graphtutor.web.growing import no_file, stamp_of
from graphtutor.web.problem import NotFound
from graphtutor.web.run_files import RunFiles
from graphtutor.web.values import text

__all__ = ["RunStore"]

_SIGNS: Final = ("config.yaml", "metrics.json", "meta.json", "episodes.jsonl")
"""A folder with one of these is a run."""
_MEMORY: Final = 96 << 20
"""Bytes of memory that the indexes of all runs may take together."""


class RunStore:
    """Finds runs and keeps what has been read of them within a bound of memory."""

    def __init__(self, root: Path, memory: int = _MEMORY) -> None:
        """Serve the runs in the folder ``root``, which may be empty or missing."""
        self.root = root
        self._memory = memory
        self._open: OrderedDict[str, RunFiles] = OrderedDict()
        self._lock = Lock()

    def list(self) -> tuple[list[RunFiles], dict[str, str]]:
        """Return the runs by name, and why other folders that look like runs are none."""
        runs: list[RunFiles] = []
        unreadable: dict[str, str] = {}
        for folder in self._folders():
            name = text(folder.name) or ""
            if not _is_run(folder):
                trouble = _trouble(folder)
                if trouble:
                    unreadable[name] = f"wanted a run, got {trouble}"
                continue
            try:
                runs.append(self._get(folder.name, touch=False))
            except NotFound as problem:
                unreadable[name] = f"wanted {problem.wanted}, got {problem.got}"
        return runs, unreadable

    def get(self, run_id: str) -> RunFiles:
        """Return a run. Raises NotFound for whatever names none inside the folder."""
        return self._get(run_id, touch=True)

    def _get(self, run_id: str, *, touch: bool) -> RunFiles:
        try:
            path = self.root / checked_run_id(run_id)
        except RunError as problem:
            raise NotFound(
                "the run", wanted=problem.wanted, got=problem.got, remedy="choose one of /api/runs"
            ) from None
        if not _is_run(path):
            raise NotFound(
                run_id, wanted="a run", got="none of that name", remedy="choose one of /api/runs"
            )
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise NotFound(
                run_id,
                wanted="a run inside the folder that is served",
                got="a link that leads elsewhere",
                remedy="copy the run there",
            )
        with self._lock:
            found = self._open.get(run_id)
            if found is None:
                found = self._open[run_id] = RunFiles(path)
            if touch:
                self._open.move_to_end(run_id)
            others = [run for name, run in self._open.items() if name != run_id]
        self._make_room(found, others)
        return found

    def _folders(self) -> list[Path]:
        try:
            found = [path for path in self.root.iterdir() if not path.name.startswith(".")]
        except OSError:
            return []
        return sorted(found, key=lambda path: path.name)

    def _make_room(self, wanted: RunFiles, others: list[RunFiles]) -> None:
        """Release the runs that were asked for longest ago."""
        taken = wanted.memory + sum(run.memory for run in others)
        for run in others:
            if taken <= self._memory:
                return
            taken -= run.memory
            run.release()


def _is_run(path: Path) -> bool:
    return any(stamp_of(path / sign) for sign in _SIGNS)


def _trouble(path: Path) -> str:
    """Say why what looks like a run cannot be read as one; nothing if it looks like none."""
    if path.is_symlink() and not path.exists():
        return "a link that leads nowhere"
    try:
        names = os.listdir(path)
    except NotADirectoryError:
        return ""
    except OSError as problem:
        return f"a folder that cannot be read ({problem.strerror})"
    found = ((sign, no_file(path / sign)) for sign in _SIGNS if sign in names)
    return ", ".join(f"{sign}: {what}" for sign, what in found if what)
