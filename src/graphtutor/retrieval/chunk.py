"""A chunk: the piece of a document that is found, cited, and shown as a source."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from graphtutor.io.digest import digest_of

__all__ = ["Chunk", "chunk_id"]

_NAMESPACE: Final = uuid.UUID("6f0d5b0e-5a53-5d59-9b0c-0d3a1b6f4c11")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk, with all that a citation needs.

    ``text`` is ``document.text[start:end]``, ``sha256`` that text's digest. ``page`` is where it
    begins, counted from 1, None without pages. A ``statement`` is a verbalised edge of a graph:
    then ``entities`` are the ids that it names and ``edge`` is (source, relation, target).
    """

    id: str
    doc: str
    title: str
    section: tuple[str, ...]
    page: int | None
    start: int
    end: int
    text: str
    sha256: str
    date: str = ""
    kind: Literal["text", "statement"] = "text"
    entities: tuple[str, ...] = ()
    edge: tuple[str, str, str] | None = None

    @property
    def heading(self) -> str:
        """Title and headings in one line: "Runbook > Symptoms"."""
        parts = [self.title, *(part for part in self.section if part != self.title)]
        return " > ".join(part for part in parts if part)

    @property
    def indexed(self) -> str:
        """What is embedded and indexed: the heading, which the text takes for granted, and it."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text

    def payload(self) -> dict[str, Any]:
        """Return the chunk as JSON types, as a store keeps it."""
        return asdict(self) | {
            "section": list(self.section),
            "entities": list(self.entities),
            "edge": list(self.edge) if self.edge else None,
        }

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Chunk:
        """Return the chunk that :meth:`payload` wrote; KeyError or TypeError for other shapes."""
        data = dict(payload)
        data["section"] = tuple(data["section"])
        data["entities"] = tuple(data["entities"])
        data["edge"] = tuple(data["edge"]) if data["edge"] else None
        return cls(**data)


def chunk_id(doc: str, start: int, end: int, text: str) -> str:
    """Return the UUID of a chunk: the same place with the same text has the same id."""
    return str(uuid.uuid5(_NAMESPACE, f"{doc}\n{start}\n{end}\n{digest_of(text)}"))
