"""The index of an episode log: columns, texts and byte offsets, so that no page reads the file.

It is kept in memory and keyed by size and time of the file. Where a log has only grown, the new
lines alone are read. Bad lines are counted and the first of them named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from graphtutor.tasks.task import LETTERS
from graphtutor.web.columns import NONE, ColumnBuilder, Rows, Vocabulary, whole
from graphtutor.web.episode import LogEpisode, oddities, read_episode
from graphtutor.web.lines import LineProblem, Position, read_line
from graphtutor.web.log_reader import LogReader
from graphtutor.web.text_search import TextBlock

__all__ = ["EpisodeIndex", "IndexBuilder", "TaskTexts"]

_KINDS: Final = {
    "offset": "q",
    "length": "i",
    "line": "i",
    "phase": "i",
    "split": "i",
    "task": "i",
    "place": "i",
    "hop": "i",
    "tier": "i",
    "answer": "b",
    "star": "b",
    "right": "b",
    "grounded": "b",
    "valid": "b",
    "cut": "b",
    "tokens": "i",
    "size": "i",
    "reward": "d",
    "coverage": "d",
}


@dataclass(frozen=True, slots=True)
class TaskTexts:
    """What the table shows and the search reads of each task: vocabulary numbers are rows here."""

    ids: Sequence[str]
    numbers: Mapping[str, int]
    questions: Sequence[str]
    block: TextBlock


@dataclass(frozen=True, slots=True, eq=False)
class EpisodeIndex:
    """A snapshot; ``columns`` hold one value a row each, ``n`` rows.

    ``phase``, ``split`` and ``task`` are numbers into ``phases``, ``splits`` and ``tasks.ids``;
    ``answer`` and ``star`` into the letters; ``place`` counts within phase and split; ``line`` is
    the line in the file, from 1; ``size`` is the length of the completion in characters.
    ``half_line`` is the number of a last line that is not finished, 0 without one. Memory is
    ``memory`` bytes, roughly.
    """

    path: Path
    n: int
    columns: Mapping[str, NDArray[Any]]
    phases: tuple[str, ...]
    splits: tuple[str, ...]
    tasks: TaskTexts
    completions: TextBlock
    problems: tuple[LineProblem, ...]
    problem_count: int
    half_line: int
    memory: int

    def column(self, name: str) -> NDArray[Any]:
        """Return one column."""
        return self.columns[name]

    def rows(self, phase: str | None = None, split: str | None = None) -> Rows:
        """Return the rows of a phase and a split in the order of the file; None takes all."""
        keep = self.columns["phase"] >= 0
        for name, words, wanted in (
            ("phase", self.phases, phase),
            ("split", self.splits, split),
        ):
            if wanted is not None:
                code = words.index(wanted) if wanted in words else NONE
                keep = keep & (self.columns[name] == code)
        return keep.nonzero()[0]

    def row_of(self, phase: str, ex_id: str, split: str | None = None) -> int | None:
        """Return the row of a task in a phase; the last, where the log has it twice."""
        task = self.tasks.numbers.get(ex_id, NONE)
        rows = self.rows(phase, split)
        found = rows[self.columns["task"][rows] == task]
        return int(found[-1]) if len(found) and task >= 0 else None

    def episode(self, row: int) -> LogEpisode | None:
        """Read one episode from the file; None if the file has changed under the index."""
        offset, length = (int(self.columns[name][row]) for name in ("offset", "length"))
        found = read_episode(read_line(self.path, offset, length))
        return found if isinstance(found, LogEpisode) else None


class IndexBuilder:
    """Reads a log into columns, and reads on where it stopped."""

    def __init__(self, path: Path) -> None:
        """Begin with nothing read."""
        self._log = LogReader(path)
        self._columns = ColumnBuilder(_KINDS)
        self._phases, self._splits = Vocabulary.empty(), Vocabulary.empty()
        self._tasks = Vocabulary.empty()
        self._questions: list[str] = []
        self._task_block, self._completions = TextBlock(), TextBlock()
        self._places: dict[tuple[int, int], int] = {}

    @property
    def position(self) -> Position:
        """How far the file has been read."""
        return self._log.position

    def read_on(self) -> EpisodeIndex:
        """Read what has been appended and return a snapshot of all. Raises OSError."""
        for line, record in self._log.records():
            episode = read_episode(record)
            if isinstance(episode, str):
                self._log.tell(line, episode)
                continue
            for reason in oddities(record):
                self._log.tell(line, reason)
            self._add(episode, line.offset, line.length, line.after.line)
        return self._snapshot()

    def _add(self, episode: LogEpisode, offset: int, length: int, line: int) -> None:
        phase = self._phases.number(episode.phase)
        split = self._splits.number(episode.split)
        task = self._tasks.number(episode.ex_id)
        if task == len(self._questions):
            self._questions.append(episode.question)
            self._task_block.append(episode.ex_id, episode.question, " ".join(episode.path))
        place = self._places.get((phase, split), 0)
        self._places[phase, split] = place + 1
        # A trace names its entities, so they need not be kept beside the completion.
        self._completions.append(episode.completion)
        reward = episode.reward
        self._columns.append(
            offset=offset,
            length=length,
            line=line,
            phase=phase,
            split=split,
            task=task,
            place=place,
            hop=whole(episode.hop_len),
            tier=whole(episode.tier),
            answer=_letter(episode.answer),
            star=_letter(episode.answer_star),
            right=episode.right,
            grounded=whole(episode.grounded),
            valid=episode.valid,
            cut=whole(episode.cut),
            tokens=whole(episode.tokens),
            size=len(episode.completion),
            reward=reward.total if reward else None,
            coverage=reward.path_coverage if reward else None,
        )

    def _snapshot(self) -> EpisodeIndex:
        columns = self._columns.freeze()
        return EpisodeIndex(
            path=self._log.path,
            n=len(columns["phase"]),
            columns=columns,
            phases=tuple(self._phases.words),
            splits=tuple(self._splits.words),
            tasks=TaskTexts(
                self._tasks.words, self._tasks.numbers, self._questions, self._task_block
            ),
            completions=self._completions,
            problems=self._log.problems,
            problem_count=self._log.problem_count,
            half_line=self._log.half_line,
            memory=2 * sum(column.nbytes for column in columns.values())
            + self._completions.memory
            + 2 * self._task_block.memory
            + 250 * len(self._questions),
        )


def _letter(letter: str | None) -> int:
    return "ABCD".index(letter) if letter in LETTERS else NONE
