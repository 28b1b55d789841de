"""``graphtutor report``: render run directories as Markdown, HTML and plots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphtutor.errors import RunError

__all__ = ["run"]


def run(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN", help="Run ids or paths; several are compared.")
    ],
    root: Annotated[Path, typer.Option(help="Folder of the run directories.")] = Path("data/runs"),
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write to. Default: the run; several: beside --root."),
    ] = None,
) -> None:
    """Render run directories: report.md, report.html and plots/ from what the runs hold.

    One run gets its report; several are also compared, with mean and spread over the runs.
    """
    from rich.console import Console

    from graphtutor.report.terminal import headline_table
    from graphtutor.report.write import write_comparison, write_report
    from graphtutor.runs.directory import RunDirectory
    from graphtutor.runs.metrics import RunMetrics
    from graphtutor.runs.record_file import read_record

    if len(set(runs)) != len(runs):
        raise RunError("report", wanted="different runs", got="one named twice")
    found = [RunDirectory.find(root, name) for name in runs]
    # All are read before anything is written, so that a bad run leaves no half of a report.
    metrics = [read_record(directory.metrics, RunMetrics) for directory in found]
    single = len(found) == 1
    paths = [write_report(directory, out if single else None) for directory in found]
    if not single:
        paths.append(write_comparison(found, out or root.parent / "comparison"))
    console = Console()
    for each in metrics:
        console.print(headline_table(each))
    for path in paths:
        console.print(str(path), soft_wrap=True, markup=False, highlight=False)
