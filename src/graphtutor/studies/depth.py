"""The depth study: how far beyond the depth it was trained to does a model compose?

One model is trained by SFT to each depth, for the same number of steps from the same base; hop
lengths count equally in each training. All are evaluated on chains of 2 to 8 hops, none of which,
nor any part of which as a chain, any of them has seen.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from graphtutor.evaluation.metrics import rates
from graphtutor.io.jsonl import append_jsonl, write_jsonl
from graphtutor.job.job import Job
from graphtutor.job.phases import answer, trained
from graphtutor.report.study_depth import write_depth
from graphtutor.runs.episodes import Episode, iter_episodes
from graphtutor.runs.studies import DepthStudy
from graphtutor.studies.depth_tasks import (
    EVALUATED_HOPS,
    TRAINED_DEPTHS,
    depth_shortfalls,
    depth_splits,
    trained_to,
)
from graphtutor.studies.study import Study
from graphtutor.training.examples import draw_batches, encode_pairs
from graphtutor.training.sft import sft_pairs

__all__ = ["run_depth"]

_TRAIN_PER_HOP = 1000


def run_depth(study: Study) -> Path:
    """Train and evaluate every depth on every seed, and write the report; return its path."""
    # There is no dev file to draw a curve of learning from.
    evaluation = study.config.evaluation.model_copy(update={"curve_points": 0})
    config = study.config.model_copy(update={"phases": (), "evaluation": evaluation})
    jobs = [study.open(seed, config) for seed in study.seeds]
    for job in jobs:
        _make_tasks(job)
        for depth in TRAINED_DEPTHS:
            _train(job, depth)
            _evaluate(job, depth)
    return study.write(_summary(study, jobs), write_depth)


def _make_tasks(job: Job) -> None:
    if not job.todo("data"):
        return
    wanted = job.config.tasks
    sizes = {"evaluated": wanted.eval, "train_per_hop": _TRAIN_PER_HOP}
    with job.measuring("data"):
        splits = depth_splits(job.graph, seed=wanted.seed, **sizes)
        for split, tasks in splits.items():
            write_jsonl(job.task_file(split), tasks)
    counts = {split: len(tasks) for split, tasks in splits.items()}
    job.watch.say("data   " + ", ".join(f"{split} {n}" for split, n in counts.items()))
    for line in depth_shortfalls(splits, **sizes):
        job.watch.say(f"data   {line}")
    job.run.mark("data", **counts)


def _train(job: Job, depth: int) -> None:
    name, config = f"depth{depth}", job.config.sft
    if not job.todo(f"{name}/train", keep=("train_log.jsonl",)):
        return
    tasks = trained_to(job.tasks("train"), depth)
    by_hops: dict[int, list[int]] = defaultdict(list)
    for place, task in enumerate(tasks):
        by_hops[task.hop_len].append(place)
    groups = [by_hops[hops] for hops in sorted(by_hops)]
    batches = draw_batches(
        groups, [1.0] * len(groups), config.steps, config.batch_size, name, job.config.seed
    )
    with (
        job.measuring(name, ["train"], trained=True),
        trained(job, name, "base", config, 0) as (model, progress),
    ):
        examples = encode_pairs(model, sft_pairs(tasks))
        model.train(progress.request(examples, batches, config, job.config.seed))
    job.run.mark(f"{name}/train", tasks=len(tasks))


def _evaluate(job: Job, depth: int) -> None:
    name = f"depth{depth}"
    if not job.todo(f"{name}/eval"):
        return
    with job.measuring(name, ["eval"]):
        model, steps = job.load(name), job.config.sft.steps
        episodes = answer(job, model, job.tasks("eval"), name, steps, f"{name} evaluation")
    append_jsonl(job.run.episodes, episodes)
    job.run.mark(f"{name}/eval", n=len(episodes))


def _summary(study: Study, jobs: list[Job]) -> DepthStudy:
    found: dict[str, dict[str, list[list[Episode]]]] = {
        str(depth): {str(hops): [] for hops in EVALUATED_HOPS} for depth in TRAINED_DEPTHS
    }
    for job in jobs:
        groups: dict[tuple[str, str], list[Episode]] = defaultdict(list)
        for episode in iter_episodes(job.run.episodes):
            groups[episode.phase.removeprefix("depth"), str(episode.hop_len)].append(episode)
        for (depth, hops), episodes in groups.items():
            found[depth][hops].append(episodes)
    return DepthStudy(
        study="depth",
        seeds=study.seeds,
        runs=tuple(job.run.run_id for job in jobs),
        depths=TRAINED_DEPTHS,
        hops=EVALUATED_HOPS,
        cells={
            depth: {
                hops: rates([e for seed in seeds for e in seed])
                for hops, seeds in by_hops.items()
                if seeds
            }
            for depth, by_hops in found.items()
        },
        by_seed={
            depth: {
                hops: tuple(sum(bool(e.grounded) for e in seed) / len(seed) for seed in seeds)
                for hops, seeds in by_hops.items()
                if seeds
            }
            for depth, by_hops in found.items()
        },
    )
