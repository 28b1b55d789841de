"""Names, nouns and verb phrases for pretraining worlds, drawn from a generic word list.

A world draws its names from a small part of the list, so that names share words and have to be read
whole: one to three words in CamelCase mostly, some with digits, acronyms or invented syllables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

__all__ = ["Lexicon"]

_ONSETS: Final = "b c d f g h j k l m n p r s t v w z br ch cl dr fl gr pl sh st tr".split()
_VOWELS: Final = "a e i o u ai ea io ou".split()
_CODAS: Final = ["", "", "n", "r", "l", "s", "t", "x", "nd", "rk"]
_PREPOSITIONS: Final = "by to with from in on for into at over".split()


@dataclass(frozen=True)
class Lexicon:
    """The words of one world."""

    words: tuple[str, ...]

    @classmethod
    def draw(cls, words: Sequence[str], size: int, random: Random) -> Lexicon:
        """Pick ``size`` of ``words`` (those of three letters or more)."""
        return cls(tuple(random.sample([word for word in words if len(word) >= 3], size)))

    def name(self, random: Random, longest: int = 4) -> str:
        """Return one entity name of at most ``longest`` words."""
        kind = 1.0 if longest == 1 else random.random()
        if kind < 0.12:
            return self._invented(random)
        if kind < 0.17:
            letters = "".join(random.choices("ABCDEFGHIKLMNPRSTVWX", k=random.randint(1, 3)))
            return f"{letters}{random.randint(1, 9999)}"
        count = min(longest, random.choices((1, 2, 3, 4), (18, 52, 26, 4))[0])
        parts = [random.choice(self.words).capitalize() for _ in range(count)]
        if longest == 1:
            return parts[0]
        if random.random() < 0.10:
            acronym = "".join(random.choices("ABCDEGHIKLMNPRSTVX", k=random.randint(2, 3)))
            parts[random.randrange(count)] = acronym
        elif random.random() < 0.06:
            parts[-1] = self._invented(random)
        return "".join(parts)

    def names(self, count: int, random: Random, longest: int = 4) -> list[str]:
        """Return ``count`` different names."""
        found: dict[str, None] = {}
        while len(found) < count:
            found[self.name(random, longest)] = None
        return list(found)

    def noun(self, random: Random) -> str:
        """Return a noun for an entity type."""
        if random.random() < 0.15:
            return f"{random.choice(self.words)} {random.choice(self.words)}"
        return random.choice(self.words)

    def phrase(self, random: Random) -> str:
        """Return a verb phrase for a relation."""
        verb, word = random.choice(self.words), random.choice(_PREPOSITIONS)
        return random.choice(
            (
                f"is {_participle(verb)} {word}",
                f"is {_participle(verb)} by",
                _third_person(verb),
                f"{_third_person(verb)} {word}",
                f"has {verb}",
            )
        )

    @staticmethod
    def _invented(random: Random) -> str:
        syllables = random.randint(2, 3)
        text = "".join(
            random.choice(_ONSETS) + random.choice(_VOWELS) + random.choice(_CODAS)
            for _ in range(syllables)
        )
        return text.capitalize()


def _participle(verb: str) -> str:
    return verb if verb.endswith("ed") else verb + ("d" if verb.endswith("e") else "ed")


def _third_person(verb: str) -> str:
    return verb if verb.endswith("s") else verb + "s"
