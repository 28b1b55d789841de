"""The tables that ``graphtutor audit`` prints: the gates by file, and those that fail with ids."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graphtutor.report.audit_page import verdict
from graphtutor.report.figures import ABSENT, rate
from graphtutor.runs.audit import AuditRecord, Check, Shortcut

__all__ = ["print_audit"]

_NAMED = 8
"""Task ids shown for one gate."""


def print_audit(record: AuditRecord, console: Console) -> None:
    """Print files, gates by group, what fails with its tasks, and the verdict last."""
    console.print(_overview(record))
    for item in record.failed:
        console.print(f"[bold red]FAILS[/] {escape(item.title)}, {escape(item.file)}")
        if isinstance(item, Check):
            console.print(f"  {item.found} of {item.n} {item.unit}", markup=False)
            for example in item.examples[:2]:
                console.print(f"  {example}", markup=False, soft_wrap=True)
        else:
            console.print(f"  right {rate(item.accuracy, item.interval)}", markup=False)
        if item.ids:
            more = f" and {len(item.ids) - _NAMED} more" if len(item.ids) > _NAMED else ""
            shown = ", ".join(item.ids[:_NAMED])
            console.print(f"  tasks {shown}{more}", markup=False, soft_wrap=True)
    console.print(verdict(record), markup=False, style="bold")


def _overview(record: AuditRecord) -> Table:
    """Return one row a file: how many gates hold, of how many."""
    table = Table(
        title="Gates that hold", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1)
    )
    table.add_column("file", no_wrap=True)
    table.add_column("role", no_wrap=True)
    for column in ("tasks", "leaks", "well-posed", "shortcuts"):
        table.add_column(column, justify="right", no_wrap=True)
    for file in record.files:
        checks = [check for check in record.checks if check.file == file.name]
        guesses = [guess for guess in record.shortcuts if guess.file == file.name]
        table.add_row(
            escape(file.name),
            file.role,
            str(file.n),
            _tally([check for check in checks if check.group == "leaks"]),
            _tally([check for check in checks if check.group == "well-posedness"]),
            _tally(guesses),
        )
    return table


def _tally(items: Sequence[Check | Shortcut]) -> str:
    """Write how many gates of ``items`` hold, of how many; what was not judged is no gate."""
    gates = [item for item in items if item.passed is not None]
    if not gates:
        return ABSENT
    held = sum(item.passed is True for item in gates)
    text = f"{held} of {len(gates)}"
    return text if held == len(gates) else f"[red]{text}[/]"
