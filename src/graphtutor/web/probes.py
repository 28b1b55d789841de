"""The probes: what an accuracy rests on, by letter, by wording, with the facts at hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from graphtutor.runs.probe_metrics import VariantMetrics
from graphtutor.tasks.task import LETTERS
from graphtutor.web.episode import LogEpisode, read_episode
from graphtutor.web.lines import Position, read_lines
from graphtutor.web.phases import in_order
from graphtutor.web.rates import ApiRecord, Rate, rate_at, rate_of
from graphtutor.web.run_files import RunFiles

__all__ = ["ProbesView", "RotationRow", "probes_view"]

_ROTATION: Final = "rotation/"
_BIASED: Final = 0.5
"""A letter that is answered this often, whatever is asked, tells of the letter."""
_LEAST: Final = 20
"""Answers below which nothing is said of a bias."""


class RotationRow(ApiRecord):
    """The right option moved through A-D: each of ``n`` tasks asked four times.

    ``by_letter`` is the rate right where the right option stands there, ``chosen`` counts the
    letters answered, ``flips`` the tasks whose chosen option depends on where it stands,
    ``all_four`` those right at all four letters. ``biased`` marks a model that answers one letter
    half of the time or more though each is right a quarter of the time.
    """

    phase: str
    n: int
    by_letter: Mapping[str, Rate]
    chosen: Mapping[str, int] | None
    flips: Rate | None
    all_four: Rate | None
    mean: Rate | None
    biased: bool | None


class WordingRow(ApiRecord):
    """The same tasks in a template that training never used; ``before`` as the file asks them."""

    phase: str
    name: str
    right: Rate
    grounded: Rate | None
    before: Rate | None


class RetrievalRow(ApiRecord):
    """The same tasks with the facts of the gold chain in the prompt."""

    phase: str
    right: Rate
    grounded: Rate | None
    before: Rate | None


class SeenRow(ApiRecord):
    """Rates by the longest stretch of the chain that lies on a training path, in edges."""

    phase: str
    hop: int
    stretch: int
    right: Rate
    grounded: Rate | None


class ProbesView(ApiRecord):
    """All probes of a run; a list is empty where nothing was asked."""

    rotation: tuple[RotationRow, ...]
    wording: tuple[WordingRow, ...]
    retrieval: tuple[RetrievalRow, ...]
    by_seen: tuple[SeenRow, ...]


def probes_view(files: RunFiles) -> ProbesView:
    """Return the probes of a run."""
    phases = files.figures.phases
    return ProbesView(
        rotation=tuple(rotation_rows(files)),
        wording=tuple(
            WordingRow(phase=phase, name=name, right=right, **_beside(found))
            for phase, figures in phases.items()
            for name, found in figures.wording.items()
            if (right := rate_at(found.accuracy, found.n, found.intervals.get("accuracy")))
        ),
        retrieval=tuple(
            RetrievalRow(phase=phase, right=right, **_beside(found))
            for phase, figures in phases.items()
            if (found := figures.retrieval)
            and (right := rate_at(found.accuracy, found.n, found.intervals.get("accuracy")))
        ),
        by_seen=tuple(_seen(files)),
    )


def rotation_rows(files: RunFiles) -> list[RotationRow]:
    """Return the rotations: counted from probes.jsonl, else what metrics.json says of them."""
    logs = [files.run.probes_log, files.run.episodes, files.run.metrics]
    return files.keep("rotation", logs, lambda: list(_rotations(files)))


@dataclass(slots=True)
class _Answers:
    """The answers of one phase to the rotated tasks: by task, what each of them chose."""

    by_task: dict[str, dict[str, LogEpisode]] = field(
        default_factory=lambda: defaultdict[str, dict[str, LogEpisode]](dict)
    )

    def add(self, episode: LogEpisode) -> None:
        if episode.answer_star:
            self.by_task[episode.ex_id].setdefault(episode.answer_star, episode)

    @property
    def whole(self) -> list[Mapping[str, LogEpisode]]:
        """The tasks that were asked with the right option at each letter."""
        return [found for found in self.by_task.values() if len(found) == len(LETTERS)]


def _rotations(files: RunFiles) -> Iterator[RotationRow]:
    counted = {phase: _counted(phase, answers.whole) for phase, answers in _read(files).items()}
    metrics = files.figures.phases
    for phase in in_order([*metrics, *counted]):
        row = counted.get(phase) or _recorded(phase, files)
        if row is not None:
            yield row


def _read(files: RunFiles) -> dict[str, _Answers]:
    """Read the rotated answers and, of the same tasks, the plain ones."""
    found: dict[str, _Answers] = {}
    try:
        for line in read_lines(files.run.probes_log, Position()):
            if line.record is None or not str(line.record.get("probe", "")).startswith(_ROTATION):
                continue
            episode = read_episode(line.record)
            if isinstance(episode, LogEpisode):
                found.setdefault(episode.phase, _Answers()).add(episode)
    except OSError:
        return {}
    index = files.episodes()
    for phase, answers in found.items() if index else ():
        for ex_id in list(answers.by_task):
            row = index.row_of(phase, ex_id) if index else None
            plain = index.episode(row) if index and row is not None else None
            if plain is not None:
                answers.add(plain)
    return found


def _counted(phase: str, tasks: Sequence[Mapping[str, LogEpisode]]) -> RotationRow | None:
    if not tasks:
        return None
    answers = [episode for task in tasks for episode in task.values()]
    chosen = {letter: sum(e.answer == letter for e in answers) for letter in LETTERS}
    right = sum(e.right for e in answers)
    options = [{e.options.get(e.answer or "") for e in task.values()} for task in tasks]
    most = max(chosen.values())
    return RotationRow(
        phase=phase,
        n=len(tasks),
        by_letter={
            letter: rate_of(sum(task[letter].right for task in tasks), len(tasks))
            for letter in LETTERS
        },
        chosen=chosen,
        flips=rate_of(sum(len(found) > 1 for found in options), len(tasks)),
        all_four=rate_of(sum(all(e.right for e in t.values()) for t in tasks), len(tasks)),
        mean=rate_of(right, len(answers)),
        biased=None if sum(chosen.values()) < _LEAST else most >= _BIASED * sum(chosen.values()),
    )


def _recorded(phase: str, files: RunFiles) -> RotationRow | None:
    figures = files.figures.phases.get(phase)
    moved = figures.rotation if figures else None
    if moved is None:
        return None
    ends = moved.intervals
    recall = {
        letter: rate
        for letter, share in moved.recall.items()
        if (rate := rate_at(share, moved.n, ends.get(f"recall {letter}")))
    }
    return RotationRow(
        phase=phase,
        n=moved.n,
        by_letter=recall,
        chosen=None,
        flips=None,
        all_four=rate_at(moved.consistency, moved.n, ends.get("consistency")),
        mean=rate_at(moved.accuracy, moved.n, ends.get("accuracy")),
        biased=None,
    )


def _beside(found: VariantMetrics) -> dict[str, Rate | None]:
    ends = found.intervals
    return {
        "grounded": rate_at(found.grounded_accuracy, found.n, ends.get("grounded_accuracy")),
        "before": rate_at(found.before, found.n, ends.get("before")),
    }


def _seen(files: RunFiles) -> Iterator[SeenRow]:
    for phase, figures in files.figures.phases.items():
        for name, cell in figures.by_seen.items():
            hop, _, stretch = name.partition("/")
            right = rate_at(cell.accuracy, cell.n, cell.intervals.get("accuracy"))
            if right is None or not (hop.isascii() and hop.isdecimal() and stretch.isdecimal()):
                continue
            grounded = rate_at(
                cell.grounded_accuracy, cell.n, cell.intervals.get("grounded_accuracy")
            )
            yield SeenRow(
                phase=phase, hop=int(hop), stretch=int(stretch), right=right, grounded=grounded
            )
