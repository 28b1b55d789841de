"""How much of an evaluated chain was seen in training: its longest stretch on a training path.

No evaluated chain occurs in training, but pieces of it may: a model could string together stretches
that it knows by heart instead of single facts. Figures by the longest stretch tell the two apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from graphtutor.evaluation.metrics import rates
from graphtutor.runs.cell import Cell
from graphtutor.runs.episodes import Episode
from graphtutor.tasks.task import Task

__all__ = ["by_longest_seen", "longest_seen"]

Edges = tuple[tuple[str, str, str], ...]


def longest_seen(tasks: Iterable[Task], training: Iterable[Task]) -> dict[str, int]:
    """Return, by task id, how many edges the longest stretch has that a training path contains.

    Time and memory are linear in the number of stretches, at most 15 a path of five hops.
    """
    seen: set[Edges] = set()
    for task in training:
        seen.update(_stretches(task))
    return {
        task.id: max((len(piece) for piece in _stretches(task) if piece in seen), default=0)
        for task in tasks
    }


def by_longest_seen(episodes: Sequence[Episode], longest: Mapping[str, int]) -> dict[str, Cell]:
    """Return the rates by "hops/longest stretch seen", of the tasks that ``longest`` knows."""
    groups: dict[tuple[int, int], list[Episode]] = {}
    for episode in episodes:
        if episode.hop_len is not None and episode.ex_id in longest:
            groups.setdefault((episode.hop_len, longest[episode.ex_id]), []).append(episode)
    return {f"{hops}/{seen}": rates(groups[hops, seen]) for hops, seen in sorted(groups)}


def _stretches(task: Task) -> set[Edges]:
    edges = [(edge.src, edge.rel, edge.dst) for edge in task.path_star.edges]
    return {
        tuple(edges[begin:end])
        for begin in range(len(edges))
        for end in range(begin + 1, len(edges) + 1)
    }
