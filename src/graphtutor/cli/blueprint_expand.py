"""``graphtutor blueprint expand``: training and preference data from blueprints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphtutor.cli.blueprint_domain import load
from graphtutor.errors import ConfigError

if TYPE_CHECKING:
    from graphtutor.blueprint.dataset import Dataset
    from graphtutor.blueprint.dataset_report import DatasetReport, Sides

__all__ = ["run"]

_SHOWN = 10
_GATE_FAILED = 1


def run(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME_OR_FILE...", help="Built-in domains or .yaml files; all: all built-in."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides wordings, wrong options and the split.")] = 0,
    valid: Annotated[float, typer.Option(help="Share of the topics that is held out.")] = 0.2,
    kinds: Annotated[
        str | None, typer.Option(metavar="KIND,KIND", help="Only these kinds of example.")
    ] = None,
    preferences: Annotated[bool, typer.Option(help="Also write preference pairs, for DPO.")] = True,
    drills: Annotated[
        int,
        typer.Option(
            min=0,
            help="Exercises of form, so many a topic: for models too small for prose.",
        ),
    ] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite another data set in that folder.")
    ] = False,
) -> None:
    """Expand blueprints into train.jsonl and valid.jsonl, split by topic.

    Also writes preferences_train.jsonl and preferences_valid.jsonl with the same topics held out,
    and report.json and report.md with all counts. The same arguments give the same bytes.

    Exit code: 0; 1 where the quality gate finds something, which it then shows: nothing is written;
    2 for bad input.
    """
    from graphtutor.blueprint.dataset import make_dataset, write_dataset
    from graphtutor.blueprint.kinds import KINDS

    domains = [load(name) for name in _wanted(names or [])]
    chosen = [kind.strip() for kind in kinds.split(",")] if kinds else list(KINDS)
    dataset = make_dataset(
        domains,
        seed=seed,
        valid_share=valid,
        kinds=chosen,
        with_preferences=preferences,
        drills=drills,
    )
    if dataset.findings:
        _complain(dataset)
        raise typer.Exit(_GATE_FAILED)
    written = write_dataset(out, dataset, force)
    _show(dataset.report)
    typer.echo(f"{'Wrote' if written else 'Unchanged:'} {out / 'report.md'}")


def _wanted(names: list[str]) -> list[str]:
    from graphtutor.blueprint.load import domain_names

    if not names:
        raise ConfigError(
            "blueprint expand",
            wanted=f"all, some of {', '.join(domain_names())}, or .yaml files",
            got="no name",
        )
    return domain_names() if names == ["all"] else names


def _show(report: DatasetReport) -> None:
    """Print the counts."""
    from rich.console import Console

    from graphtutor.blueprint.dataset_report import notes

    console = Console(highlight=False)
    console.print(_table("examples by kind", report.examples))
    if report.preferences:
        console.print(_table("preference pairs by fault", report.preferences))
    topics = sum(one.topics for one in report.domains)
    held = sum(len(one.held_out) for one in report.domains)
    typer.echo(f"topics: {topics}, held out {held}")
    typer.echo("dropped: " + ", ".join(f"{why} {count}" for why, count in report.dropped.items()))
    typer.echo(f"gate: {len(report.gate)} checks, no finding")
    for note in notes(report):
        typer.echo(f"note: {note}")


def _table(title: str, counts: Mapping[str, Sides]) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("")
    for side in ("train", "valid"):
        table.add_column(side, justify="right")
    for name, one in counts.items():
        table.add_row(name, str(one.train), str(one.valid))
    sums = [sum(one.train for one in counts.values()), sum(one.valid for one in counts.values())]
    table.add_section()
    table.add_row("all", *map(str, sums))
    return table


def _complain(dataset: Dataset) -> None:
    from graphtutor.blueprint.diagram import visible

    counts = {check: count for check, count in dataset.report.gate.items() if count}
    failed = ", ".join(f"{check} {count}" for check, count in counts.items())
    typer.echo(f"graphtutor: the quality gate found: {failed}; nothing was written", err=True)
    for finding in dataset.findings[:_SHOWN]:
        typer.echo(f"  {finding.check}: {finding.where}: {visible(finding.what)}", err=True)
    if len(dataset.findings) > _SHOWN:
        typer.echo(f"  and {len(dataset.findings) - _SHOWN} more", err=True)
