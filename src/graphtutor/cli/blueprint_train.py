"""``graphtutor blueprint train``: a model learns to answer in the structure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphtutor.cli.blueprint_run import BlueprintRoot, open_run, show_structure
from graphtutor.cli.options import ConfigFile, Overrides, Preset

__all__ = ["run"]


def run(
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="Folder with train.jsonl and valid.jsonl."),
    ],
    run_id: Annotated[str, typer.Option(help="Name of the run: a folder under --root.")] = "demo",
    root: BlueprintRoot = Path("data/blueprints"),
    config: ConfigFile = None,
    preset: Preset = None,
    set_: Overrides = None,
    curriculum: Annotated[
        bool,
        typer.Option("--curriculum", help="Evolution after evolution instead of shuffled."),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped.")
    ] = False,
) -> None:
    """Score the base model on held-out topics, train it, and score it again.

    \b
    graphtutor blueprint expand devops physics --out data/devops-physics
    graphtutor blueprint train data/devops-physics --run-id first
    graphtutor blueprint train mine --preset mistral-7b --set model.precision=4bit

    DATA is what 'expand' wrote, or rows of messages, prompt/response, instruction/output or
    question/answer. Loss falls on the answers alone. Only expanded rows say what is to be scored;
    on others the model is trained and nothing is scored.
    """  # noqa: D301 - the backspace tells click to keep the lines of the examples
    from graphtutor.job.blueprint import run_blueprint

    overrides = [*(set_ or []), *(["blueprint.curriculum=true"] if curriculum else [])]
    job = open_run(root, run_id, data, config, preset, overrides, resume=resume)
    show_structure(job, run_blueprint(job))
