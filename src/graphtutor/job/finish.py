"""The end of a job: metrics.json from the logs, then the report."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from graphtutor.evaluation.metrics import fact_recall, paired_tests, summarise
from graphtutor.evaluation.sampling import summarise_sampling
from graphtutor.job.job import Job
from graphtutor.report.write import write_report
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.episodes import Episode, iter_candidates, iter_episodes, read_curve
from graphtutor.runs.metrics import PhaseMetrics, RunMetrics, curves_from
from graphtutor.runs.record_file import write_record

__all__ = ["finish", "write_metrics"]

_DRAFT: Final = re.compile(r"\..+\.(yaml|jsonl?|md|html)\.[a-z0-9_]{8}")
"""What an atomic write calls its file before it is whole; no editor's backup has such a name."""


def finish(job: Job) -> Path:
    """Write metrics.json and the report, drop what is not needed; return the path of report.md."""
    write_metrics(job)
    _drop_leftovers(job.run)
    return write_report(job.run)


def _drop_leftovers(run: RunDirectory) -> None:
    """Remove the checkpoints, and the drafts that a kill has left unfinished."""
    shutil.rmtree(run.path / "checkpoints", ignore_errors=True)
    for draft in run.path.glob("models/.*"):
        shutil.rmtree(draft, ignore_errors=True)
    for draft in run.path.rglob(".*"):
        if _DRAFT.fullmatch(draft.name) and draft.is_file():
            draft.unlink(missing_ok=True)


def write_metrics(job: Job) -> RunMetrics:
    """Compute the figures of all phases evaluated so far and write metrics.json."""
    run = job.run
    phases = _by_phase(run.episodes)
    facts = _by_phase(run.facts_log)
    figures: dict[str, PhaseMetrics] = {}
    for phase, episodes in phases.items():
        recall = fact_recall(facts[phase]) if facts.get(phase) else None
        figures[phase] = summarise(episodes).model_copy(
            update={"fact_recall": recall, "paired": paired_tests(phases, phase)}
        )
    candidates = iter_candidates(run.candidates) if run.candidates.exists() else ()
    metrics = RunMetrics(
        run_id=run.run_id,
        splits={"eval": figures},
        curves=curves_from(read_curve(run.curve)),
        sampling=summarise_sampling(candidates),
    )
    write_record(run.metrics, metrics)
    return metrics


def _by_phase(log: Path) -> dict[str, list[Episode]]:
    phases: dict[str, list[Episode]] = {}
    if log.exists():
        for episode in iter_episodes(log):
            phases.setdefault(episode.phase, []).append(episode)
    return phases
