"""The retrieval study: closed book, retrieval, training, and both, on the same questions.

The base model and the trained one answer the same tasks without facts, with facts that retrieval
finds, and with the gold facts; beside them stands what the facts say without any model. Nothing is
trained, and nothing is fitted to the tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Final

from graphtutor.backends.base import TextModel
from graphtutor.completion.completion import Completion
from graphtutor.errors import RunError
from graphtutor.evaluation.episode import build_episode
from graphtutor.evaluation.intervals import cluster_bootstrap, wilson
from graphtutor.evaluation.probes import ask
from graphtutor.io.jsonl import append_jsonl, read_jsonl, repair_jsonl, write_jsonl
from graphtutor.job.job import Job
from graphtutor.report.figures import FIGURE_NAMES
from graphtutor.report.study_retrieval import write_retrieval
from graphtutor.runs.cell import Cell, Interval
from graphtutor.runs.episodes import Episode
from graphtutor.runs.logs import keep_lines
from graphtutor.runs.studies import RetrievalCell, RetrievalStudy, SourceFigures
from graphtutor.studies.contrasts import contrast
from graphtutor.studies.retrieved import SOURCES, STATEMENTS, asked_with, choice, facts_found
from graphtutor.studies.study import Study
from graphtutor.tasks.task import Task

__all__ = ["QUESTIONS", "run_retrieval"]

Arms = Mapping[str, list[Episode]]
"""The answers of one run by answerer and source: "trained/words"."""

QUESTIONS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "Do retrieved facts help the base model?": (
        ("base/words", "base/closed"),
        ("base/graph", "base/closed"),
    ),
    "Do retrieved facts help the trained model?": (
        ("trained/words", "trained/closed"),
        ("trained/graph", "trained/closed"),
    ),
    "Would they, if exactly the right ones were found?": (
        ("base/gold", "base/closed"),
        ("trained/gold", "trained/closed"),
    ),
    "Does training help where the facts are given?": (
        ("trained/words", "base/words"),
        ("trained/graph", "base/graph"),
        ("trained/gold", "base/gold"),
    ),
    "Does the trained model answer better than the retrieved facts by themselves?": (
        ("trained/closed", "none/graph"),
        ("trained/words", "none/words"),
        ("trained/graph", "none/graph"),
    ),
}
"""What the study asks, and which cell against which answers it."""


def run_retrieval(study: Study) -> Path:
    """Ask every cell of every run and write the report; return its path."""
    jobs = study.jobs(("sft", "rsft"))
    trained = [_trained(job) for job in jobs]
    tasks = _tasks(study, jobs)
    graph = jobs[0].graph
    facts = facts_found(graph, tasks)
    asked = {
        source: [asked_with(task, found, graph) for task, found in zip(tasks, each, strict=True)]
        for source, each in facts.items()
    }
    without: dict[str, list[Episode]] = {}
    for source in SOURCES[1:]:
        texts = [choice(t, found, graph) for t, found in zip(tasks, facts[source], strict=True)]
        without[f"none/{source}"] = _chosen(study, jobs[0], source, tasks, texts)
    runs: list[Arms] = []
    for job, phase in zip(jobs, trained, strict=True):
        arms = dict(without)
        for answerer, model in (("base", "base"), ("trained", phase)):
            load = cache(partial(job.load, model))
            for source in SOURCES:
                found = _answers(study, job, load, model, source, asked[source])
                arms[f"{answerer}/{source}"] = found
        runs.append(arms)
    base = jobs[0].load("base")
    record = RetrievalStudy(
        study="retrieval",
        seeds=study.seeds,
        runs=tuple(job.run.run_id for job in jobs),
        tasks=len(tasks),
        k=STATEMENTS,
        trained=tuple(trained),
        sources=tuple(_source(s, tasks, facts[s], asked[s], base) for s in SOURCES),
        cells=tuple(_cell(arm, runs) for arm in runs[0]),
        contrasts=tuple(
            contrast(runs, question, arm, against, figure)
            for question, pairs in QUESTIONS.items()
            for arm, against in pairs
            for figure in FIGURE_NAMES
        ),
    )
    return study.write(record, write_retrieval)
