"""The phases of a job: train where the phase trains, then answer eval.jsonl without the graph."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from graphtutor.backends.base import StepLog, TextModel
from graphtutor.config import Probe, TrainConfig
from graphtutor.evaluation.evaluate import evaluate
from graphtutor.evaluation.probes import ask, probe_variants
from graphtutor.io.jsonl import append_jsonl
from graphtutor.job.job import Job
from graphtutor.job.watch import Advance
from graphtutor.runs.episodes import CurvePoint, Episode, TrainLogLine
from graphtutor.runs.logs import cut_after_step
from graphtutor.tasks.task import Task
from graphtutor.training.examples import refuse_evaluated
from graphtutor.training.progress import TrainProgress
from graphtutor.training.sft import train_sft

__all__ = [
    "answer",
    "evaluate_facts",
    "evaluate_phase",
    "run_base",
    "run_more_sft",
    "run_probe",
    "run_sft",
    "trained",
]


def run_base(job: Job) -> None:
    """Evaluate the model before any training."""
    evaluate_phase(job, "base", 0)


def run_sft(job: Job) -> None:
    """Teach the output format and the facts: SFT on the reference traces of train.jsonl."""
    config = job.config.sft
    if job.todo("sft/train", keep=_TRAINING_LOGS):
        refuse_evaluated([job.task_file("train")], _evaluated(job))
        with (
            job.measuring("sft", ["train"], trained=True),
            trained(job, "sft", "sft", config, 0) as (model, progress),
        ):
            train_sft(model, job.tasks("train"), config, job.config.seed, progress)
        job.run.mark("sft/train", steps=config.steps)
    evaluate_phase(job, "sft", config.steps)


def run_more_sft(job: Job) -> None:
    """The control of RSFT: further SFT on train.jsonl for as many steps as RSFT trains."""
    config = job.config.rsft
    if job.todo("sft_more/train", keep=_TRAINING_LOGS):
        refuse_evaluated([job.task_file("train")], _evaluated(job))
        before = job.config.sft.steps
        with (
            job.measuring("sft_more", ["train"], trained=True),
            trained(job, "sft_more", "sft", config, before) as (model, progress),
        ):
            train_sft(
                model, job.tasks("train"), config, job.config.seed, progress, stream="sft_more"
            )
        job.run.mark("sft_more/train", steps=config.steps)
    evaluate_phase(job, "sft_more", job.config.sft.steps + config.steps)


_TRAINING_LOGS = ("train_log.jsonl", "curve.jsonl")


@contextmanager
def trained(
    job: Job,
    name: str,
    start: str,
    config: TrainConfig,
    before: int,
    phase: str | None = None,
    round_number: int | None = None,
    *,
    curve: bool = True,
) -> Generator[tuple[TextModel, TrainProgress], None, None]:
    """Load the model to start from, report its training, and save it as ``name`` at the end.

    ``start`` is the phase whose model is trained on; ``before`` counts the optimiser steps that lie
    behind it. The training's lines in the logs bear ``phase`` and ``round_number``. ``curve`` says
    whether the model answers dev tasks in between.
    """
    phase = phase or name
    model = job.load("base" if name == "sft" else start)
    title = f"{name:<6} training"
    with job.watch.bar(title, config.steps) as advance:
        reporter = _Reporter(job, phase, round_number, model, before, advance)
        points = job.config.evaluation.curve_points if curve else 0
        every = max(1, config.steps // points) if points else 0
        at = tuple(range(every, config.steps, every)) if every else ()
        yield (
            model,
            TrainProgress(
                on_step=reporter.step,
                evaluate_at=at if job.config.evaluation.curve_tasks else (),
                on_evaluate=reporter.evaluate,
                checkpoints=job.run.checkpoints(name),
            ),
        )
    job.run.save(name, model.save_adapter)


class _Reporter:
    """Writes the train log and the dev curve of one training."""

    def __init__(
        self,
        job: Job,
        phase: str,
        round_number: int | None,
        model: TextModel,
        before: int,
        advance: Advance,
    ) -> None:
        self.job, self.phase, self.round = job, phase, round_number
        self.model, self.before, self.advance = model, before, advance
        self.last = 0

    @cached_property
    def tasks(self) -> list[Task]:
        return self.job.tasks("dev")[: self.job.config.evaluation.curve_tasks]

    def step(self, log: StepLog) -> None:
        run = self.job.run
        if self.last == 0:
            # The first step after a checkpoint: what the killed training logged from here on goes.
            for file in (run.train_log, run.curve):
                cut_after_step(file, self.phase, log.step - 1, self.round)
        line = TrainLogLine(
            phase=self.phase,
            step=log.step,
            loss=round(log.loss, 6),
            lr=log.lr,
            tokens=log.tokens,
            seconds=round(log.seconds, 3),
            round=self.round,
        )
        append_jsonl(run.train_log, [line])
        self.advance(log.step - self.last, f"loss {log.loss:.3f}")
        self.last = log.step

    def evaluate(self, step: int) -> None:
        if not self.tasks:
            return
        episodes = evaluate(
            self.model, self.tasks, self.job.scorer, self.phase, step, self.job.config.evaluation
        )
        n = len(episodes)
        point = CurvePoint(
            phase=self.phase,
            step=step,
            total_step=self.before + step,
            n=n,
            accuracy=sum(e.right for e in episodes) / n,
            path_coverage=sum(e.reward.path_coverage for e in episodes) / n,
            grounded_accuracy=sum(bool(e.grounded) for e in episodes) / n,
            round=self.round,
        )
        append_jsonl(self.job.run.curve, [point])


def evaluate_phase(job: Job, phase: str, step: int) -> None:
    """Answer eval.jsonl with the phase's model, the facts its chains are made of, and the probes.

    A phase without a single valid answer is asked nothing further: all of it would be wrong.
    """
    unit = f"{phase}/eval"
    if job.todo(unit):
        _evaluate(job, phase, step, unit)
    if job.run.facts(unit).get("valid", 1):
        for probe in job.config.evaluation.probes:
            run_probe(job, phase, step, probe)


def _evaluate(job: Job, phase: str, step: int, unit: str) -> None:
    with job.measuring(phase, ["eval"]):
        model = job.load(phase)
        episodes = answer(job, model, job.tasks("eval"), phase, step, f"{phase:<6} evaluation")
        valid = sum(e.parsed.valid_format for e in episodes)
        facts = evaluate_facts(job, model, phase, step) if valid else []
    append_jsonl(job.run.episodes, episodes)
    append_jsonl(job.run.facts_log, facts)
    right = sum(e.right for e in episodes) / len(episodes)
    grounded = sum(bool(e.grounded) for e in episodes) / len(episodes)
    job.watch.say(f"{phase:<6} n {len(episodes)}: right {right:.1%}, grounded {grounded:.1%}")
    if (usage := getattr(model, "usage", None)) is not None:
        job.watch.say(f"{phase:<6} servers: {usage()}")
    if not valid:
        job.watch.say(f"{phase:<6} no answer was valid: single facts and probes are not asked")
    job.run.mark(unit, n=len(episodes), valid=valid)


def run_probe(job: Job, phase: str, step: int, probe: Probe) -> None:
    """Ask the phase's model the variants of one probe; their answers go to probes.jsonl."""
    unit = f"{phase}/probe/{probe}"
    if not job.todo(unit):
        return
    config = job.config.evaluation
    limits = [n for n in (config.limit, config.probe_tasks) if n]
    tasks = job.tasks("eval")[: min(limits, default=None)]
    variants = probe_variants(probe, tasks, job.graph)
    title = f"{phase:<6} probe {probe}"
    with job.measuring(phase, ["eval"]), job.watch.bar(title, len(variants)) as advance:
        episodes = ask(
            job.load(phase),
            variants,
            job.scorer,
            phase,
            step,
            config,
            job.config.seed,
            lambda count: advance(count, ""),
        )
    append_jsonl(job.run.probes_log, episodes)
    job.run.mark(unit, n=len(episodes))


def evaluate_facts(job: Job, model: TextModel, phase: str, step: int) -> list[Episode]:
    """Ask each edge that the evaluation uses once, as its first 1-hop task in train.jsonl."""
    asked = [edge for task in job.tasks("eval") for edge in task.path_star.edges]
    used = {(edge.src, edge.rel, edge.dst) for edge in asked}
    chosen: dict[tuple[str, str, str], Task] = {}
    for task in job.tasks("train"):
        if task.hop_len == 1:
            edge = task.path_star.edges[0]
            if (key := (edge.src, edge.rel, edge.dst)) in used:
                chosen.setdefault(key, task)
    return answer(job, model, list(chosen.values()), phase, step, f"{phase:<6} single facts")


def answer(
    job: Job, model: TextModel, tasks: Sequence[Task], phase: str, step: int, title: str
) -> list[Episode]:
    """Answer ``tasks`` greedily under a progress bar; see :func:`evaluate`."""
    config = job.config.evaluation
    total = min(len(tasks), config.limit) if config.limit else len(tasks)
    with job.watch.bar(title, total) as advance:
        return evaluate(
            model, tasks, job.scorer, phase, step, config, lambda count: advance(count, "")
        )


def _evaluated(job: Job) -> list[Path]:
    return [job.task_file(split) for split in ("dev", "eval", "eval_search")]
