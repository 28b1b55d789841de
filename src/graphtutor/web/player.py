"""Finds the frame of an episode: its place in the run, its neighbours, the same task elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from graphtutor.reward.profiles import SPEC
from graphtutor.web.changes import checked_phase
from graphtutor.web.columns import Rows
from graphtutor.web.frame import Frame, FramePlace, PhaseMark, build_frame
from graphtutor.web.graph_view import graph_of
from graphtutor.web.index import EpisodeIndex
from graphtutor.web.problem import NotFound
from graphtutor.web.rates import ApiRecord
from graphtutor.web.reward_bars import weights_of
from graphtutor.web.run_files import RunFiles

__all__ = ["Frames", "compare_frames", "frame_at", "frame_of", "frames_in"]


class Frames(ApiRecord):
    """The frames of one task in several phases."""

    frames: tuple[Frame, ...]


def log_of(files: RunFiles) -> EpisodeIndex:
    """Return the index of a run's episodes. Raises NotFound without a log."""
    index = files.episodes()
    if index is None:
        raise NotFound(files.run_id, wanted="episodes.jsonl", got="none that can be read")
    return index


def frame_of(files: RunFiles, phase: str, ex_id: str, split: str | None = "eval") -> Frame:
    """Return one frame. Raises NotFound for a phase or a task that the log does not have."""
    index = log_of(files)
    row = index.row_of(checked_phase(index, phase), ex_id, split)
    if row is None:
        raise NotFound(
            f"phase {phase}"[:80],
            wanted="the id of a task that it answered",
            got=repr(ex_id)[:80],
            remedy="see the table of episodes",
        )
    rows = index.rows(phase, index.splits[int(index.column("split")[row])])
    return frame_at(files, index, rows, int(np.flatnonzero(rows == row)[0]))


def frame_at(
    files: RunFiles,
    index: EpisodeIndex,
    rows: Rows,
    place: int,
    count: int | None = None,
) -> Frame:
    """Return the frame at ``place`` of ``rows``, which are those of one phase and split."""
    row = int(rows[place])
    episode = index.episode(row)
    if episode is None:
        raise NotFound(
            files.run_id,
            wanted="the episode as it was indexed",
            got="a log that has changed since",
            remedy="ask again",
        )
    graph = graph_of(files)
    task = None if episode.relations else files.tasks.get(episode.ex_id)
    gold = [(e.src, e.rel, e.dst) for e in task.path_star.edges] if task else None
    where = FramePlace(
        run=files.run_id,
        i=place,
        count=len(rows) if count is None else count,
        phases=tuple(_marks(index, row)),
        before=_id(index, rows, place - 1),
        after=_id(index, rows, place + 1),
    )
    return build_frame(episode, where, graph, weights_of(files.meta).of(SPEC), gold)


def frames_in(files: RunFiles, index: EpisodeIndex, rows: Rows) -> Iterator[Frame]:
    """Yield the frames of ``rows``, each knowing its neighbours there."""
    for place in range(len(rows)):
        yield frame_at(files, index, rows, place)


def compare_frames(files: RunFiles, ex_id: str, phases: Sequence[str]) -> Frames:
    """Return the frames of a task in ``phases``; in all that answered it, if none is named.

    Raises NotFound if one of them did not answer it.
    """
    index = log_of(files)
    if not phases:
        phases = [p for p in index.phases if index.row_of(p, ex_id, "eval") is not None]
    if not phases:
        raise NotFound("ex_id", wanted="a task of the log", got=repr(ex_id)[:80])
    return Frames(frames=tuple(frame_of(files, phase, ex_id) for phase in phases))


def _marks(index: EpisodeIndex, row: int) -> Iterator[PhaseMark]:
    """Yield how the same task of the same split went in each phase."""
    columns = index.columns
    same = (columns["task"] == columns["task"][row]) & (columns["split"] == columns["split"][row])
    marks: dict[int, PhaseMark] = {}
    for other in np.flatnonzero(same).tolist():
        phase, grounded = int(columns["phase"][other]), int(columns["grounded"][other])
        marks[phase] = PhaseMark(
            phase=index.phases[phase],
            right=bool(columns["right"][other]),
            grounded=None if grounded < 0 else bool(grounded),
        )
    yield from marks.values()


def _id(index: EpisodeIndex, rows: Rows, place: int) -> str | None:
    if not 0 <= place < len(rows):
        return None
    return index.tasks.ids[int(index.column("task")[rows[place]])]
