"""The episode of one answered task: what was asked, what came back, how it was scored."""

from __future__ import annotations

from graphtutor.completion.completion import Completion
from graphtutor.reward.profiles import Scored
from graphtutor.runs.episodes import DebugRecord, Episode, HopRecord, ParsedRecord, RewardRecord
from graphtutor.tasks.task import Task

__all__ = ["build_episode"]


def build_episode(
    task: Task, completion: Completion, scored: Scored, phase: str, step: int
) -> Episode:
    """Join a task, its completion and its score into one line of episodes.jsonl.

    ``reward`` is under spec-1.0, so that figures compare with the seed's; ``grounded_reward`` is
    the total under grounded-1.0. ``step`` counts optimiser steps before this phase's evaluation.
    """
    return Episode(
        phase=phase,
        step=step,
        ex_id=task.id,
        split=task.split,
        prompt=task.prompt,
        completion=completion.text,
        parsed=_parsed(task, scored),
        reward=RewardRecord(
            correctness=scored.spec.correctness,
            path_coverage=scored.spec.path_coverage,
            path_reward=scored.spec.path_reward,
            spam_penalty=scored.spec.spam_penalty,
            total=scored.spec.total,
        ),
        debug=DebugRecord(
            hits=scored.hits,
            unique_entity_mentions=len(scored.entity_repeat_counts),
            entity_repeat_counts=dict(scored.entity_repeat_counts),
            coverage=scored.spec.path_coverage,
            valid_format=scored.parsed.valid,
        ),
        answer_star=task.answer_star,
        options=task.options.model_dump(),
        hop_len=task.hop_len,
        relations=task.chain,
        tier=task.meta.tier,
        answer_set_size=task.meta.answer_set_size,
        hops=tuple(
            HopRecord(
                source=claim.source,
                relation=claim.relation,
                target=claim.target,
                verdict=claim.verdict,
                text=claim.text,
            )
            for claim in scored.claims
        ),
        grounded=scored.grounded,
        grounded_reward=scored.grounded_reward.total,
        edge_precision=scored.edge_precision,
        bridge_recall=scored.bridge_recall,
        cut=completion.cut,
        seconds=round(completion.seconds, 6),
        tokens=completion.tokens,
    )


def _parsed(task: Task, scored: Scored) -> ParsedRecord:
    # Entities in the order in which the trace first names them.
    return ParsedRecord(
        answer=scored.parsed.answer if scored.parsed.valid else None,
        trace_text=scored.parsed.trace or "",
        trace_entities=tuple(scored.entity_repeat_counts),
        path_entities=task.path_star.entities,
        valid_format=scored.parsed.valid,
    )
