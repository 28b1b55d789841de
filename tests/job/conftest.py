"""A small made-up graph, a run on it with the fake engine, and a trap that kills at any write."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.fake import FakeBackend
from graphtutor.config import RunConfig, TasksConfig, load_config
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.job.data import make_data
from graphtutor.job.job import Job, open_job
from graphtutor.job.main_job import run_job
from graphtutor.job.watch import Silence
from graphtutor.runs.directory import RunDirectory
from graphtutor.tasks.generate import generate_splits
from graphtutor.tasks.task import Task

RUN = "run_0001"

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
    "rsft.rounds=2",
    "rsft.k_samples=2",
    "rsft.max_tasks=12",
    # The fake knows the prompts that it was trained on: on these it finds winners.
    "rsft.source=mixed",
    # Its tokens are bytes.
    "evaluation.max_new_tokens=600",
    "evaluation.curve_tasks=4",
    "evaluation.curve_points=2",
)


@pytest.fixture(autouse=True)
def _without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plots have tests of their own and take longer than all the rest of a small run."""
    monkeypatch.setattr("graphtutor.report.write.plots_available", lambda: False)
    monkeypatch.setattr("graphtutor.job.rsft._CHUNK", 4)


_made: dict[str, dict[str, list[Task]]] = {}


@pytest.fixture(autouse=True)
def _same_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generate the tasks of the same settings once; they are a function of graph and settings."""

    def remembered(graph: KnowledgeGraph, config: TasksConfig, on_progress: Any = None) -> Any:
        key = graph.digest + config.model_dump_json()
        if key not in _made:
            _made[key] = generate_splits(graph, config, on_progress)
        return _made[key]

    monkeypatch.setattr("graphtutor.job.data.generate_splits", remembered)


Configure = Callable[..., RunConfig]
Open = Callable[..., Job]


@pytest.fixture(scope="session")
def configure(graph_file: Path) -> Configure:
    """Resolve the small configuration, with further settings over it."""
    return lambda *more: load_config(overrides=[f"graph={graph_file}", *SETTINGS, *more])


@pytest.fixture(scope="session")
def begun(configure: Configure, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a run whose task files are made and nothing else."""
    root = tmp_path_factory.mktemp("begun")
    make_data(open_job(root, RUN, configure(), FakeBackend(), Silence(), resume=False))
    return root


@pytest.fixture
def root(begun: Path, tmp_path: Path) -> Path:
    """A copy of ``begun`` for one test."""
    return Path(shutil.copytree(begun, tmp_path / "runs"))


@pytest.fixture
def resume(configure: Configure) -> Open:
    """Go on with the run in a root, by default under the configuration that it has."""

    def go_on(root: Path, config: RunConfig | None = None, watch: Any = None) -> Job:
        config = config or configure()
        return open_job(root, RUN, config, FakeBackend(), watch or Silence(), resume=True)

    return go_on


@pytest.fixture
def contents() -> Callable[[Path], dict[str, str]]:
    """Return every file of a run by name, without times and memory."""

    def read(run: Path) -> dict[str, str]:
        files = {str(p.relative_to(run)): p for p in sorted(run.rglob("*")) if p.is_file()}
        return {name: _timeless(path) for name, path in files.items()}

    return read


def _timeless(path: Path) -> str:
    text = path.read_text("utf-8")
    if path.name == "meta.json":
        return json.dumps(_without_times(json.loads(text)), sort_keys=True)
    if path.suffix == ".jsonl":
        lines = [json.dumps(_without_times(json.loads(line))) for line in text.splitlines()]
        return "\n".join(lines)
    return text


def _without_times(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    times = {"seconds", "created_at", "peak_memory_bytes"}
    return {key: _without_times(item) for key, item in value.items() if key not in times}


class Killed(BaseException):
    """Stands for Ctrl-C at any place: nothing may catch it."""


@dataclass
class Trap:
    """Counts what a run writes and kills it at the write number ``at`` (0-based).

    ``how`` is "before" the write, "torn" (half of a log's text is there) or "after".
    """

    at: int = -1
    how: str = "before"
    count: int = 0
    kill: Callable[[], None] | None = None

    def set(self, at: int, how: str, kill: Callable[[], None] | None = None) -> None:
        self.at, self.how, self.count, self.kill = at, how, 0, kill

    def spring(self) -> None:
        if self.kill:
            self.kill()
        raise Killed

    def around(self, write: Callable[..., Any], *, log: bool = False) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            here = self.count == self.at
            self.count += 1
            if here and self.how == "torn" and log:
                path, records = args
                text = "".join(r.model_dump_json(exclude_none=True) + "\n" for r in records)
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("a", encoding="utf-8") as stream:
                    stream.write(text[: len(text) // 2])
                self.spring()
            if here and self.how != "after":
                self.spring()
            result = write(*args, **kwargs)
            if here:
                self.spring()
            return result

        return wrapped


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch) -> Trap:
    """A trap at every place where a run writes anything after its task files."""
    from graphtutor.job import finish, job, phases, rsft
    from graphtutor.runs import directory

    trap = Trap()
    for module in (phases, rsft, directory):
        wrapped = trap.around(module.append_jsonl, log=True)
        monkeypatch.setattr(module, "append_jsonl", wrapped)
    for module in (job, finish):
        monkeypatch.setattr(module, "write_record", trap.around(module.write_record))
    monkeypatch.setattr(finish, "write_report", trap.around(finish.write_report))

    plain = RunDirectory.save

    def save(run: RunDirectory, phase: str, write: Callable[[Path], object]) -> None:
        # Counted twice: once inside, when the model stands in its draft, and once around.
        trap.around(plain)(run, phase, trap.around(write))

    monkeypatch.setattr(RunDirectory, "save", save)
    return trap


@pytest.fixture(scope="session")
def whole(
    begun: Path, configure: Configure, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The finished run that was never interrupted."""
    root = Path(shutil.copytree(begun, tmp_path_factory.mktemp("whole") / "runs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graphtutor.report.write.plots_available", lambda: False)
        patch.setattr("graphtutor.job.rsft._CHUNK", 4)
        run_job(open_job(root, RUN, configure(), FakeBackend(), Silence(), resume=True))
    return root / RUN
