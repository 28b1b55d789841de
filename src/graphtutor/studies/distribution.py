"""The distribution study: which chains, and which winners, should RSFT train on?

Arms, all from one SFT model and for as many further steps:

- *sft_more*: further SFT, no sampling;
- *rsft_short*: RSFT on the short chains of training; *rsft*: on 4-5 hops, disjoint from eval;
- *rsft_answer*: the same samples as *rsft*, selected by the letter alone;
- *rsft_placebo*: the same samples, rewarded for another task's path.

It trains on nothing that it evaluates, and says so by the audit of every run's data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from graphtutor.config import Phase
from graphtutor.job.finish import finish
from graphtutor.job.job import Job
from graphtutor.report.figures import FIGURE_NAMES
from graphtutor.report.study_distribution import write_distribution
from graphtutor.runs.audit import AuditRecord
from graphtutor.runs.episodes import Episode, episodes_by_phase, iter_candidates
from graphtutor.runs.record_file import read_record
from graphtutor.runs.studies import ArmFigures, DistributionStudy
from graphtutor.studies.contrasts import contrast
from graphtutor.studies.study import Study

__all__ = ["ARMS", "QUESTIONS", "run_distribution", "summarise_distribution"]

ARMS: Final[tuple[Phase, ...]] = (
    "sft",
    "sft_more",
    "rsft_short",
    "rsft",
    "rsft_answer",
    "rsft_placebo",
)
QUESTIONS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "Does RSFT on easy chains hurt?": (("rsft_short", "sft"), ("rsft_short", "sft_more")),
    "Do chains as long as those of the evaluation help?": (
        ("rsft", "sft_more"),
        ("rsft", "rsft_short"),
    ),
    "Does the graph's check of every step help, beyond the right letter?": (
        ("rsft", "rsft_answer"),
    ),
    "Does it matter that the reward speaks of the right path?": (
        ("rsft", "rsft_placebo"),
        ("rsft_answer", "rsft_placebo"),
    ),
}
"""What the study asks, and which arm against which answers it."""


def run_distribution(study: Study) -> Path:
    """Run all arms on every seed, compare them, and write the report; return its path."""
    jobs = study.jobs(("base", *ARMS))
    for job in jobs:
        finish(job)
    return study.write(summarise_distribution(study, jobs), write_distribution)


def summarise_distribution(study: Study, jobs: Sequence[Job]) -> DistributionStudy:
    """Compute the record from the logs of the runs."""
    seeds = [episodes_by_phase(job.run.episodes) for job in jobs]
    return DistributionStudy(
        study="distribution",
        seeds=study.seeds,
        runs=tuple(job.run.run_id for job in jobs),
        arms=tuple(_arm(arm, seeds, jobs) for arm in ARMS),
        contrasts=tuple(
            contrast(seeds, question, arm, against, figure)
            for question, pairs in QUESTIONS.items()
            for arm, against in pairs
            for figure in FIGURE_NAMES
        ),
        leaks=tuple(leak for job in jobs for leak in _leaks(job)),
    )


def _arm(arm: str, seeds: Sequence[Mapping[str, list[Episode]]], jobs: Sequence[Job]) -> ArmFigures:
    found = [episodes[arm] for episodes in seeds]
    return ArmFigures(
        phase=arm,
        n=len(found[0]),
        accuracy=tuple(sum(e.right for e in group) / len(group) for group in found),
        grounded_accuracy=tuple(
            sum(bool(e.grounded) for e in group) / len(group) for group in found
        ),
        with_winner=tuple(_with_winner(job, arm) for job in jobs) if "rsft" in arm else (),
    )


def _with_winner(job: Job, arm: str) -> float:
    mine = (c for c in iter_candidates(job.run.candidates) if c.phase == arm)
    won = [any(c.kept for c in group) for _, group in groupby(mine, lambda c: c.ex_id)]
    return sum(won) / len(won)


def _leaks(job: Job) -> list[str]:
    if not job.run.audit.exists():
        return [f"{job.run.run_id}: not audited"]
    audit = read_record(job.run.audit, AuditRecord)
    return [f"{job.run.run_id}: {item.name} ({item.file})" for item in audit.failed]
