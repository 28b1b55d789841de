"""An answer with its sources, and what makes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.found import Found

__all__ = ["Answer", "AnswerSentence", "Answerer", "Source", "number_sources"]


@dataclass(frozen=True, slots=True)
class Source:
    """A chunk that was retrieved, under the ``number`` by which an answer cites it.

    ``path`` are the ids of the entities along the chain of the graph that a statement is part of;
    empty for other sources.
    """

    number: int
    chunk: Chunk
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence; ``citations`` are numbers of sources, ascending.

    ``supported`` is what :mod:`graphtutor.retrieval.groundedness` says of it and the sources that
    it cites; where not, ``problem`` says why.
    """

    text: str
    citations: tuple[int, ...]
    supported: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered.

    ``abstained`` means that the sources do not answer the question, ``reason`` why; sentences that
    a model wrote all the same are kept, each marked as not supported. ``context_tokens`` is how
    much the model read, 0 where none was asked; ``left_out`` how many retrieved chunks did not fit
    into its window; ``removed_citations`` how many it gave of sources that there are not.
    """

    question: str
    sentences: tuple[AnswerSentence, ...]
    sources: tuple[Source, ...]
    abstained: bool
    reason: str = ""
    context_tokens: int = 0
    left_out: int = 0
    removed_citations: int = 0
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The sentences in one line, each with its citations."""
        return " ".join(
            sentence.text + "".join(f" [{number}]" for number in sentence.citations)
            for sentence in self.sentences
        )

    @property
    def cited(self) -> tuple[Source, ...]:
        """The sources that the sentences cite, in order."""
        numbers = {number for sentence in self.sentences for number in sentence.citations}
        return tuple(source for source in self.sources if source.number in numbers)

    def to_json(self) -> dict[str, Any]:
        """Return the answer as JSON types."""
        sources = [
            {"number": source.number, "path": list(source.path), **source.chunk.payload()}
            for source in self.sources
        ]
        return {**asdict(self), "sources": sources}


class Answerer(Protocol):
    """Answers from what was retrieved, and from nothing else."""

    def answer(self, found: Found) -> Answer:
        """Answer the question, or abstain; every citation is one of the answer's sources."""
        ...


def number_sources(
    chains: Sequence[Sequence[Chunk]], chunks: Sequence[Chunk]
) -> tuple[Source, ...]:
    """Number statements of chains, then other chunks, from 1; each chunk once."""
    paths: dict[str, tuple[str, ...]] = {}
    known: dict[str, Chunk] = {}
    for chain in chains:
        path = _path([chunk.entities for chunk in chain])
        for chunk in chain:
            paths.setdefault(chunk.id, path)
            known.setdefault(chunk.id, chunk)
    for chunk in chunks:
        known.setdefault(chunk.id, chunk)
    return tuple(
        Source(number, chunk, paths.get(chunk.id, ()))
        for number, chunk in enumerate(known.values(), start=1)
    )


def _path(edges: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the entities along edges that may point against the way that is walked.

    >>> _path([("Flood", "Rain"), ("Flood", "Ruin")])
    ('Rain', 'Flood', 'Ruin')
    """
    first = edges[0]
    turned = len(edges) > 1 and first[-1] not in edges[1]
    return tuple(
        dict.fromkeys([*(first[::-1] if turned else first), *(e for p in edges for e in p)])
    )
