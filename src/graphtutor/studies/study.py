"""What the studies share: a folder, the settings, the seeds, and the runs below it.

Every study works on run directories, so it can be stopped at any moment and gone on with by the
same command, and all that it reports can be recomputed from what lies there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from graphtutor.backends.base import Backend
from graphtutor.config import Phase, RunConfig
from graphtutor.job.data import make_data
from graphtutor.job.job import Job, open_job
from graphtutor.job.main_job import PHASES
from graphtutor.job.watch import Watch
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.record_file import write_record
from graphtutor.runs.studies import StudyRecord

__all__ = ["Study"]

Record = TypeVar("Record", bound=StudyRecord)


@dataclass(frozen=True, slots=True)
class Study:
    """One study: ``runs`` names finished runs to use; without them the study makes its own."""

    out: Path
    config: RunConfig
    seeds: tuple[int, ...]
    backend: Backend
    watch: Watch
    runs: tuple[RunDirectory, ...] = ()

    def jobs(self, phases: Sequence[Phase]) -> list[Job]:
        """Return one job a run, with ``phases`` done: the runs given, or one a seed made here."""
        if self.runs:
            return [Job(run, run.read_config(), self.backend, self.watch) for run in self.runs]
        jobs: list[Job] = []
        for seed in self.seeds:
            job = self.open(seed, self.config.model_copy(update={"phases": tuple(phases)}))
            make_data(job)
            for phase in phases:
                PHASES[phase](job)
            jobs.append(job)
        return jobs

    def open(self, seed: int, config: RunConfig) -> Job:
        """Begin the run of ``seed``, or go on with it."""
        root, run_id = self.out / "runs", f"s{seed}"
        config = config.model_copy(update={"seed": seed})
        resume = (root / run_id / "config.yaml").is_file()
        self.watch.say(f"seed {seed}: {root / run_id}")
        return open_job(root, run_id, config, self.backend, self.watch, resume=resume)

    def write(self, record: Record, report: Callable[[Record, Path], Path]) -> Path:
        """Write study.json, then its report; return the path of report.md."""
        write_record(self.out / "study.json", record)
        return report(record, self.out)
