"""Answers made of the sources' own sentences: the statements of the graph, then the documents'.

A sentence scores by the share of what the question asks for that stands in it, by rarity, and
half as much for what only its context holds: headings and the sentence before are taken for granted
by whoever wrote it. The heading right above counts in full: under "Repair" all sentences repair. A
sentence that names an edge of the chain asked for, one end maybe in its context, scores 1. Where a
number is asked for, a sentence needs one. The best few are quoted in the order of their sources,
lists with the line that introduces them. Nothing is rephrased, so each sentence is supported by the
source that it cites, as far as that source is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from graphtutor.retrieval.answer import Answer, AnswerSentence, Source, number_sources
from graphtutor.retrieval.answerable import Gate
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.citations import without_marks
from graphtutor.retrieval.coverage import Wanted, share_found
from graphtutor.retrieval.found import Found
from graphtutor.retrieval.groundedness import numbers_in
from graphtutor.retrieval.linking import Linker
from graphtutor.retrieval.passages import Passage, listed_after, listed_around, passages_of
from graphtutor.retrieval.terms import terms

__all__ = ["ExtractiveAnswerer"]

_LEAST: Final = 0.4
"""What a sentence has to score to be quoted; set on the same claims as the gate's share."""
_CONTEXT: Final = 0.5
"""What the context holds counts half: it says what a sentence is about, not what it says."""
_LIKE_BEST: Final = 0.8
"""A further sentence scores at least this share of the best one's score."""
_MOST: Final = 3
"""Sentences quoted from documents, lists not counted: an answer, not a summary."""
_SAME: Final = 0.8
"""Sentences that share this much of their terms (Jaccard) say the same thing."""
_ASKS_NUMBER: Final = re.compile(
    r"\b(?:how (?:many|much|long|often|large|big|old|far|fast|high|low)|when)\b|"
    r"\b(?:what|which) (?:port|version|number|size|percentage|threshold)\b",
    re.I,
)
_NUMBER_WORD: Final = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|"
    r"once|twice|half|hourly|daily|weekly|monthly|yearly)\b",
    re.I,
)
_ASKS_STEPS: Final = re.compile(
    r"\bhow (?:do|does|can|could|should|would|to|is|are)\b|\bsteps?\b", re.I
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    source: Source
    rank: int
    place: int
    passages: tuple[Passage, ...]
    score: float

    @property
    def passage(self) -> Passage:
        return self.passages[self.place]


class ExtractiveAnswerer:
    """Quotes; needs no model."""

    def __init__(self, gate: Gate) -> None:
        """Abstain where ``gate`` says that what was found does not answer."""
        self._gate = gate

    def answer(self, found: Found) -> Answer:
        """Quote what answers; see :class:`graphtutor.retrieval.answer.Answerer`."""
        sources = number_sources(found.chains, [hit.chunk for hit in found.hits])
        nothing = Answer(found.question, (), sources, abstained=True, notes=found.notes)
        refusal = self._gate.refusal(found)
        if refusal:
            return replace(nothing, reason=refusal)
        by_id = {source.chunk.id: source for source in sources}
        sentences = [
            AnswerSentence(without_marks(chunk.text), (by_id[chunk.id].number,), supported=True)
            for chunk in dict.fromkeys(c for chain in found.chains for c in chain)
        ]
        told = {chunk.id for chain in found.chains for chunk in chain}
        ranked = [by_id[hit.chunk.id] for hit in found.hits if hit.chunk.id not in told]
        edges = {frozenset(chunk.entities) for chain in found.chains for chunk in chain}
        sentences += self._quotes(found.question, ranked, edges)
        if not sentences:
            return replace(nothing, reason="no sentence of what was found holds what is asked for")
        return Answer(found.question, tuple(sentences), sources, abstained=False, notes=found.notes)

    def _quotes(
        self, question: str, ranked: Sequence[Source], edges: AbstractSet[frozenset[str]]
    ) -> Iterator[AnswerSentence]:
        wanted = self._gate.wanted(question)
        linker = self._gate.linker
        candidates = [
            replace(candidate, score=max(1.0, candidate.score))
            if linker and edges and _names_edge(candidate.passage, linker, edges)
            else candidate
            for candidate in _scored(question, wanted, ranked)
        ]
        candidates.sort(key=lambda c: (-c.score, c.rank, c.place))
        least = max([_LEAST, *(_LIKE_BEST * candidate.score for candidate in candidates[:1])])
        chosen: list[_Candidate] = []
        for candidate in candidates:
            new = all(not _alike(candidate.passage, other.passage) for other in chosen)
            if candidate.score >= least and new and len(chosen) < _MOST:
                chosen.append(candidate)
        steps = bool(_ASKS_STEPS.search(question))
        quoted: set[str] = set()
        for candidate in sorted(chosen, key=lambda c: (c.rank, c.place)):
            for place in _with_list(candidate, steps):
                text = candidate.passages[place].text
                if text not in quoted:
                    quoted.add(text)
                    yield AnswerSentence(without_marks(text), (candidate.source.number,), True)


def _scored(
    question: str, wanted: Sequence[Wanted], ranked: Sequence[Source]
) -> Iterator[_Candidate]:
    number_asked = bool(_ASKS_NUMBER.search(question))
    given = numbers_in(question)

    def tells_number(text: str) -> bool:
        return bool(numbers_in(text) - given or _NUMBER_WORD.search(text))

    for rank, source in enumerate(ranked):
        passages = passages_of(source.chunk)
        above = terms(_heading(source.chunk))
        for place, passage in enumerate(passages):
            if passage.text.endswith("?") or len(passage.text.split()) < 2:
                continue
            held = [*terms(passage.text), *above]
            own = share_found(wanted, held)
            both = share_found(wanted, [*held, *terms(passage.context)])
            score = own + _CONTEXT * (both - own)
            if number_asked and not tells_number(passage.text):
                score *= _CONTEXT
            yield _Candidate(source, rank, place, passages, score)


def _heading(chunk: Chunk) -> str:
    last = chunk.section[-1] if chunk.section else ""
    return last if last != chunk.title else ""


def _names_edge(passage: Passage, linker: Linker, edges: AbstractSet[frozenset[str]]) -> bool:
    """Tell whether it names one end of an edge, and itself or its context the other."""
    here = linker.entities_in(passage.text)
    named = here | linker.entities_in(passage.context)
    return any(edge <= named and edge & here for edge in edges)


def _with_list(candidate: _Candidate, steps: bool) -> list[int]:
    """Return the places to quote: where steps are asked for, with the commands that do them."""
    place, passages = candidate.place, candidate.passages
    if steps and passages[place].kind != "sentence":
        return [*listed_around(passages, place)]
    if steps or passages[place].text.endswith(":"):
        return [place, *listed_after(passages, place)]
    return [place]


def _alike(one: Passage, other: Passage) -> bool:
    first, second = frozenset(terms(one.text)), frozenset(terms(other.text))
    return len(first & second) >= _SAME * len(first | second)
