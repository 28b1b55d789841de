"""The retrieval study: closed book, retrieval, training, and both, on the same questions.

The base model and the trained one answer the same tasks without facts, with facts that retrieval
finds, and with the gold facts; beside them stands what the facts say without any model. Nothing is
trained, and nothing is fitted to the tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from graphtutor.completion.completion import Completion
from graphtutor.errors import RunError
from graphtutor.evaluation.episode import build_episode
from graphtutor.evaluation.probes import ask
from graphtutor.io.jsonl import append_jsonl, read_jsonl, repair_jsonl, write_jsonl
from graphtutor.job.job import Job
from graphtutor.report.study_retrieval import write_retrieval
from graphtutor.runs.episodes import Episode
from graphtutor.runs.logs import keep_lines
from graphtutor.runs.studies import RetrievalStudy
from graphtutor.studies.retrieval_figures import Arms, cells, contrasts, source_figures
from graphtutor.studies.retrieved import SOURCES, STATEMENTS, Asked, asked_from, choice
from graphtutor.studies.study import Study
from graphtutor.tasks.task import Task

__all__ = ["run_retrieval"]


def run_retrieval(study: Study) -> Path:
    """Ask all that is to be asked of every run, and write the report; return its path."""
    jobs = study.jobs(("sft", "rsft"))
    phases = [_trained_phase(job) for job in jobs]
    asked = asked_from(jobs[0].graph, _same_tasks(study, jobs))
    unaided = {
        f"none/{source}": _unaided(study, jobs[0], source, asked[source])
        for source in SOURCES
        if source != "closed"
    }
    runs: list[Arms] = [
        {
            **unaided,
            **_answers(study, job, "base", "base", asked),
            **_answers(study, job, "trained", phase, asked),
        }
        for job, phase in zip(jobs, phases, strict=True)
    ]
    base = jobs[0].load("base")
    record = RetrievalStudy(
        study="retrieval",
        seeds=study.seeds,
        runs=tuple(job.run.run_id for job in jobs),
        tasks=len(asked["closed"]),
        k=STATEMENTS,
        trained=tuple(phases),
        sources=tuple(source_figures(source, found, base) for source, found in asked.items()),
        cells=cells(runs),
        contrasts=contrasts(runs),
    )
    return study.write(record, write_retrieval)


def _trained_phase(job: Job) -> str:
    for phase in ("rsft", "sft"):
        if job.run.model(phase).is_dir():
            return phase
    raise RunError(
        str(job.run.path),
        wanted="the model of phase rsft or sft",
        got="none",
        remedy="train one first: graphtutor run",
    )


def _same_tasks(study: Study, jobs: Sequence[Job]) -> list[Task]:
    """Return the first tasks of eval.jsonl; they have to be the same in all runs."""
    first, *others = [
        job.tasks("eval")[: study.config.evaluation.probe_tasks or None] for job in jobs
    ]
    if not first:
        raise RunError(str(jobs[0].run.path), wanted="tasks in eval.jsonl", got="none")
    for job, tasks in zip(jobs[1:], others, strict=True):
        if tasks != first:
            raise RunError(
                str(job.task_file("eval")),
                wanted=f"the tasks of {jobs[0].run.path}",
                got="others",
                remedy="name runs with the same graph and tasks, each in a study of its own if not",
            )
    names = [job.run.run_id for job in jobs]
    if len({*names}) < len(names):
        raise RunError("--run", wanted="runs with different names", got=", ".join(names))
    return first


def _unaided(study: Study, job: Job, source: str, asked: Sequence[Asked]) -> list[Episode]:
    """Return what the facts say by themselves; for whoever wants to read it, also as a log."""
    episodes: list[Episode] = []
    for item in asked:
        text = choice(item, job.graph)
        answer = Completion(text, tokens=len(text.split()), cut=False)
        scored = job.scorer.score(item.task, text)
        episode = build_episode(item.task, answer, scored, "none", 0)
        episodes.append(episode.model_copy(update={"probe": source}))
    write_jsonl(_log(study, "no-model", source), episodes)
    return episodes


def _answers(
    study: Study, job: Job, answerer: str, phase: str, asked: dict[str, list[Asked]]
) -> dict[str, list[Episode]]:
    """Return what the model of ``phase`` answers, asking what is not in the logs yet."""
    load = cache(partial(job.load, phase))
    found: dict[str, list[Episode]] = {}
    for source, items in asked.items():
        tasks = [item.task for item in items]
        log = _log(study, f"{job.run.run_id}-{phase}", source)
        batch = study.config.evaluation.batch_size
        done = _done(log, tasks, batch)
        if done < len(tasks):
            title = f"{job.run.run_id} {phase} {source}"
            with study.watch.bar(title, len(tasks)) as advance:
                advance(done, "")
                for begin in range(done, len(tasks), batch):
                    episodes = ask(
                        load(),
                        [(source, task) for task in tasks[begin : begin + batch]],
                        job.scorer,
                        phase,
                        _steps(job, phase),
                        study.config.evaluation,
                        job.config.seed,
                        lambda count: advance(count, ""),
                    )
                    append_jsonl(log, episodes)
        found[f"{answerer}/{source}"] = read_jsonl(log, Episode, RunError)
    return found


def _steps(job: Job, phase: str) -> int:
    """Return the optimiser steps that lie behind a phase, as its episodes have them."""
    steps = {"base": 0, "sft": job.config.sft.steps}
    return steps.get(phase, job.config.sft.steps + job.config.rsft.steps)


def _log(study: Study, answerer: str, source: str) -> Path:
    return study.out / "answers" / f"{answerer}-{source}.jsonl"


def _done(log: Path, tasks: Sequence[Task], batch: int) -> int:
    """Return how many of ``tasks`` are answered in ``log``, in whole batches.

    Raises RunError for a log of other prompts: what it holds was asked under other settings.
    """
    if not repair_jsonl(log):
        return 0
    known = [episode.prompt for episode in read_jsonl(log, Episode, RunError)]
    if known != [task.prompt for task in tasks[: len(known)]]:
        raise RunError(
            str(log),
            wanted="answers to the prompts of this study",
            got="answers to others",
            remedy="go on with the settings and runs that it began with, or name another --out",
        )
    done = len(known) if len(known) == len(tasks) else len(known) // batch * batch
    keep_lines(log, done)
    return done
