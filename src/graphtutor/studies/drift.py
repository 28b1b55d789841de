"""The drift study: what each phase of training cost elsewhere.

Every trained phase of every run is compared with the base that it began from: on plain English
passages and ordinary prompts, and, for the embedded model, on worlds that it has never read, which
is what it was made to read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from graphtutor.backends.base import TextModel
from graphtutor.errors import RunError
from graphtutor.evaluation.drift import drift
from graphtutor.evaluation.neutral import neutral_passages, ordinary_prompts
from graphtutor.job.job import Job
from graphtutor.report.study_drift import write_drift
from graphtutor.runs.record_file import read_record, write_record
from graphtutor.runs.studies import DriftStudy, PhaseDrift
from graphtutor.studies.drift_texts import letters_right, world_questions, world_texts
from graphtutor.studies.study import Study

__all__ = ["run_drift"]

_PHASES: Final = ("sft", "sft_more", "rsft", "rsft_short", "rsft_answer", "rsft_placebo")
_WORLDS: Final = 100
_QUESTIONS: Final = 400
_WORLD_SEED: Final = 0


def run_drift(study: Study) -> Path:
    """Measure every trained phase of every run and write the report; return its path."""
    jobs = study.jobs(("sft", "rsft"))
    found = [
        _measured(study, job, phase)
        for job in jobs
        for phase in ("base", *_PHASES)
        if phase == "base" or job.run.model(phase).is_dir()
    ]
    if all(drift.phase == "base" for drift in found):
        raise RunError(
            str(jobs[0].run.path),
            wanted="a trained phase",
            got="none",
            remedy="train one first: graphtutor run",
        )
    record = DriftStudy(
        study="drift",
        seeds=study.seeds,
        runs=tuple(job.run.run_id for job in jobs),
        phases=tuple(found),
    )
    return study.write(record, write_drift)


def _measured(study: Study, job: Job, phase: str) -> PhaseDrift:
    """Return the drift of one phase; what was measured before is read again."""
    path = study.out / "measured" / f"{job.run.run_id}-{phase}.json"
    if not path.exists():
        study.watch.say(f"{job.run.run_id} {phase}: reading neutral texts")
        write_record(path, _measure(job, phase))
    return read_record(path, PhaseDrift)


def _measure(job: Job, phase: str) -> PhaseDrift:
    base: TextModel = job.load("base")
    model = base if phase == "base" else job.load(phase)
    english = drift(base, model, neutral_passages(), ordinary_prompts())
    embedded = job.config.model.name == "nano"
    return PhaseDrift(
        run=job.run.run_id,
        phase=phase,
        english=english,
        worlds=drift(base, model, world_texts(_WORLD_SEED, _WORLDS), ()) if embedded else None,
        letters=letters_right(model, world_questions(_WORLD_SEED, _QUESTIONS))
        if embedded
        else None,
    )
