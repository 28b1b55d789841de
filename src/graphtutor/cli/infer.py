"""``graphtutor infer``: one phase of a run."""

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
    """Answer the evaluation tasks with the model before any training.

    The episodes go into the run's episodes.jsonl, the figures into metrics.json. Makes the task
    files first if the run has none.
    """
    from graphtutor.job.main_job import run_phase

    job = job_for(root, run_id, config, preset, set_, None)
    finish_with(job, run_phase(job, "base"))
