"""The frame: all that the player shows of one episode, as one record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from graphtutor.completion.parser import parse
from graphtutor.reward.matcher import EntityMatcher
from graphtutor.runs.episodes import Verdict
from graphtutor.web.episode import HopView, LogEpisode
from graphtutor.web.graph_view import GraphView
from graphtutor.web.rates import ApiRecord
from graphtutor.web.reward_bars import RewardBars, Weights, reward_bars
from graphtutor.web.subgraph import GoldEdge, Subgraph, gold_edges, phrase_for, subgraph

__all__ = [
    "Frame",
    "FramePlace",
    "Hop",
    "PhaseMark",
    "Segment",
    "build_frame",
    "hops_of",
    "segments",
]


class Segment(ApiRecord):
    """A piece of a trace; ``entity`` is the id of the entity that it names, if it names one."""

    text: str
    entity: str | None = None
    kind: Literal["gold", "off_path"] | None = None


class Hop(ApiRecord):
    """One claimed triple; ``connected`` says that it begins where the one before it ended."""

    source: str | None
    relation: str | None
    target: str | None
    text: str
    verdict: Verdict
    connected: bool


class GoldRelation(ApiRecord):
    """A relation asked for, and how it reads."""

    id: str | None
    phrase: str


class Gold(ApiRecord):
    """The gold path: its entities in order of travel and the relations between them."""

    entities: tuple[str, ...]
    relations: tuple[GoldRelation, ...]


class PhaseMark(ApiRecord):
    """How the same task went in a phase."""

    phase: str
    right: bool
    grounded: bool | None


class Frame(ApiRecord):
    """One episode. ``hops`` None means that nobody could judge the trace; ``i`` counts from 0.

    ``hops_from`` says whether the log has the claims or they were read again with the graph.
    """

    run: str
    phase: str
    ex_id: str
    split: str
    i: int
    count: int
    question: str
    options: Mapping[str, str]
    answer_star: str | None
    answer: str | None
    valid: bool
    right: bool
    grounded: bool | None
    cut: bool | None
    hop_len: int | None
    tier: int | None
    tokens: int | None
    completion: str
    trace: tuple[Segment, ...]
    hops: tuple[Hop, ...] | None
    hops_from: Literal["log", "graph"] | None
    ends_at_option: bool | None
    relations_asked: tuple[str, ...]
    gold: Gold
    graph: Subgraph
    reward: RewardBars | None
    phases: tuple[PhaseMark, ...]
    prev: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class FramePlace:
    """Where an episode stands among the others of its run."""

    run: str
    i: int = 0
    count: int = 1
    phases: tuple[PhaseMark, ...] = ()
    before: str | None = None
    after: str | None = None


def build_frame(
    episode: LogEpisode,
    place: FramePlace,
    graph: GraphView | None,
    weights: Weights,
    gold: Sequence[GoldEdge] | None = None,
) -> Frame:
    """Arrange one episode. ``gold`` are the edges of its task, where the log has no relations."""
    found, origin = hops_of(episode, graph)
    path = gold or gold_edges(episode.path, episode.relations, graph)
    chosen = episode.options.get(episode.answer or "")
    ends = bool(found) and found[-1].target == chosen if found is not None and chosen else None
    return Frame(
        run=place.run,
        phase=episode.phase,
        ex_id=episode.ex_id,
        split=episode.split,
        i=place.i,
        count=place.count,
        question=episode.question,
        options=episode.options,
        answer_star=episode.answer_star,
        answer=episode.answer,
        valid=episode.valid,
        right=episode.right,
        grounded=episode.grounded,
        cut=episode.cut,
        hop_len=episode.hop_len,
        tier=episode.tier,
        tokens=episode.tokens,
        completion=episode.completion,
        trace=segments(shown_trace(episode), set(episode.path), _matcher(episode, graph)),
        hops=None if found is None else connected(found, episode.path),
        hops_from=origin,
        ends_at_option=ends,
        relations_asked=episode.relations or tuple(r for _, r, _ in path if r),
        gold=Gold(
            entities=episode.path,
            relations=tuple(GoldRelation(id=r, phrase=phrase_for(r, graph)) for _, r, _ in path),
        ),
        graph=subgraph(episode, path, found or (), graph),
        reward=reward_bars(
            episode.reward, weights, valid=episode.valid, grounded_total=episode.grounded_total
        ),
        phases=place.phases,
        prev=place.before,
        next=place.after,
    )


def hops_of(
    episode: LogEpisode, graph: GraphView | None
) -> tuple[Sequence[HopView] | None, Literal["log", "graph"] | None]:
    """Return the claims as recorded, or else as the graph reads them, and which it was."""
    if episode.hops is not None:
        return episode.hops, "log"
    if graph is None:
        return None, None
    return (graph.claims(_trace(episode)) if episode.valid else ()), "graph"


def connected(hops: Sequence[HopView], path: Sequence[str]) -> tuple[Hop, ...]:
    """Mark which claims begin where the one before ended, the first at the path's start."""
    before = [path[0] if path else None, *(hop.target for hop in hops)]
    return tuple(
        Hop(
            source=hop.source,
            relation=hop.relation,
            target=hop.target,
            text=hop.text,
            verdict=hop.verdict,
            connected=hop.source is not None and hop.source == here,
        )
        for hop, here in zip(hops, before, strict=False)
    )


def segments(trace: str, gold: set[str], matcher: EntityMatcher) -> tuple[Segment, ...]:
    """Cut a trace at the entities that it names; the pieces joined are the trace."""
    pieces: list[Segment] = []
    at = 0
    for mention in matcher.find(trace):
        if mention.start > at:
            pieces.append(Segment(text=trace[at : mention.start]))
        kind = "gold" if mention.entity in gold else "off_path"
        words = trace[mention.start : mention.end]
        pieces.append(Segment(text=words, entity=mention.entity, kind=kind))
        at = mention.end
    if at < len(trace):
        pieces.append(Segment(text=trace[at:]))
    return tuple(pieces)


def shown_trace(episode: LogEpisode) -> str:
    """Return the trace; the whole completion where there is none."""
    return _trace(episode) or episode.completion


def _trace(episode: LogEpisode) -> str:
    return episode.trace or parse(episode.completion).trace or ""


def _matcher(episode: LogEpisode, graph: GraphView | None) -> EntityMatcher:
    if graph is not None:
        return graph.matcher
    return EntityMatcher(_names(episode))


def _names(episode: LogEpisode) -> Iterable[str]:
    """Return the entities that a record itself names."""
    names = {*episode.path, *episode.trace_entities, *episode.options.values()}
    names |= {end for hop in episode.hops or () for end in (hop.source, hop.target) if end}
    return sorted(names)
