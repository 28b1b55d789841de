"""Pattern expansion: a blueprint becomes supervised examples, offline and the same every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from graphtutor.blueprint.domain import Domain
from graphtutor.blueprint.duplicates import near_duplicates
from graphtutor.blueprint.example import BlueprintExample
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.kinds import KINDS
from graphtutor.blueprint.kinds_draft import Source

__all__ = ["NEAR_DUPLICATE", "SAME_QUESTION", "Expansion", "combine", "expand"]

SAME_QUESTION: Final = "same question"
NEAR_DUPLICATE: Final = "near duplicate"
_THRESHOLD: Final = 0.9


@dataclass(frozen=True, slots=True)
class Expansion:
    """What was made, and how many examples were dropped for which reason."""

    examples: tuple[BlueprintExample, ...]
    dropped: Mapping[str, int]

    @property
    def kinds(self) -> dict[str, int]:
        """How many examples there are of each kind; a kind that does not apply has none."""
        counts = Counter(example.meta.kind for example in self.examples)
        return {kind: counts[kind] for kind in KINDS}


def expand(domain: Domain, framework: Framework, seed: int, drills: int = 0) -> Expansion:
    """Make every kind of example from ``domain``, taken apart by ``framework``.

    ``seed`` decides wordings and wrong options; each topic has ``drills`` drills besides. No two
    examples ask the same, and no two resemble each other by 0.9 or more (user and assistant text,
    word shingles).
    """
    source = Source.of(domain, framework, seed, drills)
    return _distinct(
        BlueprintExample.made(
            system=domain.style,
            domain=domain.domain,
            user=draft.user,
            assistant=draft.assistant,
            topic=draft.topic,
            group=draft.group,
            framework=draft.framework,
            kind=draft.kind,
            evolution=draft.evolution,
            closed=draft.closed,
        )
        for kind in KINDS.values()
        for draft in kind(source)
    )


def combine(expansions: Iterable[Expansion]) -> Expansion:
    """Join the expansions of several domains or seeds; duplicates among them go as well."""
    parts = list(expansions)
    joined = _distinct(example for part in parts for example in part.examples)
    total = Counter(joined.dropped)
    for part in parts:
        total.update(part.dropped)
    return Expansion(joined.examples, MappingProxyType({k: total[k] for k in joined.dropped}))


def _distinct(made: Iterable[BlueprintExample]) -> Expansion:
    asked: dict[str, BlueprintExample] = {}
    count = 0
    for example in made:
        count += 1
        # Letter case and spacing make no other question.
        asked.setdefault(" ".join(example.user.casefold().split()), example)
    first = list(asked.values())
    near = set(near_duplicates([f"{e.user}\n{e.assistant}" for e in first], _THRESHOLD))
    examples = tuple(example for n, example in enumerate(first) if n not in near)
    dropped = {SAME_QUESTION: count - len(first), NEAR_DUPLICATE: len(near)}
    return Expansion(examples, MappingProxyType(dropped))
