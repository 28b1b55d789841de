"""The RSFT candidate pool: the K samples of a task, their scores, which won and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from graphtutor.completion.parser import parse
from graphtutor.reward.profiles import GROUNDED, SPEC
from graphtutor.reward.selection import ANSWER_ONLY
from graphtutor.web.candidate_index import Candidate, CandidateGroup, CandidateIndex
from graphtutor.web.problem import NotFound
from graphtutor.web.rates import ApiRecord
from graphtutor.web.reward_bars import RewardBars, reward_bars, weights_of
from graphtutor.web.run_files import RunFiles

__all__ = ["Pool", "PoolFilter", "PoolGroup", "PoolQuery", "PoolTask", "pool_of", "pool_task"]

PoolFilter = Literal["all", "won", "no_winner", "only_winners", "zero_spread"]

_RULES: Final = {
    GROUNDED: "Of the samples with the right letter and a grounded trace, the one with the highest "
    "total under grounded-1.0 wins; of equal ones the one with the higher coverage, then the "
    "shorter trace, then the earlier one. Samples that claim the same count once.",
    SPEC: "Of the samples with the right letter, the one with the highest total under spec-1.0 "
    "wins; of equal ones the one with the higher coverage, then the shorter trace, then the "
    "earlier one. Samples that claim the same count once.",
    ANSWER_ONLY: "The first sample with the right letter wins; the graph has no say.",
}
_BY_PHASE: Final = {"rsft_answer": ANSWER_ONLY, "rsft_placebo": SPEC}
"""Phases that select in their own way, whatever is configured."""
_FLAT: Final = 1e-9


class PoolGroup(ApiRecord):
    """The samples of one task: counts of K; ``spread`` is highest less lowest total."""

    ex_id: str
    phase: str
    round: int
    k: int
    right: int
    grounded: int
    kept: int
    distinct: int
    spread: float
    best: float | None
    hop_len: int | None


class PoolRound(ApiRecord):
    """A round of a phase that has been sampled."""

    phase: str
    round: int


class Pool(ApiRecord):
    """A page of the groups of one round; ``summary`` is the round's record of metrics.json."""

    total: int
    matched: int
    groups: tuple[PoolGroup, ...]
    summary: Mapping[str, Any] | None
    rounds: tuple[PoolRound, ...]
    problems: int


class PoolSample(ApiRecord):
    """One sample; ``duplicate_of`` is the k of an earlier sample with the same words."""

    k: int
    completion: str
    answer: str | None
    valid: bool
    right: bool
    grounded: bool | None
    reward: RewardBars | None
    kept: bool
    reason: str
    duplicate_of: int | None


class PoolQuestion(ApiRecord):
    """The task that was sampled; None where no task file has it."""

    question: str
    options: Mapping[str, str]
    answer_star: str
    hop_len: int


class PoolTask(ApiRecord):
    """The samples of one task and the rule that picked the winner."""

    ex_id: str
    phase: str
    round: int
    task: PoolQuestion | None
    samples: tuple[PoolSample, ...]
    profile: str
    rule: str
    prev: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class PoolQuery:
    """Which groups to show; without a phase or a round, those of the first."""

    phase: str | None = None
    round: int | None = None
    filter: PoolFilter = "all"
    offset: int = 0
    limit: int = 50


def pool_of(files: RunFiles, query: PoolQuery) -> Pool:
    """Return a page of the pool; an empty one for a run that sampled nothing."""
    index = files.candidates()
    if index is None or not index.rounds:
        return Pool(total=0, matched=0, groups=(), summary=None, rounds=(), problems=0)
    phase, number = _chosen(index, query.phase, query.round)
    groups = list(index.rounds[phase, number].values())
    matched = [group for group in groups if _fits(group, query.filter)]
    return Pool(
        total=len(groups),
        matched=len(matched),
        groups=tuple(map(_row, matched[query.offset : query.offset + query.limit])),
        summary=summary_of(files, phase, number),
        rounds=tuple(PoolRound(phase=p, round=r) for p, r in index.rounds),
        problems=index.problem_count,
    )


def summary_of(files: RunFiles, phase: str, number: int) -> Mapping[str, Any] | None:
    """Return the record of a round in metrics.json."""
    record = files.figures.record
    for found in record.sampling if record else ():
        if (found.phase, found.round) == (phase, number):
            return found.model_dump(mode="json")
    return None


def pool_task(files: RunFiles, phase: str, number: int, ex_id: str) -> PoolTask:
    """Return the samples of one task. Raises NotFound if it was not sampled."""
    index = files.candidates()
    groups = index.rounds.get((phase, number)) if index else None
    if index is None or groups is None or ex_id not in groups:
        raise NotFound("candidates", wanted="a task that was sampled", got=repr(ex_id)[:80])
    names = list(groups)
    place = names.index(ex_id)
    task = files.tasks.get(ex_id)
    profile = _BY_PHASE.get(phase, weights_of(files.meta).select)
    return PoolTask(
        ex_id=ex_id,
        phase=phase,
        round=number,
        task=None
        if task is None
        else PoolQuestion(
            question=task.question,
            options=task.options.model_dump(),
            answer_star=task.answer_star,
            hop_len=task.hop_len,
        ),
        samples=tuple(_samples(index.samples(groups[ex_id]), files, profile)),
        profile=profile,
        rule=_RULES.get(profile, f"The rule of profile {profile}."),
        prev=names[place - 1] if place else None,
        next=names[place + 1] if place + 1 < len(names) else None,
    )


def _chosen(index: CandidateIndex, phase: str | None, number: int | None) -> tuple[str, int]:
    for key in index.rounds:
        if phase in (None, key[0]) and number in (None, key[1]):
            return key
    raise NotFound(
        "candidates",
        wanted=f"one of {', '.join(f'{p} round {r}' for p, r in index.rounds)}"[:200],
        got=f"phase {phase!r}, round {number}"[:80],
    )


def _fits(group: CandidateGroup, name: PoolFilter) -> bool:
    if name == "won":
        return group.kept > 0
    if name == "no_winner":
        return group.kept == 0
    if name == "only_winners":
        return group.could_win == group.k
    return name != "zero_spread" or group.spread < _FLAT


def _row(group: CandidateGroup) -> PoolGroup:
    return PoolGroup(
        ex_id=group.ex_id,
        phase=group.phase,
        round=group.round,
        k=group.k,
        right=group.right,
        grounded=group.grounded,
        kept=group.kept,
        distinct=len(group.texts),
        spread=group.spread,
        best=max(group.totals, default=None),
        hop_len=group.hop_len,
    )


def _samples(samples: Sequence[Candidate], files: RunFiles, profile: str) -> list[PoolSample]:
    weights = weights_of(files.meta).of(SPEC if profile == ANSWER_ONLY else profile)
    shown = profile if profile == GROUNDED else SPEC
    first: dict[str, int] = {}
    found: list[PoolSample] = []
    for sample in samples:
        parsed = parse(sample.completion)
        earlier = first.setdefault(sample.completion, sample.k)
        valid = parsed.valid if sample.valid is None else sample.valid
        found.append(
            PoolSample(
                k=sample.k,
                completion=sample.completion,
                answer=parsed.answer,
                valid=valid,
                right=sample.right,
                grounded=sample.grounded,
                reward=reward_bars(sample.reward, weights, shown, valid=valid),
                kept=sample.kept,
                reason=sample.reason,
                duplicate_of=None if earlier == sample.k else earlier,
            )
        )
    return found
