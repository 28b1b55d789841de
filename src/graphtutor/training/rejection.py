"""Rejection sampling: K completions a task, each checked against the graph, the best kept.

A guesser passes a four-option check a quarter of the time, so a right letter is nearly no filter;
with grounded-1.0 a winner's every step is an edge of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from graphtutor.completion.completion import Completion, Generator, Prompt, Sampling
from graphtutor.config import RsftConfig
from graphtutor.io.seed import derive_seed
from graphtutor.reward.breakdown import Breakdown
from graphtutor.reward.profiles import GROUNDED, Scored
from graphtutor.reward.selection import reason, select_winners
from graphtutor.runs.episodes import CandidateRecord, RewardRecord
from graphtutor.tasks.task import Task

__all__ = ["Recorded", "Scorer", "sample_candidates"]


class Scorer(Protocol):
    """Scores a completion of a task against the graph."""

    def score(self, task: Task, completion: str) -> Scored:
        """Return the scores of ``completion``; never raises on what a model wrote."""
        ...


class Recorded:
    """Gives again what was sampled before: arms that differ in the selection share their samples.

    The samples are those that the same model would draw again, for a sample depends on the seed and
    its prompt alone.
    """

    def __init__(self, candidates: Iterable[CandidateRecord]) -> None:
        """Keep the completions of one round by task, in the order they were sampled."""
        self._known: dict[str, list[Completion]] = {}
        for candidate in candidates:
            answers = self._known.setdefault(candidate.ex_id, [])
            answers.append(Completion(candidate.completion, 0, bool(candidate.cut)))

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """Return the recorded completions. Raises KeyError for a task that was not sampled."""
        del sampling
        found = [self._known[prompt.key] for prompt in prompts]
        if on_done:
            on_done(len(found))
        return found


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
            chosen = score.grounded_reward if profile == GROUNDED else score.spec
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
