"""meta.json: where a run came from. The seed's fields, then digests, versions, machine, times.

All times of a run stand here (and in the ``seconds`` of its logs), so every other file of a resumed
run can be compared byte by byte with that of an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from graphtutor.config import RunConfig
from graphtutor.runs.machine import (
    Hardware,
    PhaseUsage,
    SourceCommit,
    hardware,
    package_versions,
    platform_name,
    python_version,
    source_commit,
)
from graphtutor.runs.record_file import FILE_VERSION, RunRecord

__all__ = ["GraphMeta", "ModelMeta", "PhaseMeta", "RunMeta", "TrainingMeta", "build_meta"]


class ModelMeta(RunRecord):
    """The base model and tokenizer by name; digests of weights and chat template where known.

    ``about`` is what the engine says of size, precision and device.
    """

    base: str
    tokenizer: str
    backend: str | None = None
    about: str | None = None
    weights: str | None = None
    chat_template: str | None = None


class TrainingMeta(RunRecord):
    """The seed, the phases in order, and the settings of the two trainings."""

    seed: int
    phases: tuple[str, ...]
    sft: dict[str, Any] = Field(default_factory=dict)
    rsft: dict[str, Any] = Field(default_factory=dict)


class GraphMeta(RunRecord):
    """The graph by name, digest and size."""

    name: str
    digest: str
    entities: int | None = None
    relations: int | None = None
    edges: int | None = None


class PhaseMeta(RunRecord):
    """What a phase used: task files by name and digest, wall time, peak memory of the process.

    ``trained`` names those of the files that its training learned from. ``left_out`` is told of
    the making of the task files: how many tasks of a split guessers solved, and so left it.
    """

    files: dict[str, str] = Field(default_factory=dict)
    trained: tuple[str, ...] = ()
    left_out: dict[str, int] = Field(default_factory=dict)
    seconds: float = 0.0
    peak_memory_bytes: int | None = None


class RunMeta(RunRecord):
    """The whole of meta.json."""

    version: str = FILE_VERSION
    run_id: str
    created_at: str
    platform: str
    model: ModelMeta
    training: TrainingMeta
    reward: dict[str, Any]
    reward_profiles: dict[str, Any] = Field(default_factory=dict)
    graph: GraphMeta | None = None
    packages: dict[str, str] = Field(default_factory=dict)
    python: str | None = None
    hardware: Hardware | None = None
    source: SourceCommit | None = None
    phases: dict[str, PhaseMeta] = Field(default_factory=dict)

    def with_phase(
        self,
        name: str,
        *,
        files: Mapping[str, str] | None = None,
        trained: bool = False,
        usage: PhaseUsage | None = None,
    ) -> RunMeta:
        """Return a copy in which phase ``name`` has also used ``files`` and ``usage``.

        ``trained`` says that it trained on these files. Seconds add up over the units of a phase,
        peak memory is the highest of them.
        """
        old = self.phases.get(name, PhaseMeta())
        peaks = [old.peak_memory_bytes, usage.peak_memory_bytes if usage else None]
        new = PhaseMeta(
            files={**old.files, **(files or {})},
            trained=tuple(dict.fromkeys([*old.trained, *(files or {} if trained else ())])),
            left_out=old.left_out,
            seconds=round(old.seconds + (usage.seconds if usage else 0.0), 3),
            peak_memory_bytes=max((peak for peak in peaks if peak is not None), default=None),
        )
        return self.model_copy(update={"phases": {**self.phases, name: new}})

    def with_left_out(self, count: Mapping[str, int]) -> RunMeta:
        """Return a copy that tells how many tasks of each split were left out of the data."""
        data = self.phases.get("data", PhaseMeta()).model_copy(update={"left_out": dict(count)})
        return self.model_copy(update={"phases": {**self.phases, "data": data}})


def build_meta(
    run_id: str,
    config: RunConfig,
    *,
    graph: GraphMeta | None = None,
    about: str | None = None,
    tokenizer: str | None = None,
    weights: str | None = None,
    chat_template: str | None = None,
    accelerator: str | None = None,
) -> RunMeta:
    """Describe a run that begins now, on this machine.

    ``about`` is what the engine says of the model; ``weights`` and ``chat_template`` are digests;
    ``accelerator`` names the device beside the CPU.
    """
    spec = config.reward.spec
    return RunMeta(
        run_id=run_id,
        created_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        platform=platform_name(config.model.backend),
        model=ModelMeta(
            base=config.model.name,
            tokenizer=tokenizer or config.model.name,
            backend=config.model.backend,
            about=about,
            weights=weights,
            chat_template=chat_template,
        ),
        training=TrainingMeta(
            seed=config.seed,
            phases=config.phases,
            sft=config.sft.model_dump(mode="json"),
            rsft=config.rsft.model_dump(mode="json"),
        ),
        reward={
            "version": "1.0",
            "weights": {"correctness": spec.weight_correctness, "path": spec.weight_path},
            "correct": spec.correct,
            "incorrect": spec.incorrect,
            "min_hits": spec.min_hits,
            "max_path_reward": spec.max_path_reward,
            "spam_penalty": {
                "repeat_entity_max": spec.repeat_entity_max,
                "repeat_penalty": spec.repeat_penalty,
            },
        },
        reward_profiles={
            "select": config.reward.select,
            "spec-1.0": spec.model_dump(mode="json"),
            "grounded-1.0": config.reward.grounded.model_dump(mode="json"),
        },
        graph=graph,
        packages=package_versions(),
        python=python_version(),
        hardware=hardware(accelerator),
        source=source_commit(),
    )
