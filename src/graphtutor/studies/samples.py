"""The k study: what K samples a task are worth to rejection sampling.

The SFT model answers the tasks that RSFT samples on, ``evaluation.samples`` times each; every
smaller K is estimated from these, so all K speak of the same samples. A task none of whose K
samples is grounded teaches nothing; one of which all are teaches nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import comb
from pathlib import Path
from typing import Final

from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.errors import RunError
from graphtutor.evaluation.intervals import cluster_bootstrap
from graphtutor.evaluation.probe_metrics import pass_at_k
from graphtutor.io.jsonl import append_jsonl, read_jsonl, repair_jsonl
from graphtutor.io.seed import derive_seed
from graphtutor.job.job import Job
from graphtutor.report.study_k import write_k
from graphtutor.runs.episodes import ModelText
from graphtutor.runs.logs import keep_lines
from graphtutor.runs.record_file import RunRecord
from graphtutor.runs.studies import KFigures, KStudy
from graphtutor.studies.study import Study
from graphtutor.tasks.task import Task

__all__ = ["KSample", "k_figures", "run_k"]

KS: Final = (1, 4, 8, 16, 32, 64, 128, 256)
_AT_ONCE: Final = 1024
"""Completions decoded and logged together: the unit of work that a kill loses."""


class KSample(RunRecord):
    """One line of samples-RUN.jsonl: sample ``k`` of a task."""

    ex_id: str
    start: str
    k: int
    right: bool
    grounded: bool
    completion: ModelText


def run_k(study: Study) -> Path:
    """Sample from the SFT model of every run and write the report; return its path."""
    jobs = study.jobs(("sft",))
    samples: list[list[KSample]] = [_sampled(study, job) for job in jobs]
    config = study.config.evaluation
    record = KStudy(
        study="k",
        seeds=study.seeds,
        runs=tuple(job.run.run_id for job in jobs),
        samples=config.samples,
        temperature=config.temperature,
        by_k=tuple(k_figures(samples, k) for k in KS if k <= config.samples),
    )
    return study.write(record, write_k)


def _sampled(study: Study, job: Job) -> list[KSample]:
    """Return the samples of one run, drawing those that are not in its log yet."""
    config = study.config.evaluation
    tasks = job.tasks("train_long")[: config.probe_tasks or None]
    if not tasks:
        raise RunError(
            str(job.run.path), wanted="tasks in train_long.jsonl to sample on", got="none"
        )
    log = study.out / f"samples-{job.run.run_id}.jsonl"
    done = repair_jsonl(log) // config.samples
    if log.exists():
        keep_lines(log, done * config.samples)
    if done < len(tasks):
        _draw(study, job, tasks, done, log)
    return read_jsonl(log, KSample, RunError)


def _draw(study: Study, job: Job, tasks: Sequence[Task], done: int, log: Path) -> None:
    """Sample the tasks from number ``done`` on into ``log``."""
    config, model = study.config.evaluation, job.load("sft")
    sampling = Sampling(
        n=config.samples,
        temperature=config.temperature,
        max_new_tokens=config.max_new_tokens,
        seed=derive_seed("study k", job.config.seed),
    )
    chunk = max(1, _AT_ONCE // config.samples)
    title = f"{job.run.run_id} {config.samples} samples a task"
    with study.watch.bar(title, len(tasks)) as advance:
        advance(done, "")
        for begin in range(done, len(tasks), chunk):
            some = tasks[begin : begin + chunk]
            prompts = [Prompt(key=task.id, text=task.prompt) for task in some]
            answers = model.generate(prompts, sampling, lambda count: advance(count, ""))
            lines = [
                _sample(job, task, k, answer.text)
                for task, found in zip(some, answers, strict=True)
                for k, answer in enumerate(found)
            ]
            append_jsonl(log, lines)


def _sample(job: Job, task: Task, k: int, text: str) -> KSample:
    scored = job.scorer.score(task, text)
    return KSample(
        ex_id=task.id,
        start=task.start,
        k=k,
        right=scored.right,
        grounded=scored.grounded,
        completion=text,
    )


def k_figures(runs: Sequence[Sequence[KSample]], k: int) -> KFigures:
    """Estimate what ``k`` samples a task give, over the tasks of all ``runs``.

    Without replacement, as :func:`graphtutor.evaluation.probe_metrics.pass_at_k`; the chance that
    all k of n samples are grounded, where c are, is C(c, k) / C(n, k).
    """
    starts: list[str] = []
    values: dict[str, list[float]] = {
        name: [] for name in ("right", "grounded", "no_winner", "only_winners")
    }
    for samples in runs:
        for _, group in groupby(samples, lambda sample: sample.ex_id):
            found = list(group)
            n, right = len(found), sum(s.right for s in found)
            grounded = sum(s.grounded for s in found)
            some = pass_at_k(n, grounded, k)
            starts.append(found[0].start)
            values["right"].append(pass_at_k(n, right, k))
            values["grounded"].append(some)
            values["no_winner"].append(1 - some)
            values["only_winners"].append(comb(grounded, k) / comb(n, k))
    shares = {name: sum(found) / len(found) for name, found in values.items()}
    return KFigures(
        k=k,
        n=len(starts),
        right=shares["right"],
        grounded=shares["grounded"],
        no_winner=shares["no_winner"],
        only_winners=shares["only_winners"],
        guess=1 - 0.75**k,
        intervals={name: cluster_bootstrap(found, starts) for name, found in values.items()},
    )
