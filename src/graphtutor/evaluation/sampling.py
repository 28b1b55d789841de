"""What an RSFT round sampled: pass@K, tasks with no winner, tasks with only winners, diversity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from graphtutor.evaluation.intervals import wilson
from graphtutor.runs.episodes import CandidateRecord
from graphtutor.runs.metrics import SamplingMetrics

__all__ = ["summarise_sampling"]


def summarise_sampling(candidates: Iterable[CandidateRecord]) -> tuple[SamplingMetrics, ...]:
    """Compute the figures of each phase and round, in the order they were sampled.

    ``distinct_share`` is the share of different completions among the samples of a task, averaged
    over samples: 1 / K if a model always says the same.
    """
    rounds: dict[tuple[str, int], list[CandidateRecord]] = defaultdict(list)
    for candidate in candidates:
        rounds[candidate.phase, candidate.round].append(candidate)
    return tuple(_round(samples) for samples in rounds.values())


def _round(samples: Sequence[CandidateRecord]) -> SamplingMetrics:
    by_task: dict[str, list[CandidateRecord]] = defaultdict(list)
    for sample in samples:
        by_task[sample.ex_id].append(sample)
    tasks = list(by_task.values())
    counts = {
        "pass_at_k": sum(any(s.right for s in task) for task in tasks),
        "grounded_at_k": sum(any(s.grounded for s in task) for task in tasks),
        "no_winner": sum(not any(s.kept for s in task) for task in tasks),
        "only_winners": sum(all(_could_win(s) for s in task) for task in tasks),
    }
    cuts = [s.cut for s in samples if s.cut is not None]
    distinct = sum(len({s.completion for s in task}) for task in tasks)
    shares = {name: count / len(tasks) for name, count in counts.items()}
    return SamplingMetrics(
        phase=samples[0].phase,
        round=samples[0].round,
        tasks=len(tasks),
        samples=len(samples),
        k=max(len(task) for task in tasks),
        pass_at_k=shares["pass_at_k"],
        grounded_at_k=shares["grounded_at_k"],
        no_winner=shares["no_winner"],
        only_winners=shares["only_winners"],
        kept=sum(s.kept for s in samples),
        distinct_share=distinct / len(samples),
        cut_rate=sum(cuts) / len(cuts) if cuts else None,
        intervals={name: wilson(count, len(tasks)) for name, count in counts.items()},
    )


def _could_win(sample: CandidateRecord) -> bool:
    # "lower score" is said of samples that passed the profile's check but were not the best.
    return sample.kept or sample.reason == "lower score"
