"""``graphtutor run``: the whole job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphtutor.cli.options import (
    ConfigFile,
    DryRun,
    Overrides,
    Preset,
    Root,
    RunId,
    finish_with,
    job_for,
)

__all__ = ["run"]


def run(
    run_id: RunId = "run_0001",
    root: Root = Path("data/runs"),
    config: ConfigFile = None,
    preset: Preset = None,
    set_: Overrides = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped or killed.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Run the whole job: task files, base, SFT, RSFT, evaluation, report.

    Everything goes into ROOT/RUN_ID and is never overwritten. Ctrl-C or a kill loses at most the
    unit of work in flight; --resume goes on. Settings come from the preset, then --config, then
    --set; see 'graphtutor run --dry-run' for all of them with their values.
    """
    from graphtutor.cli.preview import preview
    from graphtutor.job.main_job import run_job

    if dry_run:
        preview(config, preset, set_)
        return
    job = job_for(root, run_id, config, preset, set_, resume)
    finish_with(job, run_job(job))
