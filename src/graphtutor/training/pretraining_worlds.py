"""Random worlds for pretraining: typed graphs whose facts live for a while, then vanish.

While a world lives, the model is asked chains through it and has to keep its facts in its weights,
as it will have to with the user's graph; the next world takes them away again. What stays is what
all worlds share: following a stated chain, recalling by entity and relation, choosing the branch
that an option holds, naming the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from graphtutor.training.pretraining_names import Lexicon

__all__ = ["Chain", "World", "fresh_chain", "make_world", "world_chain"]


_SHARED: Final = 0.3
"""How often a type takes a phrase that serves another type already."""
_LOOPS: Final = 0.2
"""How often a relation leads to its own type, beside the chance of drawing it."""


@dataclass(frozen=True)
class Chain:
    """One question's material: entities, phrases and nouns along it, and four options."""

    entities: tuple[str, ...]
    phrases: tuple[str, ...]
    nouns: tuple[str, ...]
    options: tuple[str, ...]
    facts: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class World:
    """A typed graph: ``targets[entity][relation]`` are entity numbers."""

    names: tuple[str, ...]
    type_of: tuple[int, ...]
    members: tuple[tuple[int, ...], ...]
    nouns: tuple[str, ...]
    phrases: tuple[str, ...]
    targets: tuple[dict[int, tuple[int, ...]], ...]


def make_world(words: Sequence[str], random: Random) -> World:
    """Draw a world of 120-280 entities, 2-6 types, 1-4 relations a type, fan-out 1.0-1.3.

    A relation may lead back to its own type, and a phrase may serve several types, as "depends on"
    does in a real graph: what comes next cannot be told from the entity alone, only from the
    question.
    """
    lexicon = Lexicon.draw(words, random.randint(120, 320), random)
    types = random.randint(2, 6)
    count = random.randint(120, 280)
    names = lexicon.names(count, random)
    type_of = tuple(index % types for index in range(count))
    members = tuple(tuple(range(kind, count, types)) for kind in range(types))
    branching = random.uniform(0.0, 0.3)
    phrases: list[str] = []
    leads_to: dict[tuple[int, int], int] = {}
    for kind in range(types):
        for _ in range(random.choices((1, 2, 3, 4), (10, 35, 40, 15))[0]):
            if phrases and random.random() < _SHARED:
                relation = random.randrange(len(phrases))
            elif (phrase := lexicon.phrase(random)) not in phrases:
                relation = len(phrases)
                phrases.append(phrase)
            else:
                continue
            target = kind if random.random() < _LOOPS else random.randrange(types)
            leads_to.setdefault((kind, relation), target)
    targets: list[dict[int, tuple[int, ...]]] = [{} for _ in range(count)]
    for (source, relation), target in leads_to.items():
        for entity in members[source]:
            pool = [other for other in random.sample(members[target], 3) if other != entity]
            size = 2 if random.random() < branching else 1
            targets[entity][relation] = tuple(pool[:size])
    nouns: list[str] = []
    while len(nouns) < types:
        noun = lexicon.noun(random)
        if noun not in nouns:
            nouns.append(noun)
    return World(tuple(names), type_of, members, tuple(nouns), tuple(phrases), tuple(targets))


def world_chain(world: World, hops: int, random: Random) -> Chain | None:
    """Walk ``hops`` hops without repeating an entity; None where the walk gets stuck."""
    path = [random.randrange(len(world.names))]
    relations: list[int] = []
    for _ in range(hops):
        ways = list(world.targets[path[-1]].items())
        if not ways:
            return None
        relation, ends = random.choice(ways)
        end = random.choice(ends)
        if end in path:
            return None
        relations.append(relation)
        path.append(end)
    reached = {path[0]}
    for relation in relations:
        reached = {end for entity in reached for end in world.targets[entity].get(relation, ())}
    answer = path[-1]
    others = [e for e in world.members[world.type_of[answer]] if e not in reached and e not in path]
    if len(others) < 3:
        return None
    options = [answer, *random.sample(others, 3)]
    random.shuffle(options)
    return Chain(
        tuple(world.names[e] for e in path),
        tuple(world.phrases[r] for r in relations),
        tuple(world.nouns[world.type_of[e]] for e in path[1:]),
        tuple(world.names[e] for e in options),
    )


def fresh_chain(words: Sequence[str], hops: int, random: Random) -> Chain:
    """Draw a chain over names never used before, with the facts it needs among others, shuffled."""
    lexicon = Lexicon.draw(words, random.randint(8, 40), random)
    names = lexicon.names(hops + 1 + 7, random)
    path, others = names[: hops + 1], names[hops + 1 :]
    phrases = list(dict.fromkeys(lexicon.phrase(random) for _ in range(6)))
    chain_phrases = [random.choice(phrases) for _ in range(hops)]
    nouns = [lexicon.noun(random) for _ in range(3)]
    facts = [(path[i], chain_phrases[i], path[i + 1]) for i in range(hops)]
    for _ in range(random.randint(1, 5)):
        source = random.choice(names)
        taken = {phrase for subject, phrase, _ in facts if subject == source}
        free = [phrase for phrase in phrases if phrase not in taken]
        if free:
            target = random.choice([name for name in names if name != source])
            facts.append((source, random.choice(free), target))
    random.shuffle(facts)
    options = [path[-1], *random.sample(others, 3)]
    random.shuffle(options)
    return Chain(
        tuple(path),
        tuple(chain_phrases),
        tuple(random.choice(nouns) for _ in range(hops)),
        tuple(options),
        tuple(facts),
    )
