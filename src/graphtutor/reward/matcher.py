"""Finds the entities that a text names: exact, whole tokens, the longest name wins.

Names live in a dictionary of word sequences, so the cost depends on the text, not on how many
entities there are. Entity ids match letter by letter (only the width of white space is free).
Labels and aliases, when asked for, match lower-cased and stripped of punctuation; of an id and a
label of the same extent the id wins.

>>> matcher = EntityMatcher(["DNS", "DNS Timeout"])
>>> [mention.entity for mention in matcher.find("DNS Timeout is not DNS, nor DNSTimeout.")]
['DNS Timeout', 'DNS']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.reward.words import PrefixTable, Token, plain_words, tokenise

__all__ = ["EntityMatcher", "Mention"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text, at ``text[start:end]``.

    ``candidates`` are the ids of the entities that bear the name, sorted; more than one only where
    entities share a label or an alias.
    """

    candidates: tuple[str, ...]
    start: int
    end: int

    @property
    def entity(self) -> str:
        """The entity's id; of several candidates the first."""
        return self.candidates[0]


class EntityMatcher:
    """A vocabulary of names; build it once per graph."""

    def __init__(
        self, ids: Iterable[str], labels: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        """Index entity ids and, per id, the other names that it goes by."""
        exact: dict[tuple[str, ...], set[str]] = {}
        for entity in ids:
            exact.setdefault(tuple(_spaced(tokenise(entity))), set()).add(entity)
        plain: dict[tuple[str, ...], set[str]] = {}
        for entity, names in (labels or {}).items():
            for name in names:
                plain.setdefault(tuple(t.text for t in plain_words(name)), set()).add(entity)
        for empty in (exact, plain):
            empty.pop((), None)
        self._ids = PrefixTable({k: tuple(sorted(v)) for k, v in exact.items()}, joint="")
        self._labels = PrefixTable({k: tuple(sorted(v)) for k, v in plain.items()})
        self._has_labels = bool(plain)

    @classmethod
    def from_graph(cls, graph: KnowledgeGraph, labels: bool = False) -> EntityMatcher:
        """Index the ids of ``graph``, with ``labels`` also its labels and aliases."""
        other = {e.id: (e.label, *e.aliases) for e in graph.entities} if labels else None
        return cls((entity.id for entity in graph.entities), other)

    def find(self, text: str) -> tuple[Mention, ...]:
        """Return the mentions in ``text`` in order; they do not overlap."""
        tokens = tokenise(text)
        words = _spaced(tokens)
        labels = self._find_labels(text, tokens) if self._has_labels else {}
        mentions: list[Mention] = []
        at = 0
        while at < len(tokens):
            start = tokens[at].start
            mention = labels.get(start)
            found = self._ids.longest(words, at)
            if found and (mention is None or tokens[found[0] - 1].end >= mention.end):
                mention = Mention(found[1], start, tokens[found[0] - 1].end)
            at += 1
            if mention:
                mentions.append(mention)
                while at < len(tokens) and tokens[at].start < mention.end:
                    at += 1
        return tuple(mentions)

    def _find_labels(self, text: str, tokens: list[Token]) -> dict[int, Mention]:
        # A label ignores the punctuation inside it, but it begins and ends where whole tokens do.
        starts = {token.start for token in tokens}
        ends = {token.end for token in tokens}
        plain = plain_words(text)
        words = [token.text for token in plain]
        mentions: dict[int, Mention] = {}
        for at, token in enumerate(plain):
            found = self._labels.longest(words, at) if token.start in starts else None
            if found and plain[found[0] - 1].end in ends:
                mentions[token.start] = Mention(found[1], token.start, plain[found[0] - 1].end)
        return mentions


def _spaced(tokens: list[Token]) -> list[str]:
    """Mark each token that follows white space with one space; ids keep their own spaces so."""
    spaced: list[str] = []
    end = 0
    for token in tokens:
        spaced.append(f" {token.text}" if spaced and token.start > end else token.text)
        end = token.end
    return spaced
