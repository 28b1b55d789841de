"""``graphtutor web``: the web app as a static site."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from graphtutor.cli.options import Root

__all__ = ["run"]


class Action(StrEnum):
    """What to do."""

    export = "export"


def run(
    action: Annotated[Action, typer.Argument(help="What to do: export.")],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="A new folder, or that of an earlier export.")
    ],
    runs: Annotated[
        list[str] | None,
        typer.Option("--run", metavar="RUN", help="This run; repeatable. Default: all."),
    ] = None,
    root: Root = Path("data/runs"),
    single_file: Annotated[
        bool, typer.Option("--single-file", help="One HTML file, for up to 1,000 episodes.")
    ] = False,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Only so many tasks of each run, spread over them.")
    ] = None,
) -> None:
    """Write the web app with its data as a static site.

    It opens from a file and under any path of a static host, and asks no server for anything. Live
    answers of a model are left out.
    """
    from graphtutor.errors import RunError
    from graphtutor.web.export import ExportPlan, write_site
    from graphtutor.web.store import RunStore

    del action
    store = RunStore(root)
    found = [store.get(name) for name in runs] if runs else store.list()[0]
    if not found:
        raise RunError(
            str(root), wanted="runs to export", got="none", remedy="make one with 'graphtutor run'"
        )
    plan = ExportPlan(found, sample, single_file)
    typer.echo(str(write_site(out, plan, say=typer.echo)))
