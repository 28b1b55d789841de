"""``graphtutor harness``: the same tasks for other people's evaluation and training programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["run"]


def run(
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", help="lm-eval, inspect, reasoning-gym, verifiers or trl."),
    ],
    source: Annotated[
        Path,
        typer.Argument(metavar="SOURCE", help="A run, a folder of task files, or a .jsonl file."),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.")],
    split: Annotated[
        str | None,
        typer.Option(help="Task file to export. Default: eval; train_long for what trains."),
    ] = None,
    graph: Annotated[
        str | None,
        typer.Option(help="Bundled name or path of the graph. Default: what the source says."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the tasks there. Default: after graph and split.")
    ] = None,
    root: Annotated[Path, typer.Option(help="Folder of the run directories.")] = Path("data/runs"),
) -> None:
    """Export tasks, definitions and reward as a folder that another program can use.

    Nothing but graphtutor is needed to write it; its README.md has the commands to run it.
    """
    from graphtutor.harness.export import checked_kind, default_split, write_export
    from graphtutor.harness.source import read_source

    program = checked_kind(kind)
    read = read_source(source, split or default_split(program), graph, root)
    manifest = write_export(program, read, out, name)
    grounded = "with" if manifest.graph else "without"
    typer.echo(
        f"{manifest.tasks} tasks of {manifest.split} for {program}, {grounded} a graph: "
        f"{out / 'README.md'}"
    )
