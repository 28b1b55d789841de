"""An answer as lines for a terminal: sentences with their citations, then the sources.

Documents, graphs and models are other people's text: it is printed on one line each, without
control characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graphtutor.blueprint.diagram import visible

if TYPE_CHECKING:
    from graphtutor.retrieval.answer import Answer, AnswerSentence, Source

__all__ = ["answer_lines", "source_lines"]

_NEAREST = 3
"""Sources shown of an answer that abstained."""


def answer_lines(answer: Answer) -> Iterator[str]:
    """Yield the answer, or why there is none, what to know of it, and its sources."""
    if answer.abstained:
        yield f"I do not know: {visible(answer.reason)}."
    yield from (_sentence(sentence) for sentence in answer.sentences)
    yield from (f"Note: {line}." for line in _notes(answer))
    shown = answer.sources[:_NEAREST] if answer.abstained else answer.cited
    if shown:
        yield ""
        yield "Nearest sources:" if answer.abstained else "Sources:"
        yield from source_lines(shown)


def source_lines(sources: tuple[Source, ...]) -> Iterator[str]:
    """Yield document, heading and page of each source, and the path of a statement."""
    for source in sources:
        chunk = source.chunk
        parts = [chunk.doc, chunk.heading, f"page {chunk.page}" if chunk.page else ""]
        yield f"[{source.number}] " + ", ".join(visible(part) for part in parts if part)
        if source.path:
            yield "    path: " + " > ".join(visible(entity) for entity in source.path)


def _sentence(sentence: AnswerSentence) -> str:
    marks = "".join(f"[{number}]" for number in sentence.citations)
    line = f"{visible(sentence.text)} {marks}".rstrip()
    return line if sentence.supported else f"{line}  (not supported: {visible(sentence.problem)})"


def _notes(answer: Answer) -> Iterator[str]:
    yield from (visible(note) for note in answer.notes)
    if answer.left_out:
        yield f"{answer.left_out} of the chunks found did not fit into the model's window"
    if answer.removed_citations:
        yield f"{answer.removed_citations} citations of sources that there are not were removed"
