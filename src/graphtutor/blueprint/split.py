"""Split examples by topic: what is held out was never seen, not even as a wrong option."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from graphtutor.blueprint.example import BlueprintExample
from graphtutor.errors import ConfigError
from graphtutor.io.seed import random_stream

__all__ = ["Split", "split_by_topic"]


@dataclass(frozen=True, slots=True)
class Split:
    """Examples to train on and examples held out, each in the order in which they came."""

    train: tuple[BlueprintExample, ...]
    valid: tuple[BlueprintExample, ...]


def split_by_topic(examples: Sequence[BlueprintExample], valid_share: float, seed: int) -> Split:
    """Hold out about ``valid_share`` of the groups of topics; no topic is on both sides.

    Topics, evolutions and orders of evolutions of each domain are split on their own, so that all
    of them are held out where there are two groups or more; a lone group is trained on. A group
    ``name/1+2`` shows what ``name/1`` and ``name/2`` hold, and is held out where one of them is.
    Whichever examples come, those that share a topic or a group stay together. Raises ConfigError
    unless 0 < ``valid_share`` < 1.
    """
    if not 0 < valid_share < 1:
        raise ConfigError(
            "valid_share", wanted="a share between 0 and 1, both excluded", got=str(valid_share)
        )
    units = _units(examples)
    strata: defaultdict[str, list[str]] = defaultdict(list)
    for unit in sorted(set(units)):
        if "+" not in unit:
            strata[unit.rpartition("/")[0]].append(unit)
    held: set[str] = set()
    for name in sorted(strata):
        names = strata[name]
        count = min(max(1, round(valid_share * len(names))), len(names) - 1)
        stream = random_stream("blueprint-split", seed, name)
        held.update(names[int(n)] for n in stream.permutation(len(names))[:count])
    held.update([unit for unit in units if not held.isdisjoint(_parts(unit))])
    sides = list(zip(examples, units, strict=True))
    return Split(
        train=tuple(example for example, unit in sides if unit not in held),
        valid=tuple(example for example, unit in sides if unit in held),
    )


def _parts(unit: str) -> list[str]:
    name, _, numbers = unit.rpartition("/")
    return [f"{name}/{number}" for number in numbers.split("+")]


def _units(examples: Sequence[BlueprintExample]) -> list[str]:
    """Return for each example the least group that it is joined to by shared topics."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    first: dict[tuple[str, str], str] = {}
    for example in examples:
        meta = example.meta
        one, other = root(meta.group), root(first.setdefault((meta.domain, meta.topic), meta.group))
        parent[max(one, other)] = min(one, other)
    return [root(example.meta.group) for example in examples]
