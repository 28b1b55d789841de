"""The options that the commands over a run share, and how they become a job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from graphtutor.job.job import Job

__all__ = [
    "ConfigFile",
    "DryRun",
    "Overrides",
    "Preset",
    "Root",
    "RunId",
    "finish_with",
    "job_for",
]

RunId = Annotated[str, typer.Option(help="Name of the run: a folder under --root.")]
Root = Annotated[Path, typer.Option(help="Folder of the run directories.")]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", help="YAML file of settings, over the preset.")
]
Preset = Annotated[
    str | None, typer.Option(help="Settings that belong together, for instance nano.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="One setting: --set sft.steps=200."),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Show settings, one example with its mask, lengths, estimates; then stop."
    ),
]


def job_for(
    root: Path,
    run_id: str,
    config: Path | None,
    preset: str | None,
    overrides: list[str] | None,
    resume: bool | None,
) -> Job:
    """Open the job that the options describe.

    ``resume`` None goes on with the run if it is there and begins it if not. A run that is gone on
    with keeps its own configuration where the options name none.
    """
    from graphtutor.backends.registry import get_backend
    from graphtutor.cli.progress import RichWatch
    from graphtutor.config import load_config
    from graphtutor.job.job import open_job
    from graphtutor.runs.directory import RunDirectory, checked_run_id

    there = (root / checked_run_id(run_id) / "config.yaml").is_file()
    resume = there if resume is None else resume
    if resume and there and not (config or preset or overrides):
        settings = RunDirectory(root / run_id).read_config()
    else:
        settings = load_config(config, preset, overrides or ())
    backend = get_backend(settings.model.backend)
    return open_job(root, run_id, settings, backend, RichWatch(), resume=resume)


def finish_with(job: Job, report: Path) -> None:
    """Show the headline table and where the evidence lies."""
    from graphtutor.report.terminal import headline_table
    from graphtutor.runs.metrics import RunMetrics
    from graphtutor.runs.record_file import read_record

    job.watch.say("")
    job.watch.show(headline_table(read_record(job.run.metrics, RunMetrics)))
    job.watch.say(f"report {report}")
