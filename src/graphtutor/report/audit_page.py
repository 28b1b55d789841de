"""The page of an audit: the verdict first, then what was found, by file, and what was not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from graphtutor.io.atomic import write_text
from graphtutor.report.document import Block, Code, Document, Figure, Heading, Paragraph, Table
from graphtutor.report.figures import ABSENT, rate
from graphtutor.report.html import html_of
from graphtutor.report.markdown import markdown_of
from graphtutor.report.plots_canvas import plots_available
from graphtutor.report.plots_shortcuts import draw_shortcuts
from graphtutor.runs.audit import NOT_LOOKED_AT, TOLD, AuditRecord, Check, Shortcut
from graphtutor.runs.record_file import write_record

__all__ = ["audit_document", "verdict", "write_audit"]

_SHOWN: Final = 100
"""Task ids that the page names for one finding; audit.json has the rest."""
_GROUPS: Final = {
    "leaks": (
        "Leaks",
        "What an evaluated file shares with training, and with the other evaluated files. Chains, "
        "pairs and paths count from two hops on.",
    ),
    "well-posedness": (
        "Well-posedness",
        "What breaks a task, recomputed from the files and the graph alone.",
    ),
}
_KEY: Final = (
    "Each cell says how many items break the demand, of how many. Without a mark the gate holds; "
    "FAILS marks one that does not; 'told' marks what is not judged; a dash means not looked at."
)


def audit_document(record: AuditRecord, plots: Sequence[Figure] = ()) -> Document:
    """Compose the page; it holds no times, so that equal audits have equal pages."""
    blocks: list[Block] = [
        *_verdict(record),
        *_files(record),
        *_group(record, "leaks"),
        *_group(record, "well-posedness"),
        *_sizes(record),
        *_shortcuts(record, plots),
        *_details(record),
        *_unseen(record),
    ]
    return Document(f"Audit of {record.source or 'a dataset'}", tuple(blocks))


def write_audit(record: AuditRecord, folder: Path) -> Path:
    """Write audit.json, audit.md, audit.html and the plot into ``folder``; return audit.md."""
    drawn: list[Figure] = []
    if plots_available():
        drawn = draw_shortcuts(record, folder / "plots")
    images = {
        figure.name: (folder / "plots" / f"{figure.name}.svg").read_bytes() for figure in drawn
    }
    document = audit_document(record, drawn)
    write_text(folder / "audit.html", html_of(document, images))
    write_text(folder / "audit.md", markdown_of(document))
    # The record last: who finds it finds the pages as well.
    write_record(folder / "audit.json", record)
    return folder / "audit.md"


def verdict(record: AuditRecord) -> str:
    """Return the verdict as one sentence.

    >>> verdict(AuditRecord(source="run_0001"))
    'Nothing was judged.'
    """
    items = (*record.checks, *record.shortcuts)
    gates = [item for item in items if item.passed is not None]
    if not gates:
        return "Nothing was judged."
    failed = len(record.failed)
    unseen = len(_not_seen(record))
    rest = f" {unseen} could not be looked at." if unseen else ""
    if failed:
        return f"FAILS: {failed} of {len(gates)} gates do not hold.{rest}"
    return f"Passes: all {len(gates)} gates hold.{rest}"


def _not_seen(record: AuditRecord) -> list[Check | Shortcut]:
    checks: list[Check | Shortcut] = [check for check in record.checks if not check.looked_at]
    return [*checks, *(guess for guess in record.shortcuts if guess.accuracy is None)]


def _verdict(record: AuditRecord) -> Iterator[Block]:
    yield Paragraph(verdict(record))
    rows = tuple(
        (
            item.title,
            item.file,
            _found(item),
            _named(item.ids, 5),
        )
        for item in record.failed
    )
    if rows:
        head = ("gate that fails", "file", "found", "tasks")
        yield Table(head, rows, text_columns=frozenset({0, 1, 3}))
    graph = f"Graph {record.graph[:12]}. " if record.graph else "Without a graph. "
    yield Paragraph(f"{graph}What is not looked at is not passed.", aside=True)


def _found(item: Check | Shortcut) -> str:
    if isinstance(item, Shortcut):
        return rate(item.accuracy, item.interval)
    return f"{item.found} of {item.n} {item.unit}"


def _named(ids: Sequence[str], most: int) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more if ids else ABSENT


def _files(record: AuditRecord) -> Iterator[Block]:
    yield Heading("Files")
    rows = tuple(
        (
            file.name,
            "trained on" if file.role == "train" else "evaluated",
            str(file.n),
            ", ".join(f"{hops}: {n}" for hops, n in file.hops.items()) or ABSENT,
            file.digest[:12],
        )
        for file in record.files
    )
    head = ("file", "role", "tasks", "tasks by hops", "SHA-256")
    yield Table(head, rows, text_columns=frozenset({0, 1, 3, 4}))
    for note in record.notes:
        yield Paragraph(note, aside=True)


def _group(record: AuditRecord, group: str) -> Iterator[Block]:
    checks = [check for check in record.checks if check.group == group]
    if not checks:
        return
    title, text = _GROUPS[group]
    yield Heading(title)
    yield Paragraph(f"{text} {_KEY}")
    yield _pivot(checks, [file.name for file in record.files], lambda check: check.title, _cell)


def _pivot(
    checks: Sequence[Check],
    files: Sequence[str],
    row: Callable[[Check], str],
    cell: Callable[[Check], str],
) -> Table:
    """Arrange checks by title and file; files that have none of them get no column."""
    titles = list(dict.fromkeys(row(check) for check in checks))
    cells = {(row(check), check.file): cell(check) for check in checks}
    shown = [file for file in files if any((title, file) in cells for title in titles)]
    rows = tuple((title, *(cells.get((title, file), ABSENT) for file in shown)) for title in titles)
    return Table(("", *shown), rows)


def _cell(check: Check) -> str:
    if not check.looked_at:
        return ABSENT
    figure = f"{check.found} of {check.n}"
    if check.passed is None:
        share = f", {100 * check.share:.0f} %" if check.share else ""
        return f"told: {figure}{share}"
    return figure if check.passed else f"FAILS: {figure}"


def _sizes(record: AuditRecord) -> Iterator[Block]:
    found = [check for check in record.checks if check.name == "answer-set" and check.counts]
    if not found:
        return
    yield Heading("Sizes of the answer sets", level=3)
    yield Paragraph("How many entities the start and the chain of a question reach in the graph.")
    sizes = sorted({size for check in found for size in check.counts}, key=_first_number)
    rows = tuple(
        (check.file, *(str(check.counts.get(size, 0)) for size in sizes)) for check in found
    )
    yield Table(("file", *sizes), rows)


def _first_number(size: str) -> int:
    return int(size.split("-")[0].split()[0])


def _shortcuts(record: AuditRecord, plots: Sequence[Figure]) -> Iterator[Block]:
    if not record.shortcuts:
        return
    yield Heading("Shortcuts")
    yield Paragraph(
        "How often a guesser is right that does not reason, with 95 % intervals. A gate fails "
        "where the interval lies above chance; 'told' marks what is no gate."
    )
    yield from plots
    sizes = {file.name: file.n for file in record.files}
    cells = {(guess.title, guess.file): _guess(guess, sizes) for guess in record.shortcuts}
    files = [name for name in sizes if any(file == name for _, file in cells)]
    titles = dict.fromkeys(title for title, _ in cells)
    rows = tuple((title, *(cells.get((title, name), ABSENT) for name in files)) for title in titles)
    yield Table(("% right", *(f"{name}, n = {sizes[name]}" for name in files)), rows)


def _guess(guess: Shortcut, sizes: Mapping[str, int]) -> str:
    """Write how often a guesser is right, and whether that is judged."""
    if guess.accuracy is None:
        return ABSENT
    text = rate(guess.accuracy, guess.interval)
    if guess.n != sizes.get(guess.file):
        text = f"{text}, n = {guess.n}"
    if guess.passed is None:
        return f"told: {text}"
    return text if guess.passed else f"FAILS: {text}"


def _details(record: AuditRecord) -> Iterator[Block]:
    """Name the tasks behind every gate that fails."""
    if not record.failed:
        return
    yield Heading("The gates that fail")
    for item in record.failed:
        yield Heading(f"{item.title}, {item.file}: {_found(item)}", level=3)
        if isinstance(item, Check) and item.examples:
            yield Code("\n".join(item.examples), "text")
        if item.ids:
            shown = min(len(item.ids), _SHOWN)
            first = f", the first {shown} of {len(item.ids)}" if shown < len(item.ids) else ""
            yield Paragraph(f"Tasks{first}: {', '.join(item.ids[:_SHOWN])}")
        if item.note:
            yield Paragraph(item.note, aside=True)


def _unseen(record: AuditRecord) -> Iterator[Block]:
    """Say what has no verdict and why, and what is told only."""
    unseen = [
        (item.title, item.file, item.note.removeprefix(f"{NOT_LOOKED_AT}: ") or ABSENT)
        for item in _not_seen(record)
    ]
    partly = [
        (check.title, check.file, _remark(check))
        for check in record.checks
        if check.looked_at and _remark(check)
    ]
    for title, head, found in (("Not looked at", "why", unseen), ("Notes", "note", partly)):
        if found:
            yield Heading(title)
            rows = _by_reason(found)
            yield Table(("what", "files", head), rows, text_columns=frozenset({0, 1, 2}))


def _by_reason(found: Sequence[tuple[str, str, str]]) -> tuple[tuple[str, str, str], ...]:
    """Join the files that have the same (title, file, reason) but for the file."""
    files: dict[tuple[str, str], list[str]] = {}
    for title, file, reason in found:
        files.setdefault((title, reason), []).append(file)
    return tuple((title, ", ".join(names), reason) for (title, reason), names in files.items())


def _remark(check: Check) -> str:
    return check.note.removeprefix(TOLD).removeprefix("; ")
