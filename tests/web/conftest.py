"""A small run with the fake engine, made once; a copy of it for a test; the app over a folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.base import TextModel
from graphtutor.backends.fake import FakeBackend
from graphtutor.config import ModelConfig, load_config
from graphtutor.job.job import open_job
from graphtutor.job.main_job import run_job
from graphtutor.job.watch import Silence
from graphtutor.runs.directory import RunDirectory
from graphtutor.web.inference import InferenceWorker
from graphtutor.web.store import RunStore

from .asking import Browser

SETTINGS = (
    "model.backend=fake",
    "phases=[base, sft, rsft]",
    "tasks.train_one_hop=1",
    "tasks.train_two_hop=10",
    "tasks.train_three_hop=10",
    "tasks.train_long=4",
    "tasks.dev=2",
    "tasks.eval=4",
    "tasks.search=4",
    "sft.steps=3",
    "sft.batch_size=64",
    "rsft.steps=2",
    "rsft.batch_size=16",
    "rsft.k_samples=3",
    "rsft.max_tasks=12",
    "rsft.source=mixed",
    "evaluation.max_new_tokens=600",
    "evaluation.curve_tasks=4",
    "evaluation.curve_points=2",
    "evaluation.probes=[rotation, wording, retrieval]",
)


@pytest.fixture(scope="session")
def finished(graph_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one finished run called "small"; nobody may change it."""
    root = tmp_path_factory.mktemp("web")
    config = load_config(overrides=[f"graph={graph_file}", *SETTINGS])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graphtutor.report.write.plots_available", lambda: False)
        run_job(open_job(root, "small", config, FakeBackend(), Silence(), resume=False))
    return root


@pytest.fixture
def runs(finished: Path, tmp_path: Path) -> Path:
    """A copy of ``finished`` for one test."""
    return Path(shutil.copytree(finished, tmp_path / "runs"))


def load_fake(run: RunDirectory, phase: str) -> TextModel:
    """Load a phase of a run with the fake engine."""
    return FakeBackend().load(ModelConfig(), None if phase == "base" else run.model(phase))


@pytest.fixture
def browse() -> Callable[..., Browser]:
    """Open the app over a folder of runs."""
    pytest.importorskip("fastapi")
    from graphtutor.web.app import create_app

    def opened(root: Path, load: Any = load_fake, **options: Any) -> Browser:
        return Browser(create_app(root, load, **options))

    return opened


@pytest.fixture
def ask() -> Callable[..., Any]:
    """Return the API over a folder of runs, without HTTP."""
    from graphtutor.web.api import Api

    return lambda root, load=load_fake: Api(RunStore(root), InferenceWorker(load))
