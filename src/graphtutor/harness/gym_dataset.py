"""Tasks of an exported folder as a reasoning-gym data set.

``source="file"`` deals out the exported tasks, every task once before any comes again;
``source="graph"`` makes new ones from the graph, none of them a held-out one. Either way the order
is derived by hash from (seed, index), so two seeds have nothing in common but chance.

The answer to score is a whole completion, trace and letter, in the format that the question asks
for. ``score_answer`` is 1 for a grounded answer, 0 for a wrong letter or a broken format, and
between for a right letter without its chain.
"""

from __future__ import annotations

from dataclasses import dataclass, field, make_dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from graphtutor.errors import BackendError, ConfigError
from graphtutor.harness.folder import ExportFolder
from graphtutor.harness.generated import TaskStream
from graphtutor.harness.unit_score import unit_score
from graphtutor.io.seed import random_stream
from graphtutor.reward.profiles import GROUNDED, SPEC
from graphtutor.tasks.task import Task

try:
    from reasoning_gym import factory
    from reasoning_gym.dataset import ProceduralDataset
except ImportError:
    raise BackendError(
        "reasoning-gym",
        wanted="the package reasoning-gym",
        got="none",
        remedy="pip install 'graphtutor[harness]'",
    ) from None

__all__ = ["ChainConfig", "ChainDataset", "register"]

_SOURCES = ("file", "graph")


@dataclass
class ChainConfig:
    """What reasoning-gym's ``create_dataset`` takes.

    ``hops`` are the lengths of generated tasks; none means those of the exported ones. ``profile``
    is grounded-1.0 or spec-1.0. ``seed`` None draws one.
    """

    folder: str = ""
    seed: int | None = None
    size: int = 500
    source: str = "file"
    hops: tuple[int, ...] = ()
    profile: str = GROUNDED

    def validate(self) -> None:
        """Raise ConfigError for settings that make no data set."""
        checks = (
            ("size", "at least 1", self.size, self.size >= 1),
            ("source", "file or graph", self.source, self.source in _SOURCES),
            ("profile", f"{GROUNDED} or {SPEC}", self.profile, self.profile in (GROUNDED, SPEC)),
            ("folder", "an exported folder", self.folder or "none", bool(self.folder)),
        )
        for name, wanted, got, good in checks:
            if not good:
                raise ConfigError(f"reasoning-gym config, {name}", wanted=wanted, got=str(got))


class ChainDataset(ProceduralDataset):
    """Multi-hop questions; ``size`` of them, from a file or from the graph."""

    def __init__(self, config: ChainConfig) -> None:
        """Read the folder. Raises TaskError, GraphError or ConfigError."""
        super().__init__(config=config, seed=config.seed, size=config.size)
        self.settings = config
        self.export = ExportFolder(Path(config.folder))
        self._stream_seed = int(self.seed)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        """Return item ``idx`` from 0 to size - 1. Raises IndexError beyond."""
        if not 0 <= idx < self.size:
            raise IndexError(idx)
        task = self._new.task(idx) if self.settings.source == "graph" else self._dealt(idx)
        return {
            "question": task.prompt,
            "answer": task.ref.trace,
            "metadata": {
                "source_dataset": self.export.manifest.name,
                "source_index": idx,
                "task": task.model_dump(mode="json", exclude_none=True),
                "difficulty": {"hops": task.hop_len},
            },
        }

    def score_answer(self, answer: str | None, entry: dict[str, Any]) -> float:
        """Score a completion between 0 and 1; see :func:`unit_score`."""
        if not isinstance(answer, str):
            return 0.0
        task = Task.model_validate(entry["metadata"]["task"])
        scorer = self.export.scorer
        return unit_score(scorer, task, scorer.score(task, answer), self.settings.profile)

    @cached_property
    def _new(self) -> TaskStream:
        hops = self.settings.hops or self.export.manifest.hops
        return TaskStream(self.export.graph, tuple(hops), self._stream_seed, self.export.held_out)

    @cached_property
    def _tasks(self) -> list[Task]:
        return list(self.export.tasks.values())

    def _dealt(self, idx: int) -> Task:
        deal, place = divmod(idx, len(self._tasks))
        order = random_stream("dealt", self._stream_seed, deal).permutation(len(self._tasks))
        return self._tasks[int(order[place])]


def register(folder: Path | str, name: str | None = None) -> str:
    """Make ``folder`` known to ``reasoning_gym.create_dataset`` and return its name there.

    ``name`` is by default that of the export. Raises ConfigError when another folder has it.
    """
    path = str(Path(folder).resolve())
    known = name or ExportFolder(Path(path)).manifest.name
    taken = cast("Any", factory).DATASETS
    if known in taken:
        owner = getattr(taken[known][1], "folder", None)
        if owner != path:
            raise ConfigError(
                f"reasoning-gym data set {known}",
                wanted="a name that is not taken",
                got=f"one that belongs to {owner or 'another data set'}",
                remedy="give register() another name",
            )
        return known
    config = make_dataclass(
        "ExportConfig", [("folder", str, field(default=path))], bases=(ChainConfig,)
    )
    factory.register_dataset(known, ChainDataset, config)
    return known
