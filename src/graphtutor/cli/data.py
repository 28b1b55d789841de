"""``graphtutor data``: the task files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphtutor.cli.options import ConfigFile, Overrides, Preset, Root, RunId

__all__ = ["run"]


def run(
    run_id: RunId = "run_0001",
    root: Root = Path("data/runs"),
    config: ConfigFile = None,
    preset: Preset = None,
    set_: Overrides = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the files into this new folder instead of a run.")
    ] = None,
) -> None:
    """Make the task files from the graph: train, train_long, dev, eval and eval_search.

    Every task is checked against the graph before anything is written. The files go into the run's
    tasks/ folder, or into --out.
    """
    from graphtutor.cli.options import job_for
    from graphtutor.job.data import make_data

    if out is None:
        job = job_for(root, run_id, config, preset, set_, None)
        make_data(job)
        job.watch.say(f"tasks  {job.run.tasks}")
        return
    from graphtutor.cli.progress import RichWatch
    from graphtutor.config import load_config
    from graphtutor.errors import RunError
    from graphtutor.job.data import write_tasks

    taken = sorted(path.name for path in out.glob("*.jsonl"))
    if taken:
        raise RunError(
            str(out),
            wanted="a new folder",
            got=f"one with {', '.join(taken)}",
            remedy="nothing is overwritten: give another --out, or delete the files",
        )
    write_tasks(out, load_config(config, preset, set_ or ()), RichWatch())
