"""Which of the samples of a task are worth training on, and why the others are not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from graphtutor.reward.profiles import GROUNDED, Scored

__all__ = ["ANSWER_ONLY", "normalised_chain", "reason", "select_winners"]

ANSWER_ONLY: Final = "answer-only"
"""Selects by the letter and nothing else: what rejection sampling is without a graph."""


def select_winners(scored: Sequence[Scored], profile: str, keep_top: int) -> list[int]:
    """Return the indices of the best ``keep_top`` samples of one task, best first.

    Only right answers can win, under grounded-1.0 only grounded ones. The order is by total, then
    correctness, then coverage, then the shorter trace, then the lower index; under answer-only it
    is the order of sampling. Samples that make the same claims count once. Raises ConfigError for
    an unknown profile.
    """

    def rank(index: int) -> tuple[float, float, float, int, int]:
        sample = scored[index]
        if profile == ANSWER_ONLY:
            return (0.0, 0.0, 0.0, 0, index)
        terms = sample.breakdown(profile)
        return (
            -terms.total,
            -terms.correctness,
            -terms.path_coverage,
            sample.trace_words,
            index,
        )

    eligible = [index for index, sample in enumerate(scored) if _eligible(sample, profile)]
    winners: dict[str, int] = {}
    for index in sorted(eligible, key=rank):
        winners.setdefault(normalised_chain(scored[index]), index)
    return list(winners.values())[:keep_top]


def reason(scored: Scored, profile: str) -> str:
    """Say why a sample that was not kept was not.

    One of ``invalid format``, ``wrong answer``, ``ungrounded`` (under grounded-1.0 only) and, for
    one that could have won, ``lower score`` (a duplicate of a winner included).
    """
    if not scored.parsed.valid:
        return "invalid format"
    if not scored.right:
        return "wrong answer"
    return "lower score" if _eligible(scored, profile) else "ungrounded"


def normalised_chain(scored: Scored) -> str:
    """Return what a completion says, whatever its wording: the same string for the same chain.

    The letter and the claimed triples by id; a triple that is not understood, and a trace without
    one, stands as its own words.
    """
    triples = [
        [claim.source, claim.relation, claim.target]
        if claim.source and claim.relation and claim.target
        else claim.text.split()
        for claim in scored.claims
    ]
    return json.dumps([scored.parsed.answer, triples or (scored.parsed.trace or "").split()])


def _eligible(scored: Scored, profile: str) -> bool:
    if profile == ANSWER_ONLY:
        return scored.right
    # Asking for the breakdown refuses an unknown profile even when no answer is right.
    grounded = scored.breakdown(profile).profile == GROUNDED
    return scored.grounded if grounded else scored.right
