"""The breakdown of a reward: every component with its weight, and a total that is their sum."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Breakdown"]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One completion under one profile.

    ``path_coverage`` is a share in [0, 1] and no term of the total: it explains ``path_reward``.
    Penalties are zero or positive and are subtracted unweighted.

    >>> Breakdown("spec-1.0", 1.0, 2 / 3, 2 / 3, 0.0, 0.0, 0.0, 1.0, 0.5).total
    1.3333333333333333
    """

    profile: str
    correctness: float
    path_coverage: float
    path_reward: float
    spam_penalty: float
    false_edge_penalty: float
    format_penalty: float
    weight_correctness: float
    weight_path: float

    @property
    def total(self) -> float:
        """The sum of ``terms``."""
        return sum(self.terms().values())

    def terms(self) -> dict[str, float]:
        """Return the signed, weighted terms of the total, by name."""
        return {
            "correctness": self.weight_correctness * self.correctness,
            "path_reward": self.weight_path * self.path_reward,
            "spam_penalty": -self.spam_penalty,
            "false_edge_penalty": -self.false_edge_penalty,
            "format_penalty": -self.format_penalty,
        }

    def as_record(self) -> dict[str, float]:
        """Return the fields that ``episodes.jsonl`` and ``candidates.jsonl`` keep."""
        return {
            "correctness": self.correctness,
            "path_coverage": self.path_coverage,
            "path_reward": self.path_reward,
            "spam_penalty": self.spam_penalty,
            "false_edge_penalty": self.false_edge_penalty,
            "format_penalty": self.format_penalty,
            "total": self.total,
        }
