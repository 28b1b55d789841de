"""``graphtutor eval``: evaluate what has been trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphtutor.cli.options import Root, RunId

__all__ = ["run"]


def run(
    run_id: RunId = "run_0001",
    root: Root = Path("data/runs"),
    phase: Annotated[
        list[str] | None, typer.Option(help="Phase to evaluate; default: every trained one.")
    ] = None,
) -> None:
    """Answer eval.jsonl with the models of a run, without the graph, and write its figures.

    Phases that are evaluated already are not asked again; metrics.json and the report are made
    anew.
    """
    from graphtutor.cli.options import finish_with, job_for
    from graphtutor.job.main_job import evaluate_trained
    from graphtutor.runs.directory import RunDirectory

    RunDirectory.find(root, run_id)
    job = job_for(root, run_id, None, None, None, True)
    finish_with(job, evaluate_trained(job, phase or []))
