"""Questions with the passages that answer them, and the chunks of a store that hold these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.sentences import sentence_spans

__all__ = ["GoldChunks", "GoldPassage", "GoldQuestion", "find_gold"]


class GoldPassage(BaseModel):
    """Where an answer stands.

    ``doc`` is a document's id or its end after a slash, ``section`` one of the headings above, or
    empty. ``evidence`` are the words of the document, white space and case free; where it is empty,
    the whole section counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    doc: str
    section: str = ""
    evidence: str = ""


class GoldQuestion(BaseModel):
    """One line of a file of questions; each of ``answer`` has to be in a right answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    question: str = Field(min_length=1)
    kind: Literal["fact", "chain", "howto", "unanswerable"]
    gold: tuple[GoldPassage, ...] = ()
    answer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoldChunks:
    """``holds[i]`` are the ids of the chunks that hold gold passage i.

    ``all`` are the chunks to take away if nothing of the evidence may be left: also those that hold
    a part of it, and the same words in other documents.
    """

    holds: tuple[frozenset[str], ...]
    all: frozenset[str]

    @property
    def ids(self) -> frozenset[str]:
        """The chunks that hold any of the passages."""
        return frozenset[str]().union(*self.holds)


def find_gold(question: GoldQuestion, chunks: Sequence[Chunk]) -> GoldChunks:
    """Find the passages of ``question`` among all ``chunks`` of a store.

    Raises RetrievalError for one that is not there.
    """
    rows = [_find(question.id, passage, chunks) for passage in question.gold]
    held = [frozenset(chunk.id for chunk in found) for found, _ in rows]
    parts = frozenset[str]().union(*(removed for _, removed in rows))
    return GoldChunks(tuple(held), parts)


def _find(
    where: str, passage: GoldPassage, chunks: Sequence[Chunk]
) -> tuple[list[Chunk], frozenset[str]]:
    near = [chunk for chunk in chunks if _is_in(passage, chunk)]
    patterns = _patterns(passage.evidence)
    found = near if not patterns else []
    for wanted in (patterns[:1], patterns[1:]):  # all in one piece, or sentence by sentence
        found = found or [c for c in near if any(p.search(c.text) for p in wanted)]
    if not found:
        raise RetrievalError(
            f"question {where}",
            wanted=f"a passage of {passage.doc} in the store"
            + (f", under {passage.section}" if passage.section else ""),
            got=f"{len(near)} chunks there, none with the evidence",
            remedy="quote the document word for word, and add it to the store",
        )
    spans = [
        (chunk.doc, chunk.start + match.start(), chunk.start + match.end())
        for chunk in found
        for pattern in patterns
        for match in pattern.finditer(chunk.text)
    ]
    removed = {chunk.id for chunk in found}
    for chunk in chunks:
        if any(_overlaps(chunk, span) for span in spans) or any(
            pattern.search(chunk.text) for pattern in patterns
        ):
            removed.add(chunk.id)
    return found, frozenset(removed)


def _is_in(passage: GoldPassage, chunk: Chunk) -> bool:
    same = chunk.doc == passage.doc or chunk.doc.endswith(f"/{passage.doc}")
    return same and (not passage.section or passage.section in (chunk.title, *chunk.section))


def _overlaps(chunk: Chunk, span: tuple[str, int, int]) -> bool:
    doc, start, end = span
    return chunk.doc == doc and chunk.start < end and start < chunk.end


def _patterns(evidence: str) -> list[re.Pattern[str]]:
    """Return patterns for the whole and for each sentence of it; none for no evidence."""
    if not evidence.strip():
        return []
    return [_pattern(evidence), *_each(evidence[a:b] for a, b in sentence_spans(evidence))]


def _each(sentences: Iterable[str]) -> list[re.Pattern[str]]:
    # A sentence of one or two words stands anywhere.
    return [_pattern(sentence) for sentence in sentences if len(sentence.split()) > 2]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(map(re.escape, text.split())), re.I)
