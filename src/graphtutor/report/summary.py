"""A run directory read into one typed summary: all that the reports and plots are made from."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from graphtutor.config import RunConfig
from graphtutor.io.seed import derive_seed
from graphtutor.runs.audit import AuditRecord
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.episodes import (
    Episode,
    TrainLogLine,
    iter_candidates,
    iter_episodes,
    read_train_log,
)
from graphtutor.runs.meta import RunMeta
from graphtutor.runs.metrics import RunMetrics
from graphtutor.runs.record_file import read_record

__all__ = ["CandidateRewards", "Summary", "read_summary"]

_SAMPLES: Final = 5
"""Sample episodes of each kind: right and wrong."""


@dataclass(frozen=True, slots=True)
class CandidateRewards:
    """The rewards that one RSFT round sampled, under the profile that selects."""

    phase: str
    round: int
    kept: tuple[float, ...]
    other: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did and found. What the run does not hold is None or empty.

    ``samples`` are five right and five wrong episodes of the last phase, drawn by a hash of their
    id: the same ones every time, and none chosen by hand.
    """

    run: RunDirectory
    metrics: RunMetrics
    meta: RunMeta | None
    config: RunConfig | None
    train_log: tuple[TrainLogLine, ...]
    candidates: tuple[CandidateRewards, ...]
    samples: tuple[Episode, ...]
    audit: AuditRecord | None = None


def read_summary(run: RunDirectory) -> Summary:
    """Read a run directory.

    Only metrics.json has to be there. Raises RunError or ConfigError, with file, line and field,
    for files that cannot be read.
    """
    metrics = read_record(run.metrics, RunMetrics)
    last = next(reversed(list(metrics.phases)), None)
    return Summary(
        run=run,
        metrics=metrics,
        meta=read_record(run.meta, RunMeta) if run.meta.exists() else None,
        config=run.read_config() if run.config.exists() else None,
        train_log=tuple(read_train_log(run.train_log)),
        candidates=_candidate_rewards(run),
        samples=_samples(iter_episodes(run.episodes), last) if run.episodes.exists() else (),
        audit=read_record(run.audit, AuditRecord) if run.audit.exists() else None,
    )


def _candidate_rewards(run: RunDirectory) -> tuple[CandidateRewards, ...]:
    if not run.candidates.exists():
        return ()
    rounds: dict[tuple[str, int], tuple[list[float], list[float]]] = {}
    for sample in iter_candidates(run.candidates):
        kept, other = rounds.setdefault((sample.phase, sample.round), ([], []))
        (kept if sample.kept else other).append(sample.reward.total)
    return tuple(
        CandidateRewards(phase, number, tuple(kept), tuple(other))
        for (phase, number), (kept, other) in rounds.items()
    )


def _samples(episodes: Iterable[Episode], phase: str | None) -> tuple[Episode, ...]:
    def rank(episode: Episode) -> int:
        return derive_seed("report sample", episode.ex_id)

    found: dict[bool, list[Episode]] = {True: [], False: []}
    for episode in episodes:
        if episode.split == "eval" and episode.phase == phase:
            group = found[episode.right]
            group.append(episode)
            # Keep memory flat: only the few that are shown survive.
            if len(group) > 20 * _SAMPLES:
                found[episode.right] = heapq.nsmallest(_SAMPLES, group, key=rank)
    chosen = [heapq.nsmallest(_SAMPLES, found[right], key=rank) for right in (True, False)]
    return tuple(episode for group in chosen for episode in group)
