"""A blueprint run with the fake engine, for the tests of Blueprints."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphtutor.backends.fake import FakeBackend
from graphtutor.blueprint.example import write_examples
from graphtutor.blueprint.expand import expand
from graphtutor.blueprint.load import load_domain, load_framework
from graphtutor.blueprint.split import split_by_topic
from graphtutor.config import load_config
from graphtutor.job.blueprint import open_blueprint_job, run_blueprint
from graphtutor.job.watch import Silence

__all__ = ["make_blueprint_run"]

SETTINGS = (
    "model.name=any",
    "model.backend=fake",
    "sft.steps=2",
    "sft.batch_size=64",
    "evaluation.max_new_tokens=2500",
)


def make_blueprint_run(folder: Path) -> Path:
    """Train the fake on physics; return the root, with the run "one" in it."""
    domain = load_domain("physics")
    split = split_by_topic(expand(domain, load_framework(domain.framework), 0).examples, 0.2, 0)
    data, root = folder / "data", folder / "runs"
    data.mkdir()
    for name, examples in (("train", split.train), ("valid", split.valid)):
        write_examples(data / f"{name}.jsonl", examples)
    config = load_config(overrides=[*SETTINGS])
    with pytest.MonkeyPatch.context() as patch:
        for module in ("write", "blueprint_page"):
            patch.setattr(f"graphtutor.report.{module}.plots_available", lambda: False)
        run_blueprint(
            open_blueprint_job(root, "one", data, config, FakeBackend(), Silence(), resume=False)
        )
    return root
