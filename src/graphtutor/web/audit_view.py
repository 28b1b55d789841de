"""The audit of a run's data as its page shows it: leaks, shortcuts, and the verdict in a colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from graphtutor.report.audit_page import verdict
from graphtutor.runs.audit import AuditRecord, Check, Shortcut
from graphtutor.web.banner import Banner, banner_of, leaks_in
from graphtutor.web.rates import ApiRecord, Rate, rate_at, rate_of
from graphtutor.web.run_files import RunFiles

__all__ = ["AuditView", "audit_view"]

_MOST_IDS = 20


class AuditedRow(ApiRecord):
    """One file of the dataset."""

    name: str
    role: str
    n: int
    digest: str
    hops: Mapping[str, int]


class CheckRow(ApiRecord):
    """One leak or demand: ``found`` of ``n`` items break it; ``passed`` None is not judged."""

    name: str
    title: str
    file: str
    found: int
    n: int
    unit: str
    passed: bool | None
    examples: tuple[str, ...]
    ids: tuple[str, ...]
    note: str


class ShortcutRow(ApiRecord):
    """A guesser that does not reason, and how often it is right."""

    name: str
    title: str
    file: str
    right: Rate | None
    chance: float
    passed: bool | None
    note: str


class EdgeOverlap(ApiRecord):
    """Shares of what the evaluation uses that training has too: single edges, whole paths."""

    seen: Rate | None
    paths: Rate | None


class AuditView(ApiRecord):
    """``level`` is red for a leak, green where all gates hold, amber for the rest.

    ``overlaps`` says each leak in words; ``from_files`` that the overlap was counted here, for the
    run has no audit.
    """

    verdict: str
    level: Literal["green", "amber", "red"]
    banner: Banner | None
    overlaps: tuple[str, ...]
    leaks: tuple[CheckRow, ...]
    well_posedness: tuple[CheckRow, ...]
    shortcuts: tuple[ShortcutRow, ...]
    edges: EdgeOverlap
    files: tuple[AuditedRow, ...]
    notes: tuple[str, ...]
    from_files: bool


def audit_view(files: RunFiles) -> AuditView:
    """Return the audit of a run; without one, what meta.json and the task files tell."""
    record, banner = files.audit, banner_of(files)
    edges = _overlap(record) if record else None
    return AuditView(
        verdict=verdict(record) if record else "The data of this run were not audited.",
        level=_level(record, banner),
        banner=banner,
        overlaps=tuple(leaks_in(files.meta, record)),
        leaks=tuple(_checks(record, "leaks")),
        well_posedness=tuple(_checks(record, "well-posedness")),
        shortcuts=tuple(_shortcut(found) for found in record.shortcuts) if record else (),
        edges=edges or _counted(files),
        files=tuple(
            AuditedRow(name=f.name, role=f.role, n=f.n, digest=f.digest, hops=f.hops)
            for f in (record.files if record else ())
        ),
        notes=record.notes if record else (),
        from_files=edges is None,
    )


def _level(record: AuditRecord | None, banner: Banner | None) -> Literal["green", "amber", "red"]:
    if banner is not None and banner.level == "red":
        return "red"
    if banner is not None or record is None or not record.passed:
        return "amber"
    return "green"


def _checks(record: AuditRecord | None, group: str) -> Iterator[CheckRow]:
    for check in record.checks if record else ():
        if check.group == group:
            yield CheckRow(
                name=check.name,
                title=check.title,
                file=check.file,
                found=check.found,
                n=check.n,
                unit=check.unit,
                passed=check.passed,
                examples=check.examples,
                ids=check.ids[:_MOST_IDS],
                note=check.note,
            )


def _shortcut(found: Shortcut) -> ShortcutRow:
    return ShortcutRow(
        name=found.name,
        title=found.title,
        file=found.file,
        right=rate_at(found.accuracy, found.n, found.interval),
        chance=found.chance,
        passed=found.passed,
        note=found.note,
    )


def _overlap(record: AuditRecord) -> EdgeOverlap | None:
    seen = _check(record, "seen-edge")
    paths = _check(record, "path-edges-in-training")
    if seen is None and paths is None:
        return None
    return EdgeOverlap(seen=_rate(seen), paths=_rate(paths))


def _check(record: AuditRecord, name: str) -> Check | None:
    found = (c for c in record.checks if (c.name, c.file) == (name, "eval.jsonl") and c.looked_at)
    return next(found, None)


def _rate(check: Check | None) -> Rate | None:
    if check is None or not 0 <= check.found <= check.n:
        return None
    return rate_of(check.found, check.n)


def _counted(files: RunFiles) -> EdgeOverlap:
    """Count what eval.jsonl shares with the training files; nothing where the run has no tasks."""
    tasks = files.tasks
    evaluated = tasks.paths("eval.jsonl")
    trained = [p for name in tasks.by_file if name.startswith("train") for p in tasks.paths(name)]
    if not evaluated or not trained:
        return EdgeOverlap(seen=None, paths=None)
    known = {edge for path in trained for edge in path}
    used = {edge for path in evaluated for edge in path}
    whole = {path for path in trained if len(path) > 1}
    return EdgeOverlap(
        seen=rate_of(len(used & known), len(used)),
        paths=rate_of(sum(path in whole for path in evaluated), len(evaluated)),
    )
