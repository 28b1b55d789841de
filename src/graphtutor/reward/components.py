"""The components of spec-1.0: correctness, coverage of the path's entities, repetition.

Each is a pure function of what was read from a completion; profiles weigh and add them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from graphtutor.config import SpecRewardConfig

__all__ = ["correctness", "coverage", "path_reward", "repeat_counts", "spam_penalty"]


def correctness(right: bool, config: SpecRewardConfig) -> float:
    """Return the reward of the letter; wrong hurts more than right pays."""
    return config.correct if right else config.incorrect


def coverage(named: Collection[str], path_entities: Collection[str]) -> tuple[int, float]:
    """Return (hits, share of the path's entities that are named).

    >>> coverage({"A", "C", "X"}, ["A", "B", "C", "D"])
    (2, 0.5)
    """
    wanted = set(path_entities)
    hits = len(wanted & set(named))
    return hits, hits / max(1, len(wanted))


def path_reward(hits: int, share: float, config: SpecRewardConfig) -> float:
    """Return the capped share, or nothing below the least number of hits."""
    return min(share, config.max_path_reward) if hits >= config.min_hits else 0.0


def repeat_counts(mentions: Sequence[str]) -> dict[str, int]:
    """Count the mentions of each entity, in the order of first mention."""
    return dict(Counter(mentions))


def spam_penalty(counts: Mapping[str, int], config: SpecRewardConfig) -> float:
    """Return the penalty if any entity occurs more often than allowed."""
    chanted = any(count > config.repeat_entity_max for count in counts.values())
    return config.repeat_penalty if chanted else 0.0
