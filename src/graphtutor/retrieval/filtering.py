"""Which chunks pass a filter; every engine has to agree with this."""

from __future__ import annotations

from datetime import date

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.store import Filter

__all__ = ["check_filter", "passes"]


def passes(chunk: Chunk, where: Filter) -> bool:
    """Say whether ``chunk`` passes; one without a date passes no filter by date."""
    return (
        (not where.docs or chunk.doc in where.docs)
        and (not where.kinds or chunk.kind in where.kinds)
        and (not where.section or where.section in chunk.section)
        and (not (where.since or where.until) or _between(chunk.date, where.since, where.until))
    )


def check_filter(where: Filter) -> None:
    """Raise RetrievalError for a date that is none: an engine would pass over it in silence."""
    for name, text in (("since", where.since), ("until", where.until)):
        if text and not _is_date(text):
            raise RetrievalError(
                f"filter by date, {name}", wanted="a date like 2026-11-21", got=repr(text)
            )


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _between(day: str, since: str, until: str) -> bool:
    return _is_date(day) and since <= day and (not until or day <= until)
