"""Which type of thing a question asks for, read off its words.

A question of ours states the type by its template, and is compared word for word. Any other wording
is read with care: the noun of a type has to follow an interrogative ("which tool", "what is the
root cause", "name the last symptom"), with nothing between but words that cannot change what is
asked for. What is not read for certain is not stated: "What issue does it lead to?" asks for no
type of the graph, and in "What usually causes this?" the word after "usually" is a verb.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

__all__ = ["TypeReader"]

_TOKEN: Final = re.compile(r"\w+|[^\w\s]")
_STRAIGHT: Final = {0x2019: "'"}
"""The typographic apostrophe, as in "what's"."""
_SENTENCE_END: Final = frozenset(".?!:;")
_DETERMINERS: Final = frozenset("the a an its this that his her their".split())
_COPULAS: Final = frozenset("is are was were".split())
_KINDS: Final = frozenset("kind type sort".split())
_COMMANDS: Final = frozenset(
    "name identify give find choose select pick state determine tell".split()
)
_ADJECTIVES: Final = frozenset(
    "actual best common correct direct exact final first following given last likely likeliest "
    "main more most next one only other original possible primary principal probable real right "
    "root second single specific suitable true typical ultimate underlying usual".split()
)
_ENDINGS: Final = ("able", "al", "ary", "ed", "ent", "ible", "ic", "ing", "ive", "ous")
_SET: Final = frozenset("the these those following above four options".split())
_MODIFIERS: Final = 3
"""Words that may stand between the interrogative and the noun."""

Words = tuple[str, ...]


@dataclass(frozen=True)
class TypeReader:
    """Reads the asked type of questions; ``nouns`` are the nouns of the graph's types.

    >>> reader = TypeReader.of(["cause", "tool", "data component"])
    >>> reader.asked("BadGateway is caused by a fault. Which tool shows it?")
    'tool'
    >>> reader.asked("Your service shows ClockSkew. What is the most likely underlying cause?")
    'cause'
    >>> reader.asked("What usually causes this problem?") is None
    True
    """

    nouns: tuple[Words, ...]

    @classmethod
    def of(cls, nouns: Iterable[str]) -> TypeReader:
        """Make a reader of ``nouns``, in lower case; longer ones are tried first."""
        split = {tuple(noun.split()) for noun in nouns}
        return cls(tuple(sorted(split, key=lambda words: (-len(words), words))))

    def asked(self, question: str) -> str | None:
        """Return the noun of the type that ``question`` asks for; None where it states none.

        What opens a sentence counts before what stands inside one, for there "which" may be
        relative. Two different nouns state nothing.
        """
        words = tuple(_TOKEN.findall(question.casefold().translate(_STRAIGHT)))
        opening: set[str] = set()
        inside: set[str] = set()
        for place, word in enumerate(words):
            opens = place == 0 or words[place - 1] in _SENTENCE_END
            found = self._after(words, place, word, opens)
            if found is not None:
                (opening if opens else inside).add(found)
        stated = opening or inside
        return stated.pop() if len(stated) == 1 else None

    def _after(self, words: Words, place: int, word: str, opens: bool) -> str | None:
        """Read what the interrogative at ``place`` asks for, if it is one."""
        after = place + 1
        if word in _COMMANDS and opens:
            return self._phrase(words, after) if _in(words, after, _DETERMINERS) else None
        if word not in {"which", "what"}:
            return None
        if _in(words, after, _KINDS) and words[after + 1 : after + 2] == ("of",):
            return self._noun(words, after + 2, wide=False)
        if words[after : after + 1] == ("of",):
            after += 1
            while _in(words, after, _SET):
                after += 1
            return self._noun(words, after, wide=False, plural=True)
        if words[after : after + 2] == ("'", "s"):
            after += 2
        elif _in(words, after, _COPULAS):
            after += 1
        else:
            return self._noun(words, after, wide=word == "which" and opens)
        return self._phrase(words, after) if _in(words, after, _DETERMINERS) else None

    def _phrase(self, words: Words, place: int) -> str | None:
        """Read the noun after the determiner at ``place``, or after "the name of the"."""
        place += 1
        if words[place : place + 2] == ("name", "of"):
            place += 2
            place += _in(words, place, _DETERMINERS)
        return self._noun(words, place, wide=True)

    def _noun(self, words: Words, place: int, *, wide: bool, plural: bool = False) -> str | None:
        """Read adjectives and then the noun of a type; ``wide`` takes more words for adjectives."""
        for skipped in range(_MODIFIERS + 1):
            found = self._at(words, place + skipped, plural)
            if found:
                # Two nouns in a row are one compound ("diagnostic tool"); its last part counts.
                following = self._at(words, place + skipped + len(found), plural)
                return " ".join(following or found)
            word = words[place + skipped] if place + skipped < len(words) else "."
            if word not in _ADJECTIVES and not (wide and word.endswith(_ENDINGS)):
                return None
        return None

    def _at(self, words: Words, place: int, plural: bool) -> Words | None:
        for noun in self.nouns:
            here = words[place : place + len(noun)]
            if here == noun or (plural and here in {_with(noun, "s"), _with(noun, "es")}):
                return noun
        return None


def _with(noun: Words, ending: str) -> Words:
    return (*noun[:-1], noun[-1] + ending)


def _in(words: Words, place: int, among: frozenset[str]) -> bool:
    return place < len(words) and words[place] in among
