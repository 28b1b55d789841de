"""What a reader took and what it left: every skipped statement is counted under its reason.

>>> log = SkipLog()
>>> log.add("duplicate statement", "Rain causes Flood")
>>> log.add("duplicate statement", "Rain causes Mud")
>>> log.entries()
(Skipped(reason='duplicate statement', count=2, examples=('Rain causes Flood', 'Rain causes Mud')),)
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ReadReport", "SkipLog", "Skipped"]

_EXAMPLES = 3
_EXAMPLE_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Skipped:
    """``count`` things of a source were left out for ``reason``; the first few stand for all."""

    reason: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What was read: the format, the files, the size of the result and everything left out."""

    format: str
    files: tuple[str, ...]
    entities: int
    relations: int
    edges: int
    skipped: tuple[Skipped, ...] = ()

    @property
    def skipped_total(self) -> int:
        """The number of things left out, over all reasons."""
        return sum(entry.count for entry in self.skipped)


class SkipLog:
    """Counts by reason while a reader runs; keeps a few examples of each."""

    def __init__(self) -> None:
        """Start with nothing skipped."""
        self._counts: dict[str, int] = {}
        self._examples: dict[str, list[str]] = {}

    def add(self, reason: str, example: str) -> None:
        """Count one thing left out for ``reason``."""
        self._counts[reason] = self._counts.get(reason, 0) + 1
        examples = self._examples.setdefault(reason, [])
        if len(examples) < _EXAMPLES:
            short = len(example) <= _EXAMPLE_LENGTH
            examples.append(example if short else example[:_EXAMPLE_LENGTH] + "…")

    def entries(self) -> tuple[Skipped, ...]:
        """Return the counts, the largest first."""
        ranked = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Skipped(name, count, tuple(self._examples[name])) for name, count in ranked)
