"""Reads the statements of a trace: which entity is joined to which by which relation's phrase.

Knows wording only, nothing of the graph's edges; ``claims`` explains the rule and gives verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from graphtutor.graph.records import Relation
from graphtutor.reward.matcher import Mention
from graphtutor.reward.words import PrefixTable, Token, tokenise
from graphtutor.tasks.wording import noun_of, phrase_of

__all__ = ["Statement", "StatementReader"]

_SENTENCE_ENDS: Final = frozenset(".!?;\u2026\u3002\uff01\uff1b\uff1f")
_ADVERBS: Final = frozenset(
    "also commonly finally frequently generally mostly normally often then typically "
    "usually".split()
)
_CONNECTORS: Final = (
    *_ADVERBS,
    *"a an and but first hence lastly next second so the thereby therefore third thus".split(),
    "in turn",
)
"""Words that may stand anywhere and say nothing about how entities are related."""
_PRONOUNS: Final = frozenset("it that they these this which".split())
_JOINTS: Final = frozenset("and but".split())
"""Before a phrase they take up the subject of the statement before: "A uses B and shows C"."""
_OBJECT_PRONOUNS: Final = frozenset("it they".split())
"""Pronouns that cannot introduce a noun: after a phrase they stand for an entity not named."""


class Statement(NamedTuple):
    """One statement at ``trace[start:end]``.

    ``relations`` are the ids of the relations that its phrase may mean, empty if it means none;
    ``source`` or ``target`` is None where no known entity stands.
    """

    source: Mention | None
    relations: tuple[str, ...]
    target: Mention | None
    start: int
    end: int


class _Item(NamedTuple):
    kind: Literal["entity", "relation", "pronoun", "and", "unread"]
    start: int
    end: int
    mention: Mention | None = None
    relations: tuple[str, ...] = ()
    word: str = ""


class StatementReader:
    """The compiled phrases of some relations and nouns of some entity types."""

    def __init__(self, relations: Sequence[Relation], types: Sequence[str]) -> None:
        """Compile; of equal wordings a phrase goes before a label and a label before an id."""
        phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
        for wording in (phrase_of, _label_of, _id_of):
            found: dict[tuple[str, ...], tuple[str, ...]] = {}
            for relation in relations:
                words = _words(wording(relation))
                found[words] = (*found.get(words, ()), relation.id)
            phrases = {**found, **phrases}
        phrases.pop((), None)
        self._phrases = PrefixTable(phrases)
        dropped = {_words(text): True for text in (*_CONNECTORS, *map(noun_of, types))}
        self._dropped = PrefixTable({words: yes for words, yes in dropped.items() if words})

    def read(self, trace: str, mentions: Sequence[Mention]) -> Iterator[Statement]:
        """Yield the statements of ``trace`` in order, in time linear in its length."""
        last: Mention | None = None
        for items in self._sentences(trace, mentions):
            named = [item.mention for item in items if item.mention]
            taken_up = bool(items) and items[0].kind == "pronoun" and last is not None
            if len(named) + taken_up > 1 or any(item.kind == "relation" for item in items):
                yield from _Sentence(last).read(items)
            # After a sentence about something else a pronoun no longer means the entity before it.
            last = named[-1] if named else None if items else last

    def _sentences(self, trace: str, mentions: Sequence[Mention]) -> Iterator[list[_Item]]:
        items: list[_Item] = []
        words: list[Token] = []
        ahead = iter(mentions)
        mention = next(ahead, None)
        for token in tokenise(trace):
            if mention and token.start >= mention.start:
                if token.end == mention.end:
                    items += self._items(words)
                    items.append(_Item("entity", mention.start, mention.end, mention))
                    words, mention = [], next(ahead, None)
            elif token.is_word:
                words.append(token)
            elif token.text in _SENTENCE_ENDS:
                yield items + self._items(words)
                items, words = [], []
        yield items + self._items(words)

    def _items(self, tokens: Sequence[Token]) -> list[_Item]:
        """Read the words between two entities."""
        items: list[_Item] = []
        words = [token.text.lower() for token in tokens]
        at = 0
        while at < len(words):
            start = tokens[at].start
            phrase = self._phrases.longest(words, at, skip=_ADVERBS)
            if phrase:
                at = phrase[0]
                items.append(_Item("relation", start, tokens[at - 1].end, relations=phrase[1]))
                continue
            dropped = self._dropped.longest(words, at)
            word, after = words[at], dropped[0] if dropped else at + 1
            if word in _JOINTS and not items:
                items.append(_Item("and", start, tokens[at].end))
            elif word in _PRONOUNS:
                items.append(_Item("pronoun", start, tokens[at].end, word=word))
            # Bare numbers number the steps of a list.
            elif not dropped and not word.isdecimal():
                items.append(_Item("unread", start, tokens[at].end))
            at = after
        return items


class _Sentence:
    """The state while one sentence is read from left to right."""

    def __init__(self, antecedent: Mention | None) -> None:
        self._antecedent = antecedent
        self._opened = False
        self._subject: Mention | None = None
        self._before: Mention | None = None
        self._relations: tuple[str, ...] | None = None
        self._unread = False
        self._unknown_subject = False
        self._start = -1
        self._end = -1

    def read(self, items: Sequence[_Item]) -> Iterator[Statement]:
        joined = False
        for item in items:
            if self._start < 0:
                self._start = item.start
            self._end = item.end
            if item.mention:
                yield from self._entity(item.mention)
            elif item.kind == "relation":
                if joined and self._before:
                    self._subject = self._before
                self._relation(item.relations)
            elif item.kind == "pronoun" and not self._is_object(item.word):
                self._pronoun()
            elif item.kind != "and":
                yield from self._unread_words()
            self._opened = True
            joined = item.kind == "and"
        if self._relations is not None:
            yield self._statement(None)
        elif self._unread and self._subject:
            self._relations = ()
            yield self._statement(None)

    def _is_object(self, word: str) -> bool:
        return self._relations is not None and word in _OBJECT_PRONOUNS

    def _entity(self, mention: Mention) -> Iterator[Statement]:
        if self._unread and self._relations is None:
            self._relations = ()
        if self._relations is not None:
            yield self._statement(mention)
        self._subject, self._start = mention, mention.start
        self._unread = self._unknown_subject = False

    def _relation(self, relations: tuple[str, ...]) -> None:
        # Two phrases in a row, or a phrase that other words modify, mean no relation we know.
        modified = self._relations is not None or (self._unread and self._subject is not None)
        self._relations = () if modified else relations
        self._unread = False

    def _pronoun(self) -> None:
        if not self._opened:
            self._subject = self._antecedent

    def _unread_words(self) -> Iterator[Statement]:
        if self._relations is not None:
            yield self._statement(None)
            self._subject, self._unknown_subject = None, True
        elif not self._unknown_subject:
            self._unread = True

    def _statement(self, target: Mention | None) -> Statement:
        statement = Statement(self._subject, self._relations or (), target, self._start, self._end)
        self._relations, self._start, self._before = None, -1, self._subject
        return statement


def _words(text: str) -> tuple[str, ...]:
    # The words as a trace's tokens have them: "pre-empts" is one word here and there.
    return tuple(token.text.lower() for token in tokenise(text) if token.is_word)


def _label_of(relation: Relation) -> str:
    return relation.label


def _id_of(relation: Relation) -> str:
    return relation.id
