"""The subgraph of one episode: the gold path, what the trace named, what it claimed.

Kinds are set algebra on the record. A node of the gold path is ``mentioned`` or ``missed``, any
other named entity ``off_path``. An edge is ``gold``, ``claimed`` (true, off the gold path),
``false`` (claimed and not in the graph) or ``context`` (in the graph, between two nodes shown).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

from graphtutor.web.episode import HopView, LogEpisode
from graphtutor.web.graph_view import GraphView
from graphtutor.web.rates import ApiRecord

__all__ = [
    "EdgeKind",
    "GoldEdge",
    "GraphEdge",
    "GraphNode",
    "NodeKind",
    "Subgraph",
    "gold_edges",
    "subgraph",
]

MOST_NODES: Final = 18
"""More than this cannot be laid out without labels that overlap."""
_MOST_CONTEXT: Final = 8

NodeKind = Literal["mentioned", "missed", "off_path"]
EdgeKind = Literal["gold", "claimed", "false", "context"]
GoldEdge = tuple[str, str | None, str]
"""Source, relation (None where not known), target."""


class GraphNode(ApiRecord):
    """An entity; ``start``, ``answer`` and ``chosen`` say what it is to the question."""

    id: str
    label: str
    type: str | None
    kind: NodeKind
    start: bool
    answer: bool
    chosen: bool


class GraphEdge(ApiRecord):
    """An edge; ``claimed`` says that the trace states it, whatever its kind."""

    source: str
    target: str
    relation: str | None
    phrase: str
    kind: EdgeKind
    claimed: bool


class Subgraph(ApiRecord):
    """Nodes, gold path first and in order; ``left_out`` counts those beyond the limit."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    left_out: int = 0


def gold_edges(
    path: Sequence[str], relations: Sequence[str], graph: GraphView | None
) -> list[GoldEdge]:
    """Join the entities of the gold path by the relations asked for.

    Where these are not recorded, by the first that the graph has.
    """
    edges: list[GoldEdge] = []
    for place, (source, target) in enumerate(pairwise(path)):
        relation = relations[place] if place < len(relations) else None
        if relation is None and graph is not None:
            between = graph.between({source, target})
            relation = next((r for s, r, t in between if (s, t) == (source, target)), None)
        edges.append((source, relation, target))
    return edges


def subgraph(
    episode: LogEpisode,
    gold: Sequence[GoldEdge],
    hops: Sequence[HopView],
    graph: GraphView | None,
) -> Subgraph:
    """Return the subgraph of an episode, of at most 18 nodes."""
    path = list(dict.fromkeys(episode.path))
    mentioned = set(episode.trace_entities)
    wanted = [*path, *(e for e in dict.fromkeys(episode.trace_entities) if e not in set(path))]
    shown = wanted[:MOST_NODES]
    nodes = tuple(_node(entity, episode, path, mentioned, graph) for entity in shown)
    edges = _edges(gold, hops, graph, set(shown))
    return Subgraph(nodes=nodes, edges=tuple(edges), left_out=len(wanted) - len(shown))


def _node(
    entity: str,
    episode: LogEpisode,
    path: Sequence[str],
    mentioned: set[str],
    graph: GraphView | None,
) -> GraphNode:
    kind: NodeKind = "off_path"
    if entity in path:
        kind = "mentioned" if entity in mentioned else "missed"
    options = episode.options
    return GraphNode(
        id=entity,
        label=graph.label(entity) if graph else entity,
        type=graph.kind(entity) if graph else None,
        kind=kind,
        start=bool(path) and entity == path[0],
        answer=entity == options.get(episode.answer_star or "", path[-1] if path else None),
        chosen=episode.answer is not None and entity == options.get(episode.answer),
    )


def _edges(
    gold: Sequence[GoldEdge],
    hops: Sequence[HopView],
    graph: GraphView | None,
    shown: set[str],
) -> list[GraphEdge]:
    claims = {
        (hop.source, hop.relation, hop.target): hop.verdict == "true edge"
        for hop in hops
        if hop.source and hop.relation and hop.target
    }
    edges = [_edge(edge, "gold", edge in claims, graph) for edge in dict.fromkeys(gold)]
    known = set(gold)
    for (source, relation, target), true in claims.items():
        edge = (source or "", relation, target or "")
        if edge not in known:
            edges.append(_edge(edge, "claimed" if true else "false", True, graph))
    drawn = [edge for edge in edges if {edge.source, edge.target} <= shown]
    return [*drawn, *_context(drawn, graph, shown)]


def _context(
    drawn: Sequence[GraphEdge], graph: GraphView | None, shown: set[str]
) -> list[GraphEdge]:
    """Return further edges of the graph, one between two nodes that no edge joins yet."""
    if graph is None:
        return []
    joined = {frozenset((edge.source, edge.target)) for edge in drawn}
    found: list[GraphEdge] = []
    for source, relation, target in graph.between(shown):
        ends = frozenset((source, target))
        if ends not in joined and len(ends) == 2 and len(found) < _MOST_CONTEXT:
            joined.add(ends)
            found.append(_edge((source, relation, target), "context", False, graph))
    return found


def _edge(edge: GoldEdge, kind: EdgeKind, claimed: bool, graph: GraphView | None) -> GraphEdge:
    source, relation, target = edge
    return GraphEdge(
        source=source,
        target=target,
        relation=relation,
        phrase=phrase_for(relation, graph),
        kind=kind,
        claimed=claimed,
    )


def phrase_for(relation: str | None, graph: GraphView | None) -> str:
    """Return how a relation reads; without its graph the words of its id, nothing without one."""
    if relation is None:
        return ""
    return (graph.phrase(relation) if graph else None) or relation.replace("_", " ")
