"""``graphtutor blueprint eval``: score a trained model's answers again, or on other data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphtutor.cli.blueprint_run import BlueprintRoot, open_run, show_structure

__all__ = ["run"]


def run(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run that has been trained.")],
    root: BlueprintRoot = Path("data/blueprints"),
    data: Annotated[
        Path | None,
        typer.Option(metavar="DATA", help="Score on DATA/valid.jsonl instead of the run's own."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the scores on other data go; with --data."),
    ] = None,
) -> None:
    """Score base and trained model on held-out topics and show the table.

    The run's own held-out topics are scored once; what has been scored is only shown. With --data
    both models answer the held-out side of another data set, for instance of another domain.
    """
    from graphtutor.job.blueprint import score_again, score_elsewhere

    job = open_run(root, run_id, None, None, None, [], resume=True)
    if data is None:
        show_structure(job, score_again(job))
    else:
        target = out or job.run.path / "elsewhere" / data.resolve().name
        show_structure(job, score_elsewhere(job, data, target))
