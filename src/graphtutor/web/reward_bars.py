"""The terms of a recorded reward, signed and weighted, so that what is shown sums to the total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphtutor.reward.profiles import GROUNDED, SPEC
from graphtutor.web.episode import RewardView
from graphtutor.web.rates import ApiRecord
from graphtutor.web.values import mapping, number, text

__all__ = ["RewardBars", "RewardTerm", "Weights", "reward_bars", "weights_of"]

_LABELS: Final = {
    "correctness": "right letter",
    "path_reward": "path named",
    "spam_penalty": "repetition",
    "false_edge_penalty": "false claims",
    "format_penalty": "invalid format",
    "rest": "not told by the recorded terms",
}
_BARELY: Final = 0.0005
"""Below this a difference is one of rounding."""


class RewardTerm(ApiRecord):
    """One term: ``shown`` is ``weight`` times ``value``; penalties have weight -1."""

    name: str
    label: str
    weight: float
    value: float
    shown: float


class RewardBars(ApiRecord):
    """A reward under one profile; ``total`` is the sum of the terms' ``shown``.

    ``coverage`` explains the term of the path and is none itself. ``grounded_total`` is the total
    under grounded-1.0, where it is recorded.
    """

    profile: str
    terms: tuple[RewardTerm, ...]
    total: float
    invalid: bool
    coverage: float | None = None
    grounded_total: float | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a profile."""

    correctness: float = 1.0
    path: float = 0.5


@dataclass(frozen=True, slots=True)
class RunWeights:
    """The weights by profile, and the profile that selects candidates."""

    select: str = SPEC
    by_profile: Mapping[str, Weights] = field(default_factory=dict[str, Weights])

    def of(self, profile: str) -> Weights:
        """Return the weights of a profile; those of the published formula if not recorded."""
        return self.by_profile.get(profile, Weights())


def weights_of(meta: Mapping[str, Any]) -> RunWeights:
    """Read the weights that a run was scored with from meta.json."""
    profiles = mapping(meta.get("reward_profiles"))
    found: dict[str, Weights] = {}
    for profile in (SPEC, GROUNDED):
        recorded = mapping(profiles.get(profile))
        older = mapping(mapping(meta.get("reward")).get("weights"))
        found[profile] = Weights(
            _weight(recorded.get("weight_correctness"), older.get("correctness"), 1.0),
            _weight(recorded.get("weight_path"), older.get("path"), 0.5),
        )
    return RunWeights(text(profiles.get("select")) or SPEC, found)


def reward_bars(
    reward: RewardView | None,
    weights: Weights,
    profile: str = SPEC,
    *,
    valid: bool,
    grounded_total: float | None = None,
) -> RewardBars | None:
    """Arrange a recorded reward; None where none is recorded.

    What the recorded total has beyond its recorded terms is a term of its own.
    """
    if reward is None:
        return None
    parts = (
        ("correctness", weights.correctness, reward.correctness),
        ("path_reward", weights.path, reward.path_reward),
        ("spam_penalty", -1.0, reward.spam_penalty),
        ("false_edge_penalty", -1.0, reward.false_edge_penalty),
        ("format_penalty", -1.0, reward.format_penalty),
    )
    terms = [_term(name, weight, value) for name, weight, value in parts if value is not None]
    if not terms and reward.total is None:
        return None
    told = sum(term.shown for term in terms)
    rest = 0.0 if reward.total is None else reward.total - told
    if abs(rest) > _BARELY:
        terms.append(_term("rest", 1.0, rest))
    return RewardBars(
        profile=profile,
        terms=tuple(terms),
        total=sum(term.shown for term in terms),
        invalid=not valid,
        coverage=reward.path_coverage,
        grounded_total=grounded_total,
    )


def _term(name: str, weight: float, value: float) -> RewardTerm:
    # Adding zero makes a weighted nothing 0 and not -0.
    shown = weight * value + 0.0
    return RewardTerm(name=name, label=_LABELS[name], weight=weight, value=value, shown=shown)


def _weight(recorded: object, older: object, usual: float) -> float:
    for value in (number(recorded), number(older)):
        if value is not None:
            return value
    return usual
