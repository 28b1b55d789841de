"""The run directory: where every artefact of a run lies, and which units of work are complete.

A run is never overwritten. ``journal.jsonl`` lists the finished units of work ("sft/train",
"rsft/round1/sample") together with how many lines each log had by then, so that a killed run can
drop the lines of the unit in flight, do that unit again and end with the same files as a run that
was never killed. The journal holds no times for the same reason.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from graphtutor.config import RunConfig, changed_keys, dump_config, load_config
from graphtutor.errors import RunError
from graphtutor.io.atomic import write_text
from graphtutor.io.jsonl import append_jsonl, read_jsonl, repair_jsonl
from graphtutor.runs.logs import count_lines, keep_lines
from graphtutor.runs.record_file import RunRecord

__all__ = ["JournalEntry", "RunDirectory", "checked_run_id"]

_RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class JournalEntry(RunRecord):
    """One finished unit of work; ``lines`` counts the lines of each log when it was finished."""

    unit: str
    facts: dict[str, Any] = Field(default_factory=dict)
    lines: dict[str, int] = Field(default_factory=dict)


def checked_run_id(run_id: str) -> str:
    """Return ``run_id``, or raise RunError if it cannot name a folder on every system.

    >>> checked_run_id("run_0001")
    'run_0001'
    """
    if not _RUN_ID.fullmatch(run_id):
        raise RunError(
            "--run-id",
            wanted="letters, digits, '.', '_' and '-', at most 100, a letter or digit first",
            got=repr(run_id),
            remedy="for example --run-id run_0001",
        )
    return run_id


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The folder of one run. Making the object touches no file."""

    path: Path

    @classmethod
    def free(cls, root: Path, run_id: str) -> RunDirectory:
        """Return ``root/run_id``, which is not made yet.

        Raises RunError if the run exists or the id is not a plain name.
        """
        run = cls(root / checked_run_id(run_id))
        if os.path.lexists(run.path):
            raise _exists(run.path)
        return run

    @classmethod
    def create(cls, root: Path, run_id: str, config: RunConfig) -> RunDirectory:
        """Make ``root/run_id`` with its configuration, whole or not at all.

        Raises RunError if the run exists or the id is not a plain name.
        """
        run = cls.free(root, run_id)
        try:
            root.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(dir=root, prefix=f".{run_id}."))
        except OSError as problem:
            raise RunError(
                str(root), wanted="a folder that can be written", got=str(problem)
            ) from None
        try:
            draft.chmod(0o777 & ~_umask())
            write_text(draft / run.config.name, dump_config(config))
            draft.rename(run.path)
        except OSError:
            # Another process took the name between the check and the rename.
            if run.path.exists():
                raise _exists(run.path) from None
            raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return run

    @classmethod
    def find(cls, root: Path, run_id: str) -> RunDirectory:
        """Return the existing run ``root/run_id``, or the run at the path ``run_id``.

        Raises RunError if neither is a run directory.
        """
        # Resolved, so that "." has a name as well.
        for path in (root / run_id, Path(run_id).resolve()):
            if (path / "config.yaml").is_file() or (path / "metrics.json").is_file():
                return cls(path)
        here = sorted(p.parent.name for p in root.glob("*/config.yaml"))
        raise RunError(
            str(root / run_id),
            wanted="a run directory",
            got="none",
            remedy=f"runs here: {', '.join(here[-8:])}" if here else f"{root} holds no run yet",
        )

    @classmethod
    def resume(cls, root: Path, run_id: str, config: RunConfig) -> RunDirectory:
        """Return an existing run whose configuration is ``config``, its logs repaired.

        A last line that a kill has torn is cut from every log. Raises RunError if the run is
        missing, or if the configuration differs, naming the keys.
        """
        run = cls(root / checked_run_id(run_id))
        if not run.config.is_file():
            raise RunError(
                str(run.path),
                wanted="a run to resume",
                got="no config.yaml there" if run.path.exists() else "no such folder",
                remedy="check --run-id, or leave out --resume to begin the run",
            )
        changed = changed_keys(run.read_config(), config)
        if changed:
            raise RunError(
                str(run.config),
                wanted="the configuration that the run began with",
                got=f"other values for {', '.join(changed)}",
                remedy="resume with the old values, or begin another --run-id",
            )
        for log in (*run.logs, run.journal):
            repair_jsonl(log)
        return run

    @property
    def run_id(self) -> str:
        """The run's name: its folder's name."""
        return self.path.name

    @property
    def config(self) -> Path:
        """config.yaml: the resolved configuration."""
        return self.path / "config.yaml"

    @property
    def meta(self) -> Path:
        """meta.json: provenance."""
        return self.path / "meta.json"

    @property
    def metrics(self) -> Path:
        """metrics.json: aggregates and curves."""
        return self.path / "metrics.json"

    @property
    def episodes(self) -> Path:
        """episodes.jsonl: one line per evaluated task and phase."""
        return self.path / "episodes.jsonl"

    @property
    def facts_log(self) -> Path:
        """facts.jsonl: one line per single fact asked and phase, as in episodes.jsonl."""
        return self.path / "facts.jsonl"

    @property
    def probes_log(self) -> Path:
        """probes.jsonl: one line per task asked in another way and phase, as in episodes.jsonl."""
        return self.path / "probes.jsonl"

    @property
    def tasks(self) -> Path:
        """The folder of the run's task files."""
        return self.path / "tasks"

    @property
    def candidates(self) -> Path:
        """candidates.jsonl: every RSFT sample with its score."""
        return self.path / "candidates.jsonl"

    @property
    def winners(self) -> Path:
        """rsft.jsonl: the winners that RSFT trained on."""
        return self.path / "rsft.jsonl"

    @property
    def train_log(self) -> Path:
        """train_log.jsonl: one line per optimiser step."""
        return self.path / "train_log.jsonl"

    @property
    def curve(self) -> Path:
        """curve.jsonl: one line per evaluation on dev during training."""
        return self.path / "curve.jsonl"

    @property
    def audit(self) -> Path:
        """audit.json: the leak and shortcut report of the data this run used."""
        return self.path / "audit.json"

    @property
    def answers(self) -> Path:
        """answers.jsonl: one line per held-out question of a blueprint and phase."""
        return self.path / "answers.jsonl"

    @property
    def journal(self) -> Path:
        """journal.jsonl: the finished units of work."""
        return self.path / "journal.jsonl"

    @property
    def report_markdown(self) -> Path:
        """report.md."""
        return self.path / "report.md"

    @property
    def report_html(self) -> Path:
        """report.html."""
        return self.path / "report.html"

    @property
    def plots(self) -> Path:
        """The folder of the report's plots."""
        return self.path / "plots"

    @property
    def logs(self) -> tuple[Path, ...]:
        """The logs that are only ever appended to."""
        return (
            self.episodes,
            self.facts_log,
            self.probes_log,
            self.answers,
            self.candidates,
            self.winners,
            self.train_log,
            self.curve,
        )

    def model(self, phase: str) -> Path:
        """Return the folder of the model that ``phase`` ends with."""
        return self.path / "models" / phase

    def checkpoints(self, unit: str) -> Path:
        """Return the folder of the resumable checkpoints of a training unit."""
        return self.path / "checkpoints" / unit

    def save(self, phase: str, write: Callable[[Path], object]) -> None:
        """Let ``write`` fill a folder and make it the model of ``phase``, whole or not at all."""
        final = self.model(phase)
        final.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=final.parent, prefix=f".{phase}."))
        try:
            draft.chmod(0o777 & ~_umask())
            write(draft)
            if final.exists():
                shutil.rmtree(final)
            draft.rename(final)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def read_config(self) -> RunConfig:
        """Read config.yaml. Raises ConfigError when it does not fit this version."""
        return load_config(self.config)

    def entries(self) -> list[JournalEntry]:
        """Return the journal, oldest first."""
        if not self.journal.exists():
            return []
        return read_jsonl(self.journal, JournalEntry, RunError)

    def done(self, unit: str) -> bool:
        """Tell whether ``unit`` is complete."""
        return any(entry.unit == unit for entry in self.entries())

    def facts(self, unit: str) -> dict[str, Any]:
        """Return what :meth:`mark` recorded for ``unit``.

        Raises RunError if the unit is not complete.
        """
        for entry in self.entries():
            if entry.unit == unit:
                return entry.facts
        raise RunError(str(self.journal), wanted=f"the finished unit {unit}", got="none")

    def mark(self, unit: str, **facts: Any) -> None:
        """Record that ``unit`` is complete, once all its files are written.

        ``facts`` are JSON values; leave out times, or a resumed run's journal differs. A unit that
        is already complete is left as it was.
        """
        if self.done(unit):
            return
        lines = {log.name: count_lines(log) for log in self.logs if log.exists()}
        append_jsonl(self.journal, [JournalEntry(unit=unit, facts=facts, lines=lines)])
        with self.journal.open("rb") as stream:
            os.fsync(stream.fileno())

    def roll_back(self, except_for: Collection[str] = ()) -> dict[str, int]:
        """Cut from every log the lines of the unit in flight; return how many, by file name.

        Each log keeps the lines that it had at the newest mark. ``except_for`` names files to leave
        alone, such as the train log of a training that goes on from a checkpoint
        (:func:`graphtutor.runs.logs.cut_after_step`).
        """
        entries = self.entries()
        marked = entries[-1].lines if entries else {}
        dropped = {
            log.name: keep_lines(log, marked.get(log.name, 0))
            for log in self.logs
            if log.exists() and log.name not in except_for
        }
        return {name: count for name, count in dropped.items() if count}


def _exists(path: Path) -> RunError:
    return RunError(
        str(path),
        wanted="a run id that is not taken",
        got="an existing run",
        remedy="--resume or another --run-id",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
