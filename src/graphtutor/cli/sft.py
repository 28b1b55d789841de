"""``graphtutor sft``: one phase of a run."""

from __future__ import annotations

from pathlib import Path

from graphtutor.cli.options import (
    ConfigFile,
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
) -> None:
    """Fine-tune on the reference traces of train.jsonl, then evaluate.

    Begins the run if it is not there, and goes on with it if it is.
    """
    from graphtutor.job.main_job import run_phase

    job = job_for(root, run_id, config, preset, set_, None)
    finish_with(job, run_phase(job, "sft"))
