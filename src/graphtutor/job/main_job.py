"""The whole job in order: data, the phases of the configuration, metrics, report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from graphtutor.errors import RunError
from graphtutor.job.audit import audit_data
from graphtutor.job.data import make_data
from graphtutor.job.finish import finish
from graphtutor.job.job import Job
from graphtutor.job.phases import evaluate_phase, run_base, run_more_sft, run_sft
from graphtutor.job.rsft import run_rsft

__all__ = ["PHASES", "evaluate_trained", "run_job", "run_phase"]

PHASES: Final[dict[str, Callable[[Job], None]]] = {
    "base": run_base,
    "sft": run_sft,
    "sft_more": run_more_sft,
    "rsft": run_rsft,
    "rsft_short": lambda job: run_rsft(job, "rsft_short"),
    "rsft_answer": lambda job: run_rsft(job, "rsft_answer"),
    "rsft_placebo": lambda job: run_rsft(job, "rsft_placebo"),
}


def run_job(job: Job) -> Path:
    """Run what is still to be done of ``job`` and return the path of its report.md."""
    if job.run.done("data"):
        audit_data(job)  # the files may have been edited since
    make_data(job)
    for phase in job.config.phases:
        PHASES[phase](job)
    return finish(job)


def run_phase(job: Job, phase: str) -> Path:
    """Run one phase and what it needs before it; return the path of the report so far."""
    make_data(job)
    if phase not in ("base", "sft"):
        run_sft(job)
    PHASES[phase](job)
    return finish(job)


def evaluate_trained(job: Job, phases: Sequence[str]) -> Path:
    """Evaluate ``phases``, or every phase that has a model, and write the report again."""
    trained = [p for p in PHASES if p == "base" or job.run.model(p).is_dir()]
    unknown = [phase for phase in phases if phase not in trained]
    if unknown:
        raise RunError(
            "--phase",
            wanted=f"a phase with a model: {', '.join(trained)}",
            got=", ".join(unknown),
            remedy="train that phase first",
        )
    further = job.config.rsft.steps
    for phase in phases or trained:
        before = {"base": 0, "sft": job.config.sft.steps}
        evaluate_phase(job, phase, before.get(phase, job.config.sft.steps + further))
    return finish(job)
