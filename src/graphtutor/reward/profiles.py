"""Scores a completion under spec-1.0 and grounded-1.0, with everything that explains the score.

``spec-1.0`` is the published formula: the letter, the share of the path's entities that the trace
names, a penalty for chanting. ``grounded-1.0`` reads the trace as triples and pays for bridges
reached over real edges; false triples cost, and an invalid format scores below all else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphtutor.completion.parser import Parsed, parse
from graphtutor.config import GroundedRewardConfig, RewardConfig, SpecRewardConfig
from graphtutor.errors import ConfigError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.reward.breakdown import Breakdown
from graphtutor.reward.claims import Claim, ClaimReader
from graphtutor.reward.components import (
    correctness,
    coverage,
    path_reward,
    repeat_counts,
    spam_penalty,
)
from graphtutor.reward.grounding import (
    bridge_share,
    edge_precision,
    excess_counts,
    false_edge_penalty,
    is_grounded,
)
from graphtutor.reward.matcher import EntityMatcher
from graphtutor.tasks.task import Task

__all__ = ["GROUNDED", "SPEC", "Scored", "Scorer", "best_total"]

SPEC = "spec-1.0"
GROUNDED = "grounded-1.0"


@dataclass(frozen=True, slots=True)
class Scored:
    """A completion, read and scored.

    ``claims`` and ``mentions`` (entity ids) are in the order of the trace; an invalid completion
    has none. ``hits`` counts the entities of the reference path that the trace names.
    ``edge_precision`` is None without a claim, ``bridge_recall`` (share of the reference path's
    intermediate entities that are named) is None for one hop.
    """

    parsed: Parsed
    right: bool
    grounded: bool
    spec: Breakdown
    grounded_reward: Breakdown
    claims: tuple[Claim, ...] = ()
    mentions: tuple[str, ...] = ()
    hits: int = 0
    entity_repeat_counts: Mapping[str, int] = field(default_factory=dict[str, int])
    edge_precision: float | None = None
    bridge_recall: float | None = None
    trace_words: int = 0

    def breakdown(self, profile: str) -> Breakdown:
        """Return the breakdown under ``profile``. Raises ConfigError for an unknown name."""
        if profile == SPEC:
            return self.spec
        if profile == GROUNDED:
            return self.grounded_reward
        raise ConfigError(
            "reward profile", wanted=f"{SPEC} or {GROUNDED}", got=profile, remedy="name one of them"
        )


class Scorer:
    """Scores completions of tasks of one graph; build it once, it holds the compiled vocabulary."""

    def __init__(self, graph: KnowledgeGraph, config: RewardConfig) -> None:
        """Compile the entity names and relation phrases of ``graph``."""
        self.config = config
        self.matcher = EntityMatcher.from_graph(graph)
        self._reader = ClaimReader(graph)

    def score(self, task: Task, completion: str) -> Scored:
        """Score ``completion``, whatever it holds; never raises on its account."""
        parsed = parse(completion)
        bridges = set(task.path_star.entities[1:-1])
        if parsed.answer is None or parsed.trace is None:
            return Scored(
                parsed,
                right=False,
                grounded=False,
                spec=_invalid(SPEC, self.config.spec),
                grounded_reward=_invalid(GROUNDED, self.config.grounded),
                bridge_recall=0.0 if bridges else None,
            )
        found = self.matcher.find(parsed.trace)
        claims = self._reader.read(parsed.trace, found)
        mentions = tuple(mention.entity for mention in found)
        counts = repeat_counts(mentions)
        hits, share = coverage(counts, task.path_star.entities)
        right = parsed.answer == task.answer_star
        chosen = task.options.of(parsed.answer)
        return Scored(
            parsed,
            right=right,
            grounded=right and is_grounded(claims, task.start, task.chain, chosen),
            spec=_spec(right, hits, share, counts, self.config.spec),
            grounded_reward=_grounded(task, right, claims, counts, self.config.grounded),
            claims=claims,
            mentions=mentions,
            hits=hits,
            entity_repeat_counts=counts,
            edge_precision=edge_precision(claims),
            bridge_recall=coverage(counts, bridges)[1] if bridges else None,
            trace_words=len(parsed.trace.split()),
        )


def best_total(task: Task, config: RewardConfig, profile: str) -> float:
    """Return the highest total that a completion of ``task`` can have under ``profile``."""
    chosen = config.spec if profile == SPEC else config.grounded
    entities = len(set(task.path_star.entities))
    pays = profile != SPEC or entities >= chosen.min_hits
    path = min(1.0, chosen.max_path_reward) if pays else 0.0
    return chosen.weight_correctness * chosen.correct + chosen.weight_path * path


def _spec(
    right: bool, hits: int, share: float, counts: Mapping[str, int], config: SpecRewardConfig
) -> Breakdown:
    return Breakdown(
        profile=SPEC,
        correctness=correctness(right, config),
        path_coverage=share,
        path_reward=path_reward(hits, share, config),
        spam_penalty=spam_penalty(counts, config),
        false_edge_penalty=0.0,
        format_penalty=0.0,
        weight_correctness=config.weight_correctness,
        weight_path=config.weight_path,
    )


def _grounded(
    task: Task,
    right: bool,
    claims: tuple[Claim, ...],
    counts: Mapping[str, int],
    config: GroundedRewardConfig,
) -> Breakdown:
    share = bridge_share(claims, task.start, task.chain)
    return Breakdown(
        profile=GROUNDED,
        correctness=correctness(right, config),
        path_coverage=share,
        path_reward=min(share, config.max_path_reward),
        spam_penalty=spam_penalty(excess_counts(counts, claims), config),
        false_edge_penalty=false_edge_penalty(claims, config),
        format_penalty=0.0,
        weight_correctness=config.weight_correctness,
        weight_path=config.weight_path,
    )


def _invalid(profile: str, config: SpecRewardConfig) -> Breakdown:
    # An invalid completion counts as a wrong one without a trace; grounded-1.0 then takes off what
    # is missing down to its own floor, so that the shown terms still sum to the total.
    wrong = config.weight_correctness * config.incorrect
    floor = config.invalid_format if isinstance(config, GroundedRewardConfig) else wrong
    return Breakdown(
        profile=profile,
        correctness=config.incorrect,
        path_coverage=0.0,
        path_reward=0.0,
        spam_penalty=0.0,
        false_edge_penalty=0.0,
        format_penalty=wrong - floor,
        weight_correctness=config.weight_correctness,
        weight_path=config.weight_path,
    )
