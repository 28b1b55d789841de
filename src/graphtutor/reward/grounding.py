"""How far the claims of a trace carry from the start entity along the relations that were asked.

Start and answer stand in the prompt, so naming them proves nothing. What proves something is a
chain of real edges, through any true bridges, not only through those of the reference path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from graphtutor.config import GroundedRewardConfig
from graphtutor.reward.claims import Claim

__all__ = [
    "bridge_share",
    "chain_depth",
    "edge_precision",
    "excess_counts",
    "false_edge_penalty",
    "is_grounded",
]


def chain_depth(claims: Sequence[Claim], start: str, chain: Sequence[str]) -> int:
    """Return how many relations of ``chain``, from ``start`` on, are walked by real claimed edges.

    The order in which a trace states the edges is free here; more claims never reach less far.
    """
    steps: dict[tuple[str, str], set[str]] = {}
    for claim in claims:
        if claim.verdict == "true edge" and claim.source and claim.relation and claim.target:
            steps.setdefault((claim.source, claim.relation), set()).add(claim.target)
    reached = {start}
    for depth, relation in enumerate(chain):
        reached = {t for entity in reached for t in steps.get((entity, relation), ())}
        if not reached:
            return depth
    return len(chain)


def bridge_share(claims: Sequence[Claim], start: str, chain: Sequence[str]) -> float:
    """Return the share of the bridges (intermediate entities) that the claims reach, in [0, 1].

    A chain of one relation has no bridge; there its one edge counts.
    """
    bridges = max(1, len(chain) - 1)
    return min(chain_depth(claims, start, chain), bridges) / bridges


def is_grounded(claims: Sequence[Claim], start: str, chain: Sequence[str], chosen: str) -> bool:
    """Tell whether the claims are the asked chain and nothing else.

    At least one claim, every claim a real edge, each beginning where the one before ended, the
    relations exactly ``chain`` in order, from ``start`` to ``chosen``.
    """
    if not claims or tuple(claim.relation for claim in claims) != tuple(chain):
        return False
    here: str | None = start
    for claim in claims:
        if claim.verdict != "true edge" or claim.source != here:
            return False
        here = claim.target
    return here == chosen


def false_edge_penalty(claims: Sequence[Claim], config: GroundedRewardConfig) -> float:
    """Return the cost of the claims that are no edges of the graph, at most ``false_edge_max``."""
    wrong = sum(claim.verdict != "true edge" for claim in claims)
    return min(wrong * config.false_edge_penalty, config.false_edge_max)


def edge_precision(claims: Sequence[Claim]) -> float | None:
    """Return the share of the claims that are real edges; None without a claim."""
    if not claims:
        return None
    return sum(claim.verdict == "true edge" for claim in claims) / len(claims)


def excess_counts(counts: Mapping[str, int], claims: Sequence[Claim]) -> dict[str, int]:
    """Return the mentions of each entity beyond those that state a real edge once.

    Two hops that meet in an entity may name it four times without chanting it, and a further right
    hop must never cost anything. Saying the same hop again is repetition.
    """
    stated = {
        (claim.source, claim.relation, claim.target)
        for claim in claims
        if claim.verdict == "true edge"
    }
    used = Counter(entity for source, _, target in stated for entity in (source, target))
    return {entity: max(0, count - used[entity]) for entity, count in counts.items()}
