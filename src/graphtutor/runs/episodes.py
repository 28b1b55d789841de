"""The log records of a run: episodes, RSFT candidates, optimiser steps, points of the dev curve.

The fields of ``episodes.jsonl`` are the seed format's; everything below "added" may be absent in
files made elsewhere, and so may ``debug``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from graphtutor.errors import RunError
from graphtutor.io.jsonl import iter_jsonl, read_jsonl
from graphtutor.runs.record_file import RunRecord

__all__ = [
    "CandidateRecord",
    "CurvePoint",
    "DebugRecord",
    "Episode",
    "HopRecord",
    "ParsedRecord",
    "RewardRecord",
    "TrainLogLine",
    "Verdict",
    "episodes_by_phase",
    "iter_candidates",
    "iter_episodes",
    "read_curve",
    "read_train_log",
]

Verdict = Literal[
    "true edge",
    "wrong direction",
    "wrong relation",
    "unknown entity",
    "unknown relation",
    "not in the graph",
]


def _writable(text: object) -> object:
    """Replace half surrogates, which a model may write but UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text


ModelText = Annotated[str, BeforeValidator(_writable)]
"""What a model wrote: any text is a scored record, never an exception."""


class ParsedRecord(RunRecord):
    """What the strict parser found; ``answer`` is None where the completion is not valid."""

    answer: str | None = None
    trace_text: ModelText = ""
    trace_entities: tuple[str, ...] = ()
    path_entities: tuple[str, ...] = ()
    valid_format: bool


class RewardRecord(RunRecord):
    """A reward by its components, penalties positive; grounded-1.0 has the last two as well."""

    correctness: float
    path_coverage: float
    path_reward: float
    spam_penalty: float
    total: float
    false_edge_penalty: float | None = None
    format_penalty: float | None = None


class DebugRecord(RunRecord):
    """Counts behind the reward."""

    hits: int = 0
    unique_entity_mentions: int = 0
    entity_repeat_counts: dict[str, int] = Field(default_factory=dict)
    coverage: float | None = None
    valid_format: bool | None = None


class HopRecord(RunRecord):
    """One claimed triple by ids and what the graph says of it; ``text`` is its wording.

    None stands for an id that is missing from the text or unknown to the graph.
    """

    source: str | None = None
    relation: str | None = None
    target: str | None = None
    verdict: Verdict
    text: ModelText = ""


class Episode(RunRecord):
    """One line of episodes.jsonl: one task, answered in one phase.

    In probes.jsonl ``probe`` names the variant that was asked ("rotation/2", "wording/consider",
    "retrieval", "samples") and ``sample`` numbers the samples of a task.
    """

    phase: str
    step: int
    ex_id: str
    split: str
    prompt: str
    completion: ModelText
    parsed: ParsedRecord
    reward: RewardRecord
    debug: DebugRecord | None = None

    # Added to the seed's fields. None means not recorded, which is not the same as zero.
    answer_star: str | None = None
    options: dict[str, str] = Field(default_factory=dict)
    hop_len: int | None = None
    relations: tuple[str, ...] = ()
    tier: int | None = None
    answer_set_size: int | None = None
    hops: tuple[HopRecord, ...] | None = None
    grounded: bool | None = None
    grounded_reward: float | None = None
    edge_precision: float | None = None
    bridge_recall: float | None = None
    cut: bool | None = None
    seconds: float | None = None
    tokens: int | None = None
    probe: str | None = None
    sample: int | None = None

    @property
    def right(self) -> bool:
        """The right letter; an unparsable completion is wrong.

        Without ``answer_star`` the sign of the correctness tells, as in the seed's files.
        """
        if not self.parsed.valid_format:
            return False
        if self.answer_star is None:
            return self.reward.correctness > 0
        return self.parsed.answer == self.answer_star

    @property
    def start(self) -> str:
        """The entity that the question starts from; the task's id where the path is missing."""
        return self.parsed.path_entities[0] if self.parsed.path_entities else self.ex_id


class CandidateRecord(RunRecord):
    """One line of candidates.jsonl: sample ``k`` of a task in a round, kept or not, and why.

    ``reward`` is the breakdown under the profile that selects.
    """

    ex_id: str
    round: int
    k: int
    completion: ModelText
    reward: RewardRecord
    grounded: bool
    kept: bool
    reason: str
    phase: str = "rsft"
    hop_len: int | None = None
    valid_format: bool | None = None
    cut: bool | None = None

    @property
    def right(self) -> bool:
        """The right letter."""
        return self.reward.correctness > 0


class TrainLogLine(RunRecord):
    """One line of train_log.jsonl; ``seconds`` is wall time since this training began."""

    phase: str
    step: int
    loss: float
    lr: float
    tokens: int
    seconds: float
    round: int | None = None


class CurvePoint(RunRecord):
    """One evaluation on dev during training: a line of curve.jsonl.

    ``step`` counts within the training, ``total_step`` over the whole run: the curve's axis.
    """

    phase: str
    step: int
    total_step: int
    n: int
    accuracy: float
    path_coverage: float
    grounded_accuracy: float | None = None
    round: int | None = None


def iter_episodes(path: Path) -> Iterator[Episode]:
    """Yield the episodes of a run in order. Raises RunError with line and field."""
    return iter_jsonl(path, Episode, RunError)


def episodes_by_phase(path: Path) -> dict[str, list[Episode]]:
    """Return the episodes of a log by phase, in order; none if there is no log."""
    phases: dict[str, list[Episode]] = {}
    if path.exists():
        for episode in iter_episodes(path):
            phases.setdefault(episode.phase, []).append(episode)
    return phases


def iter_candidates(path: Path) -> Iterator[CandidateRecord]:
    """Yield the candidates of a run in order. Raises RunError with line and field."""
    return iter_jsonl(path, CandidateRecord, RunError)


def read_train_log(path: Path) -> list[TrainLogLine]:
    """Return the train log; empty if there is none."""
    return read_jsonl(path, TrainLogLine, RunError) if path.exists() else []


def read_curve(path: Path) -> list[CurvePoint]:
    """Return the dev evaluations made during training; empty if there are none."""
    return read_jsonl(path, CurvePoint, RunError) if path.exists() else []
