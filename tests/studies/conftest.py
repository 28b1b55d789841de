"""A study on a made-up graph with the fake engine: all of it in a second or two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.fake import FakeBackend
from graphtutor.config import load_config
from graphtutor.job.watch import Silence
from graphtutor.studies.study import Study

SETTINGS = (
    "model.backend=fake",
    "model.name=fake",
    "tasks.train_one_hop=1",
    "tasks.train_two_hop=10",
    "tasks.train_three_hop=10",
    "tasks.train_long=6",
    "tasks.dev=2",
    "tasks.eval=4",
    "tasks.search=0",
    "sft.steps=3",
    "sft.batch_size=64",
    "rsft.steps=2",
    "rsft.batch_size=16",
    "rsft.k_samples=2",
    # The fake knows the prompts that it was trained on: on these it finds winners.
    "rsft.source=mixed",
    "rsft.max_tasks=12",
    "evaluation.max_new_tokens=600",
    "evaluation.curve_points=0",
    "evaluation.probes=[rotation]",
    "evaluation.samples=4",
    "evaluation.probe_tasks=5",
)

MakeStudy = Callable[..., Study]


@pytest.fixture
def make_study(graph_file: Path, tmp_path: Path) -> MakeStudy:
    """Make a study in a folder of its own; what is named changes its fields."""

    def make(*more: str, **changes: Any) -> Study:
        config = load_config(overrides=[f"graph={graph_file}", *SETTINGS, *more])
        fields: dict[str, Any] = {"seeds": (0, 1), "out": tmp_path / "study", **changes}
        return Study(config=config, backend=FakeBackend(), watch=Silence(), **fields)

    return make
