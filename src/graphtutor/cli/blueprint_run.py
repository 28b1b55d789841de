"""What the commands over a blueprint run have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from graphtutor.job.blueprint import BlueprintJob

__all__ = ["BlueprintRoot", "open_run", "show_structure"]

BlueprintRoot = Annotated[Path, typer.Option("--root", help="Folder of the blueprint runs.")]
_EMBEDDED = "blueprint-nano"


def open_run(
    root: Path,
    run_id: str,
    data: Path | None,
    config: Path | None,
    preset: str | None,
    overrides: list[str],
    *,
    resume: bool,
) -> BlueprintJob:
    """Open the run that the options describe; one that goes on keeps its own configuration.

    Without settings the embedded model is trained.
    """
    from graphtutor.backends.registry import get_backend
    from graphtutor.cli.progress import RichWatch
    from graphtutor.config import load_config
    from graphtutor.job.blueprint import open_blueprint_job
    from graphtutor.runs.directory import RunDirectory, checked_run_id

    there = (root / checked_run_id(run_id) / "config.yaml").is_file()
    if resume and there and not (config or preset or overrides):
        settings = RunDirectory(root / run_id).read_config()
    else:
        named = any(one.startswith("model.name=") for one in overrides)
        chosen = preset or (None if config or named else _EMBEDDED)
        settings = load_config(config, chosen, overrides)
    backend = get_backend(settings.model.backend)
    return open_blueprint_job(root, run_id, data, settings, backend, RichWatch(), resume=resume)


def show_structure(job: BlueprintJob, report: Path) -> None:
    """Show what share of the answers is well-formed, and where the evidence lies."""
    from rich.table import Table

    from graphtutor.runs.blueprint import BlueprintMetrics
    from graphtutor.runs.record_file import read_record

    metrics = read_record(report.parent / "metrics.json", BlueprintMetrics)
    table = Table(title=f"{metrics.run_id}: held-out topics", title_justify="left")
    for column in ("phase", "n", "topics", "well-formed", "95 % interval", "closed, exact match"):
        table.add_column(column, justify="left" if column == "phase" else "right")
    for name, phase in metrics.phases.items():
        rate = phase.well_formed
        closed = ", ".join(f"{kind} {rate.share:.0%}" for kind, rate in phase.closed.items())
        if rate is None:
            table.add_row(name, "-", "-", "-", "-", closed or "-")
        else:
            low, high = rate.interval
            ends = f"{low:.1%} to {high:.1%}"
            table.add_row(
                name, str(rate.n), str(rate.topics), f"{rate.share:.1%}", ends, closed or "-"
            )
    job.watch.say("")
    job.watch.show(table)
    job.watch.say(f"report {report}")
