"""The shards of a static export: rows, frames and candidate groups, loaded when looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from graphtutor.web.columns import Mask, Rows
from graphtutor.web.export_script import json_list
from graphtutor.web.index import EpisodeIndex
from graphtutor.web.player import frames_in
from graphtutor.web.pool import PoolGroup, PoolQuery, pool_of, pool_task
from graphtutor.web.run_files import RunFiles
from graphtutor.web.story import Story, StoryEpisode
from graphtutor.web.table import EpisodeRow, episode_rows

__all__ = ["Put", "sampled_tasks", "write_candidates", "write_episodes"]

Put = Callable[[str, str, str], None]
"""Takes the name of a file, its key, and the JSON text under that key."""

_ROWS: Final = 5000
_FRAMES: Final = 500
_GROUPS: Final = 200
_EVERY_GROUP: Final = 1 << 31
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Phases that can be part of a file's name everywhere; others are not exported."""


class SearchedRow(EpisodeRow):
    """A row with the text that is searched besides its question and id."""

    search: str


def write_episodes(
    put: Put, files: RunFiles, index: EpisodeIndex, chosen: Mask
) -> dict[str, dict[str, int]]:
    """Write rows and frames of the ``chosen`` tasks; return by phase how many, in how many shards.

    Places and neighbours are those among what is written.
    """
    written: dict[str, dict[str, int]] = {}
    for phase in index.phases:
        rows = index.rows(phase, "eval")
        rows = rows[chosen[index.column("task")[rows]]]
        if not len(rows) or not _PLAIN.fullmatch(phase):
            continue
        run = files.run_id
        tables = [json_list(part) for part in _parts(list(_rows(index, rows)), _ROWS)]
        for number, text in enumerate(tables):
            key = f"/api/runs/{run}/rows/{phase}/{number:04}"
            put(f"{run}/rows-{phase}-{number:04}.js", key, f'{{"rows":{text}}}')
        shards = 0
        for number, text in enumerate(_frame_shards(files, index, rows)):
            key = f"/api/runs/{run}/frames/{phase}/{number:04}"
            put(f"{run}/ep-{phase}-{number:04}.js", key, f'{{"frames":{{{text}}}}}')
            shards = number + 1
        written[phase] = {"count": len(rows), "rows": len(tables), "frames": shards}
    return written


def write_candidates(put: Put, files: RunFiles, sample: int | None) -> list[dict[str, Any]]:
    """Write the candidate groups, ``sample`` a round; return the rounds and their shards."""
    written: list[dict[str, Any]] = []
    for found in pool_of(files, PoolQuery(limit=1)).rounds:
        if not _PLAIN.fullmatch(found.phase):
            continue
        pool = pool_of(files, PoolQuery(found.phase, found.round, limit=_EVERY_GROUP))
        groups = evenly(pool.groups, sample)
        shards = list(_parts(groups, _GROUPS))
        here = f"/api/runs/{files.run_id}/candidates/{found.phase}/{found.round}"
        for number, part in enumerate(shards):
            text = (
                f'{{"summary":{json.dumps(pool.summary)},"groups":{json_list(part)},'
                f'"details":{{{",".join(_details(files, part))}}}}}'
            )
            name = f"{files.run_id}/candidates-{found.phase}-{found.round}-{number:04}.js"
            put(name, f"{here}/{number:04}", text)
        written.append({"phase": found.phase, "round": found.round, "shards": len(shards)})
    return written


def sampled_tasks(index: EpisodeIndex, story: Story, sample: int | None) -> Mask:
    """Mark the tasks to export, the same for every phase: those of the story, others evenly.

    ``sample`` None marks all. There are ``sample`` of them, or as many as the story has if these
    are more.
    """
    ids = index.tasks.ids
    chosen = np.full(max(1, len(ids)), sample is None)
    if sample is None:
        return chosen
    told = {item.ex_id for item in story.root if isinstance(item, StoryEpisode)}
    for ex_id in told:
        chosen[index.tasks.numbers[ex_id]] = True
    asked = np.unique(index.column("task")[index.rows(None, "eval")]).tolist()
    others = [task for task in asked if not chosen[task]]
    chosen[evenly(others, max(0, sample - len(told)))] = True
    return chosen


def evenly(items: Sequence[Any], n: int | None) -> list[Any]:
    """Return ``n`` of the items, spread over them; all if there are no more.

    >>> evenly("abcdef", 3)
    ['a', 'c', 'e']
    """
    if n is None or n >= len(items):
        return list(items)
    return [items[place * len(items) // n] for place in range(n)]


def _rows(index: EpisodeIndex, rows: Rows) -> Iterator[SearchedRow]:
    shown = episode_rows(index, rows)
    for place, (row, found) in enumerate(zip(rows.tolist(), shown, strict=True)):
        episode = index.episode(row)
        words = " ".join((episode.completion, *episode.path)).casefold() if episode else ""
        facts: dict[str, Any] = {**dict(found), "i": place}
        yield SearchedRow(**facts, search=words)


def _frame_shards(files: RunFiles, index: EpisodeIndex, rows: Rows) -> Iterator[str]:
    """Yield the members of one shard's object at a time: an id and its frame."""
    members: list[str] = []
    for frame in frames_in(files, index, rows):
        members.append(f"{json.dumps(frame.ex_id)}:{frame.model_dump_json()}")
        if len(members) == _FRAMES:
            yield ",".join(members)
            members = []
    if members:
        yield ",".join(members)


def _details(files: RunFiles, groups: Sequence[PoolGroup]) -> Iterator[str]:
    for group in groups:
        found = pool_task(files, group.phase, group.round, group.ex_id)
        yield f"{json.dumps(group.ex_id)}:{found.model_dump_json()}"


def _parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]
