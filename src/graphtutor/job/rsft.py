"""RSFT over a run directory: rounds of sampling, checking, training; the best on dev stays.

Each round samples from the newest policy and trains from the SFT model on the union of the winners
so far, mixed with SFT examples. Rounds stop when dev no longer gains.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from graphtutor.completion.completion import Generator
from graphtutor.config import RsftConfig
from graphtutor.errors import TaskError
from graphtutor.io.jsonl import append_jsonl, repair_jsonl
from graphtutor.io.seed import random_stream
from graphtutor.job.job import Job
from graphtutor.job.phases import answer, evaluate_phase, trained
from graphtutor.reward.profiles import SPEC
from graphtutor.reward.selection import ANSWER_ONLY
from graphtutor.runs.episodes import CandidateRecord, iter_candidates
from graphtutor.runs.logs import count_lines, keep_lines
from graphtutor.tasks.task import Task
from graphtutor.training.examples import refuse_evaluated
from graphtutor.training.placebo import PlaceboScorer
from graphtutor.training.rejection import Recorded, Scorer, sample_candidates
from graphtutor.training.rsft import train_rsft
from graphtutor.training.winners import select_union

__all__ = ["run_rsft"]

_CHUNK = 128
"""Tasks sampled and logged together: the unit of work that a kill loses."""
_SHARE_SAMPLES: Final = {"rsft_answer", "rsft_placebo"}
"""Arms that differ from "rsft" in the selection alone."""


@dataclass(frozen=True)
class _Arm:
    """One way to do RSFT: what it samples on, and what selects its winners."""

    phase: str
    config: RsftConfig
    splits: Sequence[str]
    tasks: Sequence[Task]
    select: str
    scorer: Scorer


def run_rsft(job: Job, phase: str = "rsft") -> None:
    """Run the rounds of ``phase``.

    Whatever is configured, "rsft_short" samples on train.jsonl, "rsft_answer" takes the first right
    answer of each task for its winner, and "rsft_placebo" is rewarded for another task's path.
    """
    arm = _arm(job, phase)
    files = [job.task_file(split) for split in arm.splits]
    refuse_evaluated(files, [job.task_file(s) for s in ("dev", "eval", "eval_search")])
    if not arm.tasks:
        raise TaskError(
            phase,
            wanted=f"tasks in {', '.join(arm.splits)}",
            got="none",
            remedy="set tasks.train_long above 0, or rsft.source=short",
        )
    best = _rounds(job, arm)
    if job.todo(f"{phase}/choice"):
        source = job.run.model(f"{phase}-round{best}")
        job.run.save(phase, lambda folder: shutil.copytree(source, folder, dirs_exist_ok=True))
        job.run.mark(f"{phase}/choice", round=best)
    evaluate_phase(job, phase, job.config.sft.steps + arm.config.steps)


def _arm(job: Job, phase: str) -> _Arm:
    config = job.config.rsft
    if phase == "rsft_short":
        config = config.model_copy(update={"source": "short"})
    splits = {"short": ["train"], "long": ["train_long"], "mixed": ["train", "train_long"]}
    tasks = _chosen_tasks(job, splits[config.source], config)
    select = {"rsft_answer": ANSWER_ONLY, "rsft_placebo": SPEC}
    return _Arm(
        phase=phase,
        config=config,
        splits=splits[config.source],
        tasks=tasks,
        select=select.get(phase, job.config.reward.select),
        scorer=PlaceboScorer(job.scorer, tasks, job.config.seed)
        if phase == "rsft_placebo"
        else job.scorer,
    )


def _rounds(job: Job, arm: _Arm) -> int:
    """Run the rounds and return the number of the best one on dev."""
    scores: list[float] = []
    for number in range(1, arm.config.rounds + 1):
        _sample(job, arm, number)
        _train(job, arm, number)
        scores.append(_dev(job, arm, number))
        if len(scores) > 1 and scores[-1] <= max(scores[:-1]):
            break
    return 1 + scores.index(max(scores))


def _chosen_tasks(job: Job, splits: Sequence[str], config: RsftConfig) -> list[Task]:
    tasks = [task for split in splits for task in job.tasks(split)]
    if not config.max_tasks or config.max_tasks >= len(tasks):
        return tasks
    stream = random_stream("rsft-tasks", job.config.seed)
    return [tasks[i] for i in sorted(stream.permutation(len(tasks))[: config.max_tasks].tolist())]


def _sample(job: Job, arm: _Arm, number: int) -> None:
    """Sample a round into candidates.jsonl, chunk by chunk; whole chunks survive a kill."""
    unit, log = f"{arm.phase}/round{number}/sample", job.run.candidates
    if not job.todo(unit, keep=[log.name]):
        return
    entries = job.run.entries()
    marked = entries[-1].lines.get(log.name, 0) if entries else 0
    repair_jsonl(log)
    chunk_lines = _CHUNK * arm.config.k_samples
    done = (count_lines(log) - marked) // chunk_lines
    if log.exists():
        keep_lines(log, marked + done * chunk_lines)
    model = _sampled_model(job, arm, number)
    title = f"{arm.phase:<6} sampling {arm.config.k_samples} answers a task"
    with job.measuring(arm.phase, arm.splits), job.watch.bar(title, len(arm.tasks)) as advance:
        advance(done * _CHUNK, "")
        for begin in range(done * _CHUNK, len(arm.tasks), _CHUNK):
            records = sample_candidates(
                model,
                arm.tasks[begin : begin + _CHUNK],
                arm.scorer,
                arm.config,
                arm.select,
                number,
                job.config.seed,
                job.config.evaluation.max_new_tokens,
                arm.phase,
                lambda count: advance(count, ""),
            )
            append_jsonl(log, records)
    mine = [c for c in _candidates(job, arm.phase) if c.round == number]
    won = sum(any(c.kept for c in group) for _, group in groupby(mine, lambda c: c.ex_id))
    job.watch.say(
        f"{arm.phase:<6} round {number}: {won} of {len(arm.tasks)} tasks have a winner, "
        f"{sum(c.grounded for c in mine) / len(mine):.1%} of {len(mine)} samples are grounded"
    )
    job.run.mark(unit, tasks=len(arm.tasks), with_winner=won)


def _sampled_model(job: Job, arm: _Arm, number: int) -> Generator:
    """Return the policy of a round; the first round's samples are drawn once for all selections."""
    if number > 1:
        return job.load(f"{arm.phase}-round{number - 1}")
    if arm.phase in _SHARE_SAMPLES and job.run.done("rsft/round1/sample"):
        return Recorded(c for c in _candidates(job, "rsft") if c.round == 1)
    return job.load("sft")


def _train(job: Job, arm: _Arm, number: int) -> None:
    """Train from the SFT model on the winners of all rounds so far."""
    name, config = f"{arm.phase}-round{number}", arm.config
    unit = f"{arm.phase}/round{number}/train"
    if not job.todo(unit, keep=("train_log.jsonl", "curve.jsonl")):
        return
    tasks = {t.id: t for t in arm.tasks}
    winners = select_union(_candidates(job, arm.phase), tasks, job.scorer, config.max_per_task)
    if not winners:
        raise TaskError(
            f"{arm.phase} round {number}",
            wanted="at least one sample that the graph confirms",
            got=f"none among {config.k_samples} samples of each of {len(tasks)} tasks",
            remedy="train SFT longer (sft.steps), sample more (rsft.k_samples), or begin with "
            "rsft.source=mixed",
        )
    before = job.config.sft.steps
    files = sorted({*arm.splits, *({"train"} if config.replay else ())})
    with (
        job.measuring(arm.phase, files, trained=True),
        trained(job, name, "sft", config, before, arm.phase, number) as (model, progress),
    ):
        replayed = job.tasks("train") if config.replay else []
        train_rsft(model, winners, replayed, config, job.config.seed, number, progress)
    append_jsonl(job.run.winners, [w for w in winners if w.round == number])
    job.run.mark(unit, winners=len(winners))


def _dev(job: Job, arm: _Arm, number: int) -> float:
    """Return the share of dev answered right and grounded after a round; 0 rounds to compare: 0."""
    phase, config = arm.phase, arm.config
    if config.rounds == 1:
        return 0.0
    unit = f"{phase}/round{number}/dev"
    if job.todo(unit):
        with job.measuring(phase, ["dev"]):
            model = job.load(f"{phase}-round{number}")
            step = job.config.sft.steps + config.steps
            episodes = answer(job, model, job.tasks("dev"), phase, step, f"{phase:<6} dev")
        grounded = sum(bool(e.grounded) for e in episodes) / max(1, len(episodes))
        right = sum(e.right for e in episodes) / max(1, len(episodes))
        figures = f"right {right:.1%}, grounded {grounded:.1%}"
        job.watch.say(f"{phase:<6} round {number} on dev: {figures}")
        job.run.mark(unit, n=len(episodes), grounded=grounded, right=right)
    return float(job.run.facts(unit)["grounded"])


def _candidates(job: Job, phase: str) -> list[CandidateRecord]:
    return [c for c in iter_candidates(job.run.candidates) if c.phase == phase]
