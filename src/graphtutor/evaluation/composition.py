"""The composition gap: what the facts that a model knows would allow, against what it reaches.

Depth success is compared with the product of the recalls of its hops: a model that knew its facts
independently and strung them together without loss would reach that product.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from graphtutor.evaluation.intervals import cluster_bootstrap, wilson
from graphtutor.runs.cell import Interval
from graphtutor.runs.episodes import Episode
from graphtutor.runs.probe_metrics import CompositionGap

__all__ = ["composition_gap"]

Edge = tuple[str, str, str]


def composition_gap(
    episodes: Sequence[Episode], facts: Sequence[Episode]
) -> dict[str, CompositionGap]:
    """Return the gap by hop length.

    ``facts`` are the answers to 1-hop tasks: the recall of an edge is the share of them that are
    grounded. Episodes with an edge that no fact asks for are left out.
    """
    recall = _recalls(facts)
    by_hop: dict[int, list[tuple[Episode, float]]] = defaultdict(list)
    for episode in episodes:
        edges = _edges(episode)
        if edges and all(edge in recall for edge in edges):
            known = 1.0
            for edge in edges:
                known *= recall[edge]
            by_hop[len(edges)].append((episode, known))
    return {str(hops): _gap(by_hop[hops]) for hops in sorted(by_hop)}


def _recalls(facts: Sequence[Episode]) -> Mapping[Edge, float]:
    marks: dict[Edge, list[bool]] = defaultdict(list)
    for fact in facts:
        for edge in _edges(fact):
            marks[edge].append(bool(fact.grounded))
    return {edge: sum(found) / len(found) for edge, found in marks.items()}


def _edges(episode: Episode) -> list[Edge]:
    path = episode.parsed.path_entities
    if len(path) != len(episode.relations) + 1:
        return []
    return list(zip(path[:-1], episode.relations, path[1:], strict=True))


def _gap(found: Sequence[tuple[Episode, float]]) -> CompositionGap:
    starts = [episode.start for episode, _ in found]
    known = [share for _, share in found]
    reached = [float(bool(episode.grounded)) for episode, _ in found]
    sure = [mark for mark, share in zip(reached, known, strict=True) if share == 1]
    gaps = [share - mark for mark, share in zip(reached, known, strict=True)]
    intervals: dict[str, Interval] = {
        "known": cluster_bootstrap(known, starts),
        "grounded_accuracy": wilson(int(sum(reached)), len(reached)),
        "gap": cluster_bootstrap(gaps, starts),
    }
    if sure:
        intervals["of_known"] = wilson(int(sum(sure)), len(sure))
    return CompositionGap(
        n=len(found),
        known=sum(known) / len(known),
        grounded_accuracy=sum(reached) / len(reached),
        gap=sum(gaps) / len(gaps),
        n_known=len(sure),
        of_known=sum(sure) / len(sure) if sure else None,
        intervals=intervals,
    )
