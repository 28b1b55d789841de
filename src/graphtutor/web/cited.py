r"""An answer from documents as the page shows it: sentences, sources with what is cited marked.

>>> text = "Pumps trip.\\nThe seal [3]  lasts long. Dry."
>>> [piece.text for piece in pieces_of(text, ["The seal (3) lasts long."]) if piece.cited]
['The seal [3]  lasts long.']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from graphtutor.retrieval.answer import Answer, Source
from graphtutor.web.rates import ApiRecord
from graphtutor.web.values import text

__all__ = ["AnswerView", "pieces_of", "view_of"]

Label = Callable[[str], str]
"""From the id of an entity or relation to what people call it."""


class Piece(ApiRecord):
    """A piece of a source; ``cited`` where the answer quotes it."""

    text: str
    cited: bool


class SentenceView(ApiRecord):
    """A sentence; where it is not ``supported``, ``problem`` says why."""

    text: str
    citations: tuple[int, ...]
    supported: bool
    problem: str


class SourceView(ApiRecord):
    """What was retrieved, under its number; ``cited`` if a sentence cites it."""

    number: int
    doc: str
    heading: str
    page: int | None
    kind: str
    date: str
    cited: bool
    pieces: tuple[Piece, ...]


class Step(ApiRecord):
    """One edge of a chain; not ``forward`` where it is walked against its direction.

    ``source`` is the number of the statement, None where the chain has none for it.
    """

    relation: str
    forward: bool
    target: str
    source: int | None


class Chain(ApiRecord):
    """A way through the graph that the answer tells."""

    start: str
    steps: tuple[Step, ...]


class AnswerView(ApiRecord):
    """The answer; ``notes`` is what to know of it, ``seconds`` how long it took."""

    question: str
    mode: str
    abstained: bool
    reason: str
    sentences: tuple[SentenceView, ...]
    sources: tuple[SourceView, ...]
    chains: tuple[Chain, ...]
    notes: tuple[str, ...]
    seconds: float


def view_of(
    answer: Answer, mode: str, notes: Sequence[str], seconds: float, label: Label
) -> AnswerView:
    """Return ``answer`` for the page; half surrogates are replaced."""
    return AnswerView(
        question=_sent(answer.question),
        mode=mode,
        abstained=answer.abstained,
        reason=_sent(answer.reason),
        sentences=tuple(
            SentenceView(
                text=_sent(sentence.text),
                citations=sentence.citations,
                supported=sentence.supported,
                problem=_sent(sentence.problem),
            )
            for sentence in answer.sentences
        ),
        sources=tuple(_source(answer, source) for source in answer.sources),
        chains=tuple(_chains(answer, label)),
        notes=tuple(map(_sent, (*answer.notes, *notes))),
        seconds=round(seconds, 3),
    )


def pieces_of(whole: str, sentences: Sequence[str]) -> tuple[Piece, ...]:
    """Cut ``whole`` where ``sentences`` stand in it; white space and kinds of brackets are free.

    A sentence that stands nowhere word for word marks nothing. The pieces joined are ``whole``.
    """
    marks = [False] * len(whole)
    for sentence in sentences:
        found = _pattern(sentence).search(whole) if sentence.strip() else None
        if found:
            marks[found.start() : found.end()] = [True] * (found.end() - found.start())
    borders = [i for i in range(1, len(whole)) if marks[i] != marks[i - 1]]
    return tuple(
        Piece(text=_sent(whole[start:end]), cited=marks[start])
        for start, end in pairwise([0, *borders, len(whole)])
        if end > start
    )


def _pattern(sentence: str) -> re.Pattern[str]:
    # An answer has a source's own "[3]" as "(3)", so that it does not look like a citation.
    words = (
        re.escape(w).replace(r"\(", r"[(\[]").replace(r"\)", r"[)\]]") for w in sentence.split()
    )
    return re.compile(r"\s+".join(words))


def _source(answer: Answer, source: Source) -> SourceView:
    chunk = source.chunk
    citing = [s.text for s in answer.sentences if source.number in s.citations]
    return SourceView(
        number=source.number,
        doc=_sent(chunk.doc),
        heading=_sent(chunk.heading),
        page=chunk.page,
        kind=chunk.kind,
        date=_sent(chunk.date),
        cited=bool(citing),
        pieces=pieces_of(chunk.text, citing),
    )


def _chains(answer: Answer, label: Label) -> Iterator[Chain]:
    edges = {s.chunk.edge: s.number for s in answer.sources if s.chunk.edge}
    between = {
        pair: (relation, forward, number)
        for (head, relation, tail), number in edges.items()
        for pair, forward in (((head, tail), True), ((tail, head), False))
    }
    for path in dict.fromkeys(s.path for s in answer.sources if len(s.path) > 1):
        steps: list[Step] = []
        for here, there in pairwise(path):
            relation, forward, number = between.get((here, there), ("", True, None))
            steps.append(
                Step(
                    relation=_sent(label(relation)) if relation else "",
                    forward=forward,
                    target=_sent(label(there)),
                    source=number,
                )
            )
        yield Chain(start=_sent(label(path[0])), steps=tuple(steps))


def _sent(value: str) -> str:
    return text(value) or ""
