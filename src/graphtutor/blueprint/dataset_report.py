"""The report of a data set: what it was made from, what it holds, what was dropped, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field

from graphtutor.blueprint.framework import Framework, Record

__all__ = ["DatasetReport", "DomainReport", "FileReport", "Sides", "notes", "to_markdown"]


class Sides(Record):
    """How many to train on and how many held out."""

    train: int
    valid: int


class FileReport(Record):
    """One file: its lines and the SHA-256 of its bytes."""

    rows: int
    sha256: str


class DomainReport(Record):
    """One domain.

    ``sha256`` is of its canonical JSON and its framework's; ``hierarchy`` counts the questions
    about its hierarchy.
    """

    domain: str
    title: str
    framework: str
    sha256: str
    topics: int
    held_out: tuple[str, ...]
    evolutions: int
    held_out_evolutions: tuple[int, ...]
    hierarchy: Sides


class DatasetReport(Record):
    """``report.json``.

    ``examples`` counts rows by kind, ``preferences`` pairs by fault, ``dropped`` examples by
    reason, ``gate`` findings by check. Examples made are those in ``examples`` and ``dropped``.
    ``frameworks`` are whole, so that answers can be scored where a user's file is not at hand.
    """

    graphtutor: str = Field(description="version of the package")
    seed: int
    valid_share: float
    domains: tuple[DomainReport, ...]
    examples: Mapping[str, Sides]
    preferences: Mapping[str, Sides]
    dropped: Mapping[str, int]
    gate: Mapping[str, int]
    files: Mapping[str, FileReport]
    frameworks: Mapping[str, Framework]


def notes(report: DatasetReport) -> list[str]:
    """Return what a reader of the counts has to know besides, a line each."""
    made = [
        f"{one.domain}: no topic is held out; a split needs ten topics, this domain has "
        f"{one.topics}"
        for one in report.domains
        if not one.held_out
    ]
    asked = sum(one.hierarchy.train + one.hierarchy.valid for one in report.domains)
    held = sum(one.hierarchy.valid for one in report.domains)
    if held:
        made.append(
            f"{held / asked:.0%} of the questions about hierarchies are held out: a domain has "
            "few evolutions, and at least one of them is"
        )
    return made


def to_markdown(report: DatasetReport) -> str:
    """Render ``report.md``: the same as tables."""
    domains = [
        (
            one.domain,
            one.framework,
            one.topics,
            len(one.held_out),
            f"{len(one.held_out_evolutions)} of {one.evolutions}",
            f"`{one.sha256}`",
        )
        for one in report.domains
    ]
    files = [(name, one.rows, f"`{one.sha256}`") for name, one in report.files.items()]
    parts = [
        "# Data set\n",
        f"graphtutor {report.graphtutor}, seed {report.seed}, share held out "
        f"{report.valid_share:g}. No topic is on both sides.\n",
        _table(("domain", "framework", "topics", "held out", "evolutions", "SHA-256"), domains),
        *(f"{note[:1].upper()}{note[1:]}.\n" for note in notes(report)),
        "## Examples by kind\n",
        _sides_table("kind", report.examples),
    ]
    if report.preferences:
        parts += ["## Preference pairs by fault\n", _sides_table("fault", report.preferences)]
    parts += [
        "## Dropped\n",
        _table(("reason", "examples"), report.dropped.items()),
        "## Gate\n",
        _table(("check", "findings"), report.gate.items()),
        "## Files\n",
        _table(("file", "rows", "SHA-256"), files),
    ]
    return "\n".join(parts)


def _sides_table(name: str, counts: Mapping[str, Sides]) -> str:
    rows = [(key, one.train, one.valid) for key, one in counts.items()]
    total = ("all", sum(row[1] for row in rows), sum(row[2] for row in rows))
    return _table((name, "train", "valid"), [*rows, total])


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)
