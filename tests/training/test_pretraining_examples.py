"""Pretraining examples: made of seeds alone, well-posed, and without the tasks' output format."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from random import Random

import pytest

from graphtutor.models.nano import words
from graphtutor.tasks.task import LETTERS
from graphtutor.training.pretraining_examples import (
    LETTER_WEIGHT,
    Segment,
    binding_example,
    facts_example,
    follow_example,
    lookup_example,
    world_example,
)
from graphtutor.training.pretraining_worlds import (
    Chain,
    fresh_chain,
    make_world,
    world_chain,
)

WORDS = words()
WORLD = make_world(WORDS, Random(1))

Make = Callable[[Random], list[Segment]]

FAMILIES: dict[str, Make] = {
    "world": lambda random: world_example(WORLD, random, short=False),
    "short world": lambda random: world_example(WORLD, random, short=True),
    "facts": lambda random: facts_example(WORDS, random),
    "binding": lambda random: binding_example(WORDS, random),
    "follow": lambda random: follow_example(WORDS, random),
    "lookup": lambda random: lookup_example(WORDS, random, plain=False),
    "plain lookup": lambda random: lookup_example(WORDS, random, plain=True),
}


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Make:
    return FAMILIES[request.param]


def _text(segments: list[Segment]) -> str:
    return "".join(text for text, _ in segments)


def _options(text: str) -> dict[str, str]:
    """Read the last list of options before the first answer."""
    found = re.findall(r"^([A-D])\) (.+)$", text, re.MULTILINE)
    assert [letter for letter, _ in found] == list(LETTERS)
    return dict(found)


def test_a_world_is_a_function_of_its_seed() -> None:
    assert make_world(WORDS, Random(1)) == WORLD
    assert make_world(WORDS, Random(2)) != WORLD


def test_an_example_is_a_function_of_its_seed(family: Make) -> None:
    assert family(Random(5)) == family(Random(5))
    assert family(Random(5)) != family(Random(6))


@pytest.mark.parametrize("seed", range(6))
def test_a_world_is_a_typed_graph(seed: int) -> None:
    """Names, nouns and phrases are told apart; a type's relation leads to one type; no loops."""
    world = make_world(WORDS, Random(seed))
    assert len(set(world.names)) == len(world.names) == len(world.type_of)
    assert len(set(world.nouns)) == len(world.nouns) == len(world.members)
    assert len(set(world.phrases)) == len(world.phrases)
    leads_to: dict[tuple[int, int], set[int]] = {}
    for entity, ways in enumerate(world.targets):
        for relation, ends in ways.items():
            assert ends
            assert entity not in ends
            assert len(set(ends)) == len(ends) <= 2
            kinds = leads_to.setdefault((world.type_of[entity], relation), set())
            kinds.update(world.type_of[end] for end in ends)
    assert all(len(types) == 1 for types in leads_to.values())


def _check(chain: Chain, hops: int) -> None:
    assert len(chain.entities) == hops + 1
    assert len(set(chain.entities)) == hops + 1
    assert len(chain.phrases) == len(chain.nouns) == hops
    assert len(set(chain.options)) == 4
    assert chain.options.count(chain.entities[-1]) == 1


@pytest.mark.parametrize("hops", range(1, 7))
def test_chains_of_a_world_are_simple_and_have_one_right_option(hops: int) -> None:
    """No entity comes twice, every hop is an edge, and no wrong option can be reached."""
    number = {name: n for n, name in enumerate(WORLD.names)}
    relation = {phrase: r for r, phrase in enumerate(WORLD.phrases)}
    random, found = Random(hops), 0
    for _ in range(150):
        chain = world_chain(WORLD, hops, random)
        if chain is None:
            continue
        found += 1
        _check(chain, hops)
        reached = {number[chain.entities[0]]}
        for i, phrase in enumerate(chain.phrases):
            ends = WORLD.targets[number[chain.entities[i]]][relation[phrase]]
            assert number[chain.entities[i + 1]] in ends
            reached = {end for e in reached for end in WORLD.targets[e].get(relation[phrase], ())}
        answer = number[chain.entities[-1]]
        assert {number[option] for option in chain.options} & reached == {answer}
        assert len({WORLD.type_of[number[option]] for option in chain.options}) == 1
    assert found > 20


@pytest.mark.parametrize("hops", range(1, 7))
def test_chains_over_fresh_names_are_told_by_their_facts(hops: int) -> None:
    """Start and relations lead through the facts to the answer and to nothing else."""
    random = Random(hops)
    for _ in range(60):
        chain = fresh_chain(WORDS, hops, random)
        _check(chain, hops)
        reached = {chain.entities[0]}
        for phrase in chain.phrases:
            reached = {o for s, p, o in chain.facts if s in reached and p == phrase}
        assert reached == {chain.entities[-1]}
        assert len(set(chain.facts)) == len(chain.facts)


@pytest.mark.parametrize("name", ["world", "facts"])
def test_the_letter_is_that_of_the_chain_s_end(name: str) -> None:
    """The prompt has no weight, the path has 1, the letter its own; nothing is asked twice."""
    for seed in range(60):
        segments = FAMILIES[name](Random(seed))
        (prompt, none), (path, one), (letter, weight), *rest = segments
        assert (none, one, weight) == (0.0, 1.0, LETTER_WEIGHT)
        assert [text for text, _ in rest if text] == []
        options = _options(prompt.partition("Question: ")[2])
        assert len(set(options.values())) == 4
        said, _, asked = path.removesuffix("Choice: ").rpartition("\n")
        assert said.startswith("Path: ")
        assert asked == ""
        assert said.endswith(f" {options[letter]}.")


def test_facts_stand_in_the_prompt() -> None:
    """Every hop of the path can be read there: this family teaches reading, not recalling."""
    for seed in range(60):
        (prompt, _), (path, _), *_ = facts_example(WORDS, Random(seed))
        facts = prompt.partition("\nQuestion: ")[0].removeprefix("Facts: ")
        hops = path.removeprefix("Path: ").partition(".\nChoice")[0].split(", which ")
        subject = hops[0].partition(" ")[0]
        for hop in hops:
            said = hop if hop.startswith(f"{subject} ") else f"{subject} {hop}"
            assert f"{said}." in facts
            subject = said.rpartition(" ")[2]


def test_binding_asks_for_every_option_once() -> None:
    """All four letters, each behind a path that ends at its option; only letters are trained."""
    for seed in range(60):
        segments = binding_example(WORDS, Random(seed))
        options = _options(segments[0][0])
        asked: list[str] = []
        for (before, _), (letter, weight) in itertools.pairwise(segments):
            if weight:
                assert weight == LETTER_WEIGHT
                assert before.endswith(f" {options[letter]}.\nChoice: ")
                asked.append(letter)
        assert sorted(asked) == list(LETTERS)


@pytest.mark.parametrize("plain", [True, False])
def test_lookup_answers_by_the_list(plain: bool) -> None:
    """From name to letter, and the other way round; nothing that is trained on is wrong."""
    for seed in range(60):
        segments = lookup_example(WORDS, Random(seed), plain=plain)
        options = _options(segments[0][0])
        trained = 0
        for (before, _), (said, weight) in itertools.pairwise(segments):
            if weight == LETTER_WEIGHT:
                assert before.startswith(options[said])
            elif weight:
                assert options[before[0]] == said
            trained += bool(weight)
        assert trained == 3 + (not plain)


def test_the_output_format_of_the_tasks_is_not_among_them(family: Make) -> None:
    """The base model must score 0: it learns the format in the user's run."""
    for seed in range(20):
        text = _text(family(Random(seed)))
        assert "TRACE" not in text
        assert "ANSWER" not in text
