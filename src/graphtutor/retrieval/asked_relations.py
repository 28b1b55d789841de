"""Which relations of a graph the words around an entity ask for, and in which direction.

A relation's own phrases come first: in "X is caused by a fault that uses a tool" they are a chain.
Where none stands as it is, stems are compared ("What causes X?" with ``is caused by``), and voice
and place say who is the subject: a passive phrase has its subject before it, the active verb after.

>>> from graphtutor.graph.records import Relation
>>> words = RelationWords([Relation(id="caused_by", label="caused by"),
...                        Relation(id="leads_to", label="leads to")])
>>> words.read("What causes ", "?"), words.read("What does ", " cause?")
([Asked(relations=(0,), forward=True)], [Asked(relations=(0,), forward=False)])
>>> words.read("", " leads to a fault that is caused by what?")[0]
Asked(relations=(1, 0), forward=True)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from graphtutor.graph.records import Relation
from graphtutor.retrieval.terms import terms
from graphtutor.reward.matcher import EntityMatcher
from graphtutor.tasks.wording import phrase_of

__all__ = ["Asked", "RelationWords", "is_passive"]

_PASSIVE_PHRASE: Final = re.compile(r"(is|are|was|were) ")
_PARTICIPLE: Final = re.compile(r"\w+(ed|wn|en)")
_WORD: Final = re.compile(r"\w+")


class Asked(NamedTuple):
    """Relations by number, to be followed from the entity; or one that leads into it."""

    relations: tuple[int, ...]
    forward: bool


def is_passive(relation: Relation) -> bool:
    """Tell whether the phrase of ``relation`` says "is ... by" and the like."""
    return _PASSIVE_PHRASE.match(phrase_of(relation)) is not None


class RelationWords:
    """The phrases and stems of a graph's relations."""

    def __init__(self, relations: Sequence[Relation]) -> None:
        """Index phrases and labels as they are, and their stems."""
        names = {str(n): (phrase_of(r), r.label) for n, r in enumerate(relations)}
        self._phrases = EntityMatcher((), names)
        self._passive = [is_passive(relation) for relation in relations]
        self._stems: dict[tuple[str, ...], list[int]] = {}
        for number, relation in enumerate(relations):
            for wording in dict.fromkeys((phrase_of(relation), relation.label, relation.id)):
                stems = tuple(terms(wording))
                if stems and number not in self._stems.setdefault(stems, []):
                    self._stems[stems].append(number)

    def read(self, before: str, after: str) -> list[Asked]:
        """Return what the words before and after an entity may ask for, the likeliest first."""
        found: list[Asked] = []
        for text, forward in ((after, True), (before, False)):
            rows = [
                tuple(int(number) for number in mention.candidates)
                for mention in self._phrases.find(text)
            ]
            if rows and forward:
                found.append(Asked(tuple(row[0] for row in rows), forward=True))
            elif rows:
                found += [Asked((number,), forward=False) for number in rows[-1]]
        for text, stands_after in ((after, True), (before, False)):
            for number in self._named(text):
                flipped = self._passive[number] != self._is_passive(number, text)
                found.append(Asked((number,), forward=stands_after != flipped))
        return [*dict.fromkeys(found)]

    def _named(self, text: str) -> list[int]:
        """Return the relations whose stems stand in a row in ``text``, in order."""
        stems = terms(text)
        longest = max(map(len, self._stems), default=0)
        found: list[int] = []
        at = 0
        while at < len(stems):
            for size in range(min(longest, len(stems) - at), 0, -1):
                numbers = self._stems.get(tuple(stems[at : at + size]))
                if numbers:
                    found += numbers
                    at += size - 1
                    break
            at += 1
        return found

    def _is_passive(self, number: int, text: str) -> bool:
        """Tell whether the verb of the relation stands in ``text`` as "fixed" or "shown by"."""
        words = _WORD.findall(text.lower())
        stems = {stem for key, numbers in self._stems.items() if number in numbers for stem in key}
        verbs = [word for word in words if not stems.isdisjoint(terms(word))]
        return "by" in words or any(_PARTICIPLE.fullmatch(verb) for verb in verbs)
