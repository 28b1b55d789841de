"""Frames for pretraining questions: every question is worded anew, by parts drawn at random.

A model that meets few wordings learns their frames by heart: it takes an opening word that it does
not know for the start entity, and loses its place at a joint that it has never seen. So the lead,
the place of the start, the joints between the hops, the articles and the close are drawn each for
itself, half of them from English, half of them from any words. The leads, joints and closes that
the tasks hold out for evaluation (:data:`graphtutor.tasks.wording.HELD_OUT_TEMPLATES`) are not
among them.

>>> framed("Rain", ["causes", "harms"], ["event", "crop"], "oak blue".split(), Random(3))
'They causes that event, harms that crop. Think of Rain. Which crop is it?'
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

__all__ = ["framed"]

_HELD_OUT: Final = frozenset(
    "consider it this some final called for comes out when any and the latter".split()
)
_LEADS: Final = (
    "Take",
    "Start at",
    "Begin with",
    "Suppose that",
    "We know that",
    "Look at",
    "Given",
    "Think of",
    "From",
    "Say",
)
_PRONOUNS: Final = ("That", "He", "Something", "This one", "They", "One", "Such")
_JOINTS: Final = (
    " that ",
    ", which ",
    "; that ",
    ", then ",
    ", and that ",
    " and then ",
    ", and which ",
    "; ",
    ", ",
    " -> ",
    ", who ",
    ", next ",
)
_ARTICLES: Final = ("a", "a", "one", "the", "its", "each", "another", "that", "")
_ASKS: Final = (
    "Which {} is it?",
    "Name the last {}.",
    "Find the {}.",
    "Which {} do you reach?",
    "Give the {}.",
    "What {} is meant?",
    "Tell me the {}.",
    "Which {} stands at the end?",
)


def framed(
    start: str,
    phrases: Sequence[str],
    nouns: Sequence[str],
    words: Sequence[str],
    random: Random,
) -> str:
    """Ask for the end of a chain in a frame of its own.

    ``phrases`` and ``nouns`` have one entry a hop; ``words`` are what any words are drawn from.
    """
    body = _body(phrases, nouns, words, random)
    ask = _ask(nouns[-1], words, random)
    place = random.random()
    if place < 0.3:
        told = f"{start} {body}"
    elif place < 0.55:
        joint = random.choice(("", ",", ":", " and", ", which", ": it", " so"))
        told = f"{_lead(words, random)} {start}{joint} {body}"
    elif place < 0.8:
        told = f"{_lead(words, random)} {start}. {_pronoun(words, random)} {body}"
    else:
        told = f"{_pronoun(words, random)} {body}. {_lead(words, random)} {start}"
    if random.random() < 0.5:
        return f"{ask[:-1]}{random.choice((':', '.', ',', '?'))} {told}."
    return f"{told}. {ask}"


def _body(
    phrases: Sequence[str], nouns: Sequence[str], words: Sequence[str], random: Random
) -> str:
    joint = random.choice(_JOINTS) if random.random() < 0.5 else _any_joint(words, random)
    article = random.choice(_ARTICLES) if random.random() < 0.6 else _any(words, random)
    form = random.random()
    if form < 0.15:
        return joint.join(phrases)
    if form < 0.35:
        # Each hop says again what it begins with.
        named = random.choice(("that", "the", _any(words, random)))
        hops = [f"{phrases[0]} {_noun(article, nouns[0])}"]
        hops += [
            f"{named} {before} {phrase} {_noun(article, noun)}"
            for before, phrase, noun in zip(nouns[:-1], phrases[1:], nouns[1:], strict=True)
        ]
        return random.choice(("; ", ", ", " and ", ". ")).join(hops)
    return joint.join(
        f"{phrase} {_noun(article, noun)}" for phrase, noun in zip(phrases, nouns, strict=True)
    )


def _noun(article: str, noun: str) -> str:
    if article == "a" and noun[:1] in "aeiou":
        article = "an"
    return f"{article} {noun}" if article else noun


def _lead(words: Sequence[str], random: Random) -> str:
    if random.random() < 0.4:
        return random.choice(_LEADS)
    said = " ".join(_any(words, random) for _ in range(random.choice((1, 1, 2, 3))))
    return said.capitalize() if random.random() < 0.8 else said


def _pronoun(words: Sequence[str], random: Random) -> str:
    return random.choice(_PRONOUNS) if random.random() < 0.5 else _any(words, random).capitalize()


def _any_joint(words: Sequence[str], random: Random) -> str:
    said = " ".join(_any(words, random) for _ in range(random.choice((1, 2, 2))))
    return f"{random.choice(('', ',', ';', ' and', ', and'))} {said} "


def _ask(last: str, words: Sequence[str], random: Random) -> str:
    if random.random() < 0.6:
        return random.choice(_ASKS).format(last)
    before = " ".join(_any(words, random) for _ in range(random.choice((1, 2)))).capitalize()
    after = " ".join(_any(words, random) for _ in range(random.choice((0, 1, 2))))
    return f"{before} {last} {after}".rstrip() + random.choice("?.")


def _any(words: Sequence[str], random: Random) -> str:
    while (word := random.choice(words)) in _HELD_OUT:
        pass
    return word
