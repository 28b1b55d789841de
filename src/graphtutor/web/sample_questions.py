"""Example questions for a store: those of the shipped runbooks where it holds them, else titles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from typing import Any, Final

from graphtutor.retrieval.catalogue import Entry

__all__ = ["sample_questions"]

_MOST: Final = 6
_KINDS: Final = ("fact", "howto", "chain", "unanswerable", "fact", "howto")
"""What the examples are to show, in this order."""


def sample_questions(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return at most six questions or titles that ``entries`` say something about.

    A shipped question counts if all documents that answer it are there; chains need a graph. One
    that nothing answers is among them: the answer to it is part of what there is to see.
    """
    ids = [entry.id for entry in entries]
    held = {kind: [q["question"] for q in _shipped(kind, ids)] for kind in {*_KINDS}}
    if not held["fact"]:
        return tuple(dict.fromkeys(entry.title for entry in entries if entry.title))[:_MOST]
    if not any(entry.kind == "graph" for entry in entries):
        held["chain"] = []
    return tuple(held[kind].pop(0) for kind in _KINDS if held[kind])


def _shipped(kind: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    path = resources.files("graphtutor") / "retrieval" / "corpus" / "questions.jsonl"
    if not path.is_file():
        return []
    rows = (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())
    return [
        row
        for row in rows
        if row["kind"] == kind and all(_is_there(gold["doc"], ids) for gold in row["gold"])
    ]


def _is_there(doc: str, ids: Sequence[str]) -> bool:
    return any(id == doc or id.endswith(f"/{doc}") for id in ids)
