"""Rejection sampling: K completions a task, each checked against the graph, the best kept.

A guesser passes a four-option check a quarter of the time, so a right letter is nearly no filter;
with grounded-1.0 a winner's every step is an edge of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from graphtutor.completion.completion import Generator, Prompt, Sampling
from graphtutor.config import RsftConfig
from graphtutor.io.seed import derive_seed
from graphtutor.reward.breakdown import Breakdown
from graphtutor.reward.profiles import Scored
from graphtutor.reward.selection import reason, select_winners
from graphtutor.runs.episodes import CandidateRecord, RewardRecord
from graphtutor.tasks.task import Task

__all__ = ["Scorer", "sample_candidates"]


class Scorer(Protocol):
    """Scores a completion of a task against the graph."""

    def score(self, task: Task, completion: str) -> Scored:
        """Return the scores of ``completion``; never raises on what a model wrote."""
        ...


def sample_candidates(
    model: Generator,
    tasks: Sequence[Task],
    scorer: Scorer,
    config: RsftConfig,
    profile: str,
    round_number: int,
    seed: int,
    max_new_tokens: int,
    phase: str = "rsft",
    on_done: Callable[[int], None] | None = None,
) -> list[CandidateRecord]:
    """Sample ``config.k_samples`` completions per task, score them and mark the winners.

    Returns ``k_samples`` records per task, in the order of ``tasks``.
    """
    sampling = Sampling(
        n=config.k_samples,
        temperature=config.temperature,
        top_p=config.top_p,
        max_new_tokens=max_new_tokens,
        seed=derive_seed("rsft", seed, round_number),
    )
    prompts = [Prompt(key=task.id, text=task.prompt) for task in tasks]
    records: list[CandidateRecord] = []
    for task, completions in zip(tasks, model.generate(prompts, sampling, on_done), strict=True):
        scored = [scorer.score(task, completion.text) for completion in completions]
        kept = set(select_winners(scored, profile, config.keep_top))
        for k, (completion, score) in enumerate(zip(completions, scored, strict=True)):
            chosen = score.grounded_reward if profile == "grounded-1.0" else score.spec
            records.append(
                CandidateRecord(
                    ex_id=task.id,
                    round=round_number,
                    k=k,
                    completion=completion.text,
                    reward=_record(chosen),
                    grounded=score.grounded,
                    kept=k in kept,
                    reason="kept" if k in kept else reason(score, profile),
                    phase=phase,
                    hop_len=task.hop_len,
                    valid_format=score.parsed.valid,
                    cut=completion.cut,
                )
            )
    return records


def _record(breakdown: Breakdown) -> RewardRecord:
    return RewardRecord(**breakdown.as_record())
