"""The story that demo mode tells: phase by phase, with the episodes worth pausing at.

Everything in it is looked up: the cards from the figures, the episodes from the log. The same run
always tells the same story.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from pydantic import RootModel

from graphtutor.report.figures import phase_label
from graphtutor.web.columns import NONE, Rows
from graphtutor.web.index import EpisodeIndex
from graphtutor.web.phases import PhaseSummary, phase_summaries
from graphtutor.web.rates import ApiRecord, Rate
from graphtutor.web.run_files import RunFiles
from graphtutor.web.summary import RunSummary, run_summary

__all__ = ["Story", "StoryCard", "StoryEpisode", "story_of"]

_ARC: Final = ("base", "sft", "rsft")
_GAINS: Final = 3
_LONG: Final = 2
_OPENING: Final = 2
_DEEP: Final = 5
"""Hops from which a task is worth a pause for its length."""

Pause = Literal["first right", "big gain", "five hops"]


class StoryCard(ApiRecord):
    """A title card with figures."""

    kind: Literal["card"] = "card"
    title: str
    lines: tuple[str, ...]
    phase: str | None = None


class StoryEpisode(ApiRecord):
    """An episode to show; ``pause`` says why to stay at it."""

    kind: Literal["episode"] = "episode"
    phase: str
    ex_id: str
    pause: Pause | None = None


class Story(RootModel[tuple[StoryCard | StoryEpisode, ...]]):
    """Cards and episodes in the order in which they are shown, a bare list."""


def story_of(files: RunFiles) -> Story:
    """Compose the story of a run; only its title card where it has no episodes."""
    index, summary = files.episodes(), run_summary(files)
    phases = phase_summaries(files.figures.phases, index)
    items: list[StoryCard | StoryEpisode] = [_title(summary)]
    if index is not None:
        teller = _Teller(index)
        for phase in _arc([p for p in phases if p.phase in index.phases]):
            items.append(_card(phase, summary))
            items += teller.tell(phase.phase)
    items.append(_ending(phases, summary))
    return Story(tuple(items))


def _arc(phases: Sequence[PhaseSummary]) -> list[PhaseSummary]:
    """Return base, SFT and RSFT; all phases of a run that has none of them."""
    return [phase for phase in phases if phase.phase in _ARC] or list(phases)


def _title(summary: RunSummary) -> StoryCard:
    facts = (("model", summary.model), ("graph", summary.graph))
    lines = [f"{name} {value}" for name, value in facts if value]
    return StoryCard(title=summary.id, lines=(*lines, *_warning(summary)))


def _card(phase: PhaseSummary, summary: RunSummary) -> StoryCard:
    lines = [f"{phase.n} tasks", f"right {_share(phase.right)}"]
    if phase.grounded is not None:
        lines.append(f"grounded {_share(phase.grounded)}")
    return StoryCard(title=phase.title, lines=(*lines, *_warning(summary)), phase=phase.phase)


def _ending(phases: Sequence[PhaseSummary], summary: RunSummary) -> StoryCard:
    shown = _arc(phases)
    lines = tuple(f"{phase.title}: right {_share(phase.right)}" for phase in shown)
    titles = " to ".join(phase_label(phase.phase) for phase in shown)
    return StoryCard(title=titles or "No figures", lines=(*lines, *_warning(summary)))


def _warning(summary: RunSummary) -> tuple[str, ...]:
    return (summary.banner.text,) if summary.banner else ()


def _share(rate: Rate) -> str:
    if rate.rate is None or rate.low is None or rate.high is None:
        return "not recorded"
    return f"{100 * rate.rate:.1f} % [{100 * rate.low:.1f}-{100 * rate.high:.1f}], n = {rate.n}"


@dataclass(slots=True)
class _Teller:
    """Picks the episodes of one phase after the other; remembers what was shown before."""

    index: EpisodeIndex
    before: str | None = None
    any_right: bool = False

    def tell(self, phase: str) -> Iterator[StoryEpisode]:
        rows = self.index.rows(phase, "eval")
        told: dict[int, Pause | None] = dict.fromkeys(rows[:_OPENING].tolist())
        right = rows[self.index.column("right")[rows] == 1]
        if len(right) and not self.any_right:
            told[int(right[0])] = "first right"
            self.any_right = True
        if self.before is not None:
            told |= dict.fromkeys((r for r in self._gains(rows) if not told.get(r)), "big gain")
        told |= dict.fromkeys((r for r in self._deep(right) if not told.get(r)), "five hops")
        self.before = phase
        # In the order of the log: the scrubber only ever moves on.
        for row in sorted(told):
            task = self.index.tasks.ids[int(self.index.column("task")[row])]
            yield StoryEpisode(phase=phase, ex_id=task, pause=told[row])

    def _gains(self, rows: Rows) -> list[int]:
        """Return the tasks that became right with the largest gain of reward, grounded first."""
        index, tasks = self.index, self.index.column("task")
        earlier = np.full(max(1, len(index.tasks.ids)), NONE, dtype=np.int64)
        known = index.rows(self.before, "eval")
        earlier[tasks[known]] = known
        right, grounded = index.column("right"), index.column("grounded")
        rewards = index.column("reward")
        old = earlier[tasks[rows]]
        fixed = (old >= 0) & (right[rows] == 1) & (right[old] == 0)
        late, early = rows[fixed], old[fixed]
        gains = np.nan_to_num(rewards[late] - rewards[early])
        # The last key sorts first; what is equal stays in the order of the log.
        order = np.lexsort((late, -gains, grounded[late] != 1))
        return late[order][:_GAINS].tolist()

    def _deep(self, right: Rows) -> list[int]:
        """Return right answers to tasks of five hops and more, grounded first."""
        deep = right[self.index.column("hop")[right] >= _DEEP]
        order = np.lexsort((deep, self.index.column("grounded")[deep] != 1))
        return deep[order][:_LONG].tolist()
