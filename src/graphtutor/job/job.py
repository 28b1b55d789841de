"""A job: one run directory with its configuration, graph, engine and the one who watches.

Every unit of work ends with a mark in the run's journal. Going on after a kill drops what the unit
in flight has written and does that unit again (a training from its last checkpoint), so that a
resumed run ends with the files of an uninterrupted one.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from graphtutor.backends.base import Backend, TextModel
from graphtutor.config import ADAPTER_SHAPE, RunConfig
from graphtutor.errors import ConfigError, RunError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import load_graph
from graphtutor.io.digest import digest_bytes, digest_file
from graphtutor.io.jsonl import read_jsonl
from graphtutor.job.watch import Watch
from graphtutor.reward.profiles import Scorer
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.machine import measured
from graphtutor.runs.meta import GraphMeta, RunMeta, build_meta
from graphtutor.runs.record_file import read_record, write_record
from graphtutor.tasks.task import Task

__all__ = ["Job", "open_job"]

_TRAINED_FROM_SFT: Final = {"sft_more", "rsft", "rsft_short", "rsft_answer", "rsft_placebo"}


@dataclass(frozen=True)
class Job:
    """Everything that the phases share."""

    run: RunDirectory
    config: RunConfig
    backend: Backend
    watch: Watch

    @cached_property
    def graph(self) -> KnowledgeGraph:
        """The graph that tutors."""
        return load_graph(self.config.graph)

    @cached_property
    def scorer(self) -> Scorer:
        """The compiled reward; built once, it holds the vocabulary."""
        return Scorer(self.graph, self.config.reward)

    def task_file(self, split: str) -> Path:
        """Return the path of a task file of this run."""
        return self.run.tasks / f"{split}.jsonl"

    def tasks(self, split: str) -> list[Task]:
        """Read a task file of this run."""
        return read_jsonl(self.task_file(split), Task)

    def load(self, phase: str) -> TextModel:
        """Load the model that ``phase`` ended with; ``base`` is the model before any training."""
        adapter = None if phase == "base" else self.run.model(phase)
        if adapter is not None and not adapter.is_dir():
            raise RunError(
                str(adapter),
                wanted=f"the model of phase {phase}",
                got="none",
                remedy=f"run phase {phase.split('-')[0]} first",
            )
        return self.backend.load(self.config.model, adapter)

    def todo(self, unit: str, keep: Sequence[str] = ()) -> bool:
        """Tell whether ``unit`` is still to be done, and clear what a kill left of it.

        ``keep`` names logs that the unit itself takes up again, unless the lines in flight there
        are those of another unit.
        """
        if self.run.done(unit):
            return False
        others = any(self._in_flight(name) - {_origin(unit)} for name in keep)
        dropped = self.run.roll_back(except_for=() if others else keep)
        if self.run.train_log.name in dropped:
            # A checkpoint is worth nothing without the log of the steps before it.
            shutil.rmtree(self.run.path / "checkpoints", ignore_errors=True)
        return True

    def _in_flight(self, name: str) -> set[tuple[str, int | None]]:
        """Return phase and round of the lines of a log that no mark has confirmed yet."""
        log, entries = self.run.path / name, self.run.entries()
        marked = entries[-1].lines.get(name, 0) if entries else 0
        lines = read_jsonl(log, _Line, RunError)[marked:] if log.exists() else []
        return {(line.phase, line.round) for line in lines}

    @contextmanager
    def measuring(
        self, phase: str, splits: Sequence[str] = (), *, trained: bool = False
    ) -> Generator[None, None, None]:
        """Add the wall time and memory of a block, and the files it used, to meta.json.

        ``trained`` says that it trains on these files.
        """
        with measured() as usage:
            yield
        meta = read_record(self.run.meta, RunMeta)
        files = {f"{split}.jsonl": digest_file(self.task_file(split)) for split in splits}
        write_record(
            self.run.meta, meta.with_phase(phase, files=files, trained=trained, usage=usage)
        )


class _Line(BaseModel):
    """Where in the run a log line was written."""

    model_config = ConfigDict(extra="ignore")

    phase: str
    round: int | None = None


def _origin(unit: str) -> tuple[str, int | None]:
    """Return phase and round of a unit: "rsft/round2/train" is of rsft, round 2."""
    phase, step, *_ = f"{unit}/".split("/")
    return phase, int(step.removeprefix("round")) if step.startswith("round") else None


def open_job(
    root: Path, run_id: str, config: RunConfig, backend: Backend, watch: Watch, *, resume: bool
) -> Job:
    """Create the run, or go on with it; graph and model are checked before anything is made.

    Raises GraphError or ModelError where they cannot be used, ConfigError for settings that do not
    go together, RunError where the run id is taken, missing, or of another configuration or graph.
    """
    _check_adapter_shape(config)
    _check_engine(config)
    if not resume:
        RunDirectory.free(root, run_id)  # before what takes seconds
    graph = load_graph(config.graph)
    model = backend.load(config.model)
    about = str(getattr(model, "about", str)())
    if about:
        watch.say(f"model  {config.model.name}: {about}")
    if resume:
        run = RunDirectory.resume(root, run_id, config)
    else:
        run = RunDirectory.create(root, run_id, config)
    if run.meta.exists():
        _check_graph(run, graph)
    else:
        write_record(run.meta, _describe(run_id, config, graph, model))
    return Job(run, config, backend, watch)


def _check_adapter_shape(config: RunConfig) -> None:
    """Refuse what would only fail after the first training."""
    if not _TRAINED_FROM_SFT & {*config.phases}:
        return
    for key in ADAPTER_SHAPE:
        wanted, got = getattr(config.sft, key), getattr(config.rsft, key)
        if wanted != got and (key == "method" or config.sft.method == "lora"):
            raise ConfigError(
                f"rsft.{key}",
                wanted=f"{wanted}, as sft.{key}, for the one goes on from the other",
                got=str(got),
                remedy=f"--set rsft.{key}={wanted}",
            )


def _check_engine(config: RunConfig) -> None:
    """Refuse to train on a server, before the base model has been paid for."""
    if config.model.backend == "openai" and set(config.phases) - {"base"}:
        raise ConfigError(
            "phases",
            wanted="[base], for the openai engine only generates",
            got=f"[{', '.join(config.phases)}]",
            remedy="--set phases=[base], or another model.backend",
        )


def _check_graph(run: RunDirectory, graph: KnowledgeGraph) -> None:
    """Refuse to go on with another graph under the same name."""
    known = read_record(run.meta, RunMeta).graph
    if known is not None and known.digest != graph.digest:
        raise RunError(
            str(run.path),
            wanted="the graph that the run began with",
            got=f"another content of {known.name}",
            remedy="put the old graph back, or begin another --run-id",
        )


def _describe(run_id: str, config: RunConfig, graph: KnowledgeGraph, model: TextModel) -> RunMeta:
    template = str(getattr(model, "chat_template", str)())
    return build_meta(
        run_id,
        config,
        about=str(getattr(model, "about", str)()) or None,
        graph=GraphMeta(
            name=config.graph,
            digest=graph.digest,
            entities=len(graph.entities),
            relations=len(graph.relations),
            edges=len(graph),
        ),
        chat_template=digest_bytes(template.encode()),
    )
