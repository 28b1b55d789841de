"""The index of candidates.jsonl: the K samples of each task of each RSFT round, by byte offset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from graphtutor.io.digest import digest_bytes
from graphtutor.web.episode import RewardView, read_reward
from graphtutor.web.lines import LineProblem, Position, read_line
from graphtutor.web.log_reader import LogReader
from graphtutor.web.values import flag, integer, text

__all__ = ["Candidate", "CandidateGroup", "CandidateIndex", "CandidateIndexBuilder", "GroupKey"]

GroupKey = tuple[str, int]
"""Phase and round."""
_COULD_WIN: Final = "lower score"
"""Said of samples that passed the selecting profile's check but were not the best."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sample; None where the log does not say."""

    ex_id: str
    phase: str
    round: int
    k: int
    completion: str
    right: bool
    grounded: bool | None
    kept: bool
    reason: str
    valid: bool | None
    hop_len: int | None
    reward: RewardView | None

    @property
    def could_win(self) -> bool:
        """Whether it passed the check of the profile that selects."""
        return self.kept or self.reason == _COULD_WIN


@dataclass(slots=True)
class CandidateGroup:
    """The samples of one task in one round: counts, and where their lines lie (offset, length)."""

    ex_id: str
    phase: str
    round: int
    hop_len: int | None = None
    right: int = 0
    grounded: int = 0
    kept: int = 0
    could_win: int = 0
    totals: list[float] = field(default_factory=list[float])
    texts: set[str] = field(default_factory=set[str])
    places: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    @property
    def k(self) -> int:
        """How many samples there are."""
        return len(self.places)

    @property
    def spread(self) -> float:
        """Highest less lowest total."""
        return max(self.totals) - min(self.totals) if self.totals else 0.0


@dataclass(frozen=True, slots=True)
class CandidateIndex:
    """The groups by phase and round, in the order sampled; ``memory`` is bytes, roughly.

    ``half_line`` is the number of a last line that is not finished, 0 without one.
    """

    path: Path
    rounds: Mapping[GroupKey, Mapping[str, CandidateGroup]]
    problems: tuple[LineProblem, ...]
    problem_count: int
    half_line: int
    memory: int

    def samples(self, group: CandidateGroup) -> list[Candidate]:
        """Read the samples of a group from the file, in the order of their lines."""
        found = (read_candidate(read_line(self.path, *place)) for place in group.places)
        return [sample for sample in found if isinstance(sample, Candidate)]


class CandidateIndexBuilder:
    """Reads candidates.jsonl, and reads on where it stopped."""

    def __init__(self, path: Path) -> None:
        """Begin with nothing read."""
        self._log = LogReader(path)
        self._rounds: dict[GroupKey, dict[str, CandidateGroup]] = {}
        self._samples = 0

    @property
    def position(self) -> Position:
        """How far the file has been read."""
        return self._log.position

    def read_on(self) -> CandidateIndex:
        """Read what has been appended and return a view of all. Raises OSError."""
        log = self._log
        for line, record in log.records():
            found = read_candidate(record)
            if isinstance(found, Candidate):
                self._add(found, (line.offset, line.length))
            else:
                log.tell(line, found)
        rounds = {key: dict(groups) for key, groups in self._rounds.items()}
        return CandidateIndex(
            path=log.path,
            rounds=rounds,
            problems=log.problems,
            problem_count=log.problem_count,
            half_line=log.half_line,
            memory=600 * sum(map(len, rounds.values())) + 240 * self._samples,
        )

    def _add(self, sample: Candidate, place: tuple[int, int]) -> None:
        groups = self._rounds.setdefault((sample.phase, sample.round), {})
        group = groups.get(sample.ex_id)
        if group is None:
            group = CandidateGroup(sample.ex_id, sample.phase, sample.round, sample.hop_len)
            groups[sample.ex_id] = group
        group.right += sample.right
        group.grounded += bool(sample.grounded)
        group.kept += sample.kept
        group.could_win += sample.could_win
        total = sample.reward.total if sample.reward else None
        if total is not None:
            group.totals.append(total)
        group.texts.add(digest_bytes(sample.completion.encode())[:16])
        group.places.append(place)
        self._samples += 1


def read_candidate(line: Mapping[str, Any]) -> Candidate | str:
    """Read one line, or say why it is no candidate."""
    ex_id, number = text(line.get("ex_id")), integer(line.get("k"))
    if not ex_id or number is None:
        return f"wanted the field {'k' if ex_id else 'ex_id'}"
    reward = read_reward(line.get("reward"))
    paid = reward.correctness if reward else None
    return Candidate(
        ex_id=ex_id,
        phase=text(line.get("phase")) or "rsft",
        round=integer(line.get("round")) or 1,
        k=number,
        completion=text(line.get("completion")) or "",
        right=paid is not None and paid > 0,
        grounded=flag(line.get("grounded")),
        kept=flag(line.get("kept")) or False,
        reason=text(line.get("reason")) or "",
        valid=flag(line.get("valid_format")),
        hop_len=integer(line.get("hop_len")),
        reward=reward,
    )
