"""The end of a job: metrics.json from the logs, then the report."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from graphtutor.evaluation.composition import composition_gap
from graphtutor.evaluation.evaluate import evaluate
from graphtutor.evaluation.metrics import fact_recall, paired_tests, rates, summarise
from graphtutor.evaluation.oracle import GraphOracle
from graphtutor.evaluation.probe_metrics import rotation_metrics, sample_metrics, variant_metrics
from graphtutor.evaluation.sampling import summarise_sampling
from graphtutor.evaluation.seen import by_longest_seen, longest_seen
from graphtutor.job.audit import audit_data
from graphtutor.job.job import Job
from graphtutor.report.write import write_report
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.episodes import Episode, episodes_by_phase, iter_candidates, read_curve
from graphtutor.runs.metrics import Cell, PhaseMetrics, RunMetrics, curves_from
from graphtutor.runs.record_file import write_record

__all__ = ["finish", "write_metrics"]

_DRAFT: Final = re.compile(r"\..+\.(yaml|jsonl?|md|html)\.[a-z0-9_]{8}")
"""What an atomic write calls its file before it is whole; no editor's backup has such a name."""


def finish(job: Job) -> Path:
    """Write audit, metrics.json and report, drop leftovers; return the path of report.md."""
    audit_data(job, tell=False)
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
    phases = episodes_by_phase(run.episodes)
    facts, probes = episodes_by_phase(run.facts_log), episodes_by_phase(run.probes_log)
    training = (task for split in ("train", "train_long") for task in job.tasks(split))
    seen = longest_seen(job.tasks("eval"), training) if phases else {}
    figures: dict[str, PhaseMetrics] = {}
    for phase, episodes in phases.items():
        known = facts.get(phase, [])
        further: dict[str, object] = {
            "fact_recall": fact_recall(known) if known else None,
            "by_seen": by_longest_seen(episodes, seen),
            "composition": composition_gap(episodes, known),
            "paired": paired_tests(phases, phase),
            **_probe_figures(job, episodes, probes.get(phase, [])),
        }
        figures[phase] = summarise(episodes).model_copy(update=further)
    candidates = iter_candidates(run.candidates) if run.candidates.exists() else ()
    metrics = RunMetrics(
        run_id=run.run_id,
        splits={"eval": figures},
        references={"graph oracle": _oracle(job)} if figures else {},
        curves=curves_from(read_curve(run.curve)),
        sampling=summarise_sampling(candidates),
    )
    write_record(run.metrics, metrics)
    return metrics


def _probe_figures(
    job: Job, plain: Sequence[Episode], probes: Sequence[Episode]
) -> dict[str, object]:
    asked: dict[str, list[Episode]] = {}
    wordings: dict[str, list[Episode]] = {}
    for episode in probes:
        probe, _, variant = (episode.probe or "").partition("/")
        asked.setdefault(probe, []).append(episode)
        if probe == "wording":
            wordings.setdefault(variant, []).append(episode)
    rotation = rotation_metrics(plain, asked.get("rotation", []))
    samples = sample_metrics(asked.get("samples", []))
    if samples is not None:
        update = {"temperature": job.config.evaluation.temperature}
        samples = samples.model_copy(update=update)
    return {
        "rotation": rotation,
        "rotation_consistency": rotation.consistency if rotation else None,
        "wording": {name: variant_metrics(plain, found) for name, found in wordings.items()},
        "retrieval": variant_metrics(plain, asked.get("retrieval", [])),
        "samples": samples,
    }


def _oracle(job: Job) -> Cell:
    """Answer eval.jsonl with the graph at hand: the ceiling, scored as every phase is."""
    tasks, config = job.tasks("eval"), job.config.evaluation
    oracle = GraphOracle(job.graph, tasks)
    return rates(evaluate(oracle, tasks, job.scorer, "graph oracle", 0, config))
