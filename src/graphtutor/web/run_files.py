"""One run directory as the app reads it: each file leniently, each kept until it changes.

What cannot be read is None and leaves a problem that names the file and the reason; the rest of the
run is shown all the same.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar, cast

from pydantic import ValidationError
from yaml import YAMLError

from graphtutor.config import RunConfig
from graphtutor.errors import GraphtutorError
from graphtutor.io.yaml_file import as_mapping, load_yaml
from graphtutor.runs.audit import AuditRecord
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.metrics import PhaseMetrics, RunMetrics
from graphtutor.web.bad_lines import BadLines, BadLinesBuilder
from graphtutor.web.candidate_index import CandidateIndex, CandidateIndexBuilder
from graphtutor.web.growing import GrowingLog, Stamp, no_file, stamp_of
from graphtutor.web.index import EpisodeIndex, IndexBuilder
from graphtutor.web.lines import LineProblem
from graphtutor.web.task_files import TaskFiles
from graphtutor.web.values import clean, is_object, loads, mapping

__all__ = ["Figures", "RunFiles"]

_LIVE_SECONDS: Final = 300.0
"""A run without figures whose logs have changed within this time is being made."""
_LARGEST: Final = 64 << 20
"""Bytes of a JSON or YAML file that is read whole."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Figures:
    """What could be read of metrics.json: figures by split and phase, and the rest as it stands."""

    splits: Mapping[str, Mapping[str, PhaseMetrics]] = field(
        default_factory=dict[str, Mapping[str, PhaseMetrics]]
    )
    record: RunMetrics | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def phases(self) -> Mapping[str, PhaseMetrics]:
        """The figures of the eval split."""
        return self.splits.get("eval", {})


class RunFiles:
    """The files of one run, read when asked for and again when they change."""

    def __init__(self, path: Path) -> None:
        """Read nothing yet."""
        self.run = RunDirectory(path)
        self._episodes = GrowingLog(self.run.episodes, IndexBuilder)
        self._candidates = GrowingLog(self.run.candidates, CandidateIndexBuilder)
        self._others: dict[Path, GrowingLog[BadLines]] = {}
        self._kept: dict[str, tuple[object, object]] = {}
        self._locks: dict[str, Lock] = {}
        self._problems: dict[str, str] = {}

    @property
    def run_id(self) -> str:
        """The run's name."""
        return self.run.run_id

    def keep(self, name: str, files: Sequence[Path], make: Callable[[], Value]) -> Value:
        """Return what ``make`` returned for the present state of ``files``, made once."""
        stamps: tuple[Stamp | None, ...] = tuple(map(stamp_of, files))
        with self._locks.setdefault(name, Lock()):
            known = self._kept.get(name)
            if known is None or known[0] != stamps:
                known = (stamps, make())
                self._kept[name] = known
            return cast("Value", known[1])

    def episodes(self) -> EpisodeIndex | None:
        """Return the index of episodes.jsonl as it stands; None without one."""
        return self._episodes.snapshot()

    def candidates(self) -> CandidateIndex | None:
        """Return the index of candidates.jsonl as it stands; None without one."""
        return self._candidates.snapshot()

    def logs(self) -> list[EpisodeIndex | CandidateIndex | BadLines]:
        """Return what is known of the lines of every log that the app reads, and of the tasks'."""
        run = self.run
        read_elsewhere = (run.train_log, run.curve, run.probes_log, *self._task_paths())
        for path in read_elsewhere:
            self._others.setdefault(path, GrowingLog(path, BadLinesBuilder))
        others = (self._others[path].snapshot() for path in read_elsewhere)
        return [log for log in (self.episodes(), self.candidates(), *others) if log is not None]

    def _task_paths(self) -> list[Path]:
        return sorted(self.run.tasks.glob("*.jsonl"))

    @property
    def tasks(self) -> TaskFiles:
        """The run's task files."""
        files = self._task_paths()
        return self.keep("tasks", files, lambda: TaskFiles(files))

    @property
    def meta(self) -> Mapping[str, Any]:
        """meta.json as it stands; empty without one."""
        return self.keep("meta", [self.run.meta], lambda: self._object(self.run.meta))

    @property
    def config(self) -> Mapping[str, Any]:
        """config.yaml as it stands; empty without one."""
        return self.keep("config", [self.run.config], self._read_config)

    @property
    def settings(self) -> RunConfig | None:
        """The configuration, where it fits this version."""
        return self.keep("settings", [self.run.config], self._read_settings)

    @property
    def figures(self) -> Figures:
        """metrics.json, phase by phase."""
        return self.keep("figures", [self.run.metrics], self._read_figures)

    @property
    def audit(self) -> AuditRecord | None:
        """audit.json; None without one that can be read."""
        return self.keep("audit", [self.run.audit], self._read_audit)

    @property
    def live(self) -> bool:
        """Whether the run is being made: logs that have just changed, and no newer figures."""
        logs = [stamp for stamp in map(stamp_of, self.run.logs) if stamp]
        newest = max((stamp[1] for stamp in logs), default=0)
        figures = stamp_of(self.run.metrics)
        if figures and figures[1] >= newest:
            return False
        return time.time() - newest / 1e9 < _LIVE_SECONDS

    @property
    def problems(self) -> list[LineProblem]:
        """Files that could not be used, as far as they have been asked for."""
        logs = (self._episodes, self._candidates, *list(self._others.values()))
        told = self._problems | {log.path.name: log.trouble for log in logs if log.trouble}
        return [LineProblem(name, 0, reason) for name, reason in sorted(told.items())]

    @property
    def memory(self) -> int:
        """Roughly the bytes of memory that the indexes take."""
        held = (self._episodes.held, self._candidates.held)
        return sum(index.memory for index in held if index is not None)

    def release(self) -> None:
        """Give the memory of the indexes back."""
        for log in (self._episodes, self._candidates, *list(self._others.values())):
            log.release()

    def trouble(self, file: str, reason: str | None) -> None:
        """Note why a file cannot be used; None that it can."""
        if reason is None:
            self._problems.pop(file, None)
        else:
            self._problems[file] = reason[:300]

    def _object(self, path: Path) -> dict[str, Any]:
        """Read a JSON file that holds one object."""
        self.trouble(path.name, None)
        try:
            data = _read(path)
            if data is None:
                return {}
            value = clean(loads(data))
        except (OSError, ValueError) as problem:
            self.trouble(path.name, _reason(problem))
            return {}
        if not is_object(value):
            self.trouble(path.name, f"wanted an object, got {type(value).__name__}")
        return dict(mapping(value))

    def _read_config(self) -> dict[str, Any]:
        name = self.run.config.name
        self.trouble(name, None)
        try:
            data = _read(self.run.config)
            settings = {} if data is None else as_mapping(load_yaml(data), name)
            return dict(mapping(clean(settings)))
        except (GraphtutorError, YAMLError, OSError, ValueError, RecursionError) as problem:
            self.trouble(name, _reason(problem))
            return {}

    def _read_settings(self) -> RunConfig | None:
        if stamp_of(self.run.config) is None:
            return None
        try:
            return self.run.read_config()
        except (GraphtutorError, ValueError, RecursionError):
            return None

    def _read_figures(self) -> Figures:
        raw = self._object(self.run.metrics)
        splits: dict[str, dict[str, PhaseMetrics]] = {}
        for split, phases in mapping(raw.get("splits")).items():
            for phase, figures in mapping(phases).items():
                try:
                    found = PhaseMetrics.model_validate(figures)
                except ValidationError as problem:
                    where = f"splits.{split}.{phase}"
                    self.trouble("metrics.json", f"{where}: {_first(problem)}")
                    continue
                splits.setdefault(split, {})[phase] = found
        rest: dict[str, Any] = {**raw, "run_id": self.run_id, "splits": {}}
        try:
            record = RunMetrics.model_validate(rest)
        except ValidationError as problem:
            self.trouble("metrics.json", _first(problem))
            record = None
        return Figures(splits, record, raw)

    def _read_audit(self) -> AuditRecord | None:
        raw = self._object(self.run.audit)
        if not raw:
            return None
        try:
            return AuditRecord.model_validate(raw)
        except ValidationError as problem:
            self.trouble("audit.json", _first(problem))
            return None


def _read(path: Path) -> str | None:
    stamp = stamp_of(path)
    if stamp is None:
        found = no_file(path)
        if found:
            raise OSError(errno.EINVAL, f"wanted a file, got {found}")
        return None
    if stamp[0] > _LARGEST:
        raise ValueError(f"more than {_LARGEST >> 20} MiB")
    return path.read_text("utf-8")


def _reason(problem: Exception) -> str:
    if isinstance(problem, GraphtutorError):
        return problem.got
    if isinstance(problem, OSError):
        return problem.strerror or "cannot be read"
    return f"cannot be read: {' '.join(str(problem).split())}"


def _first(problem: ValidationError) -> str:
    first = problem.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
