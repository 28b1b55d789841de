"""``graphtutor audit``: whether a dataset can be believed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphtutor.cli.options import Root
from graphtutor.errors import RunError, TaskError

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphtutor.audit.audit import AuditRecord

__all__ = ["run"]


def _runs(incomplete: str) -> list[str]:
    """Return the runs in the default folder, for completion in a shell."""
    here = Path("data/runs").glob(f"{incomplete}*/config.yaml")
    return sorted(path.parent.name for path in here)


def run(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="Run id, run directory, or folder of task files.",
            autocompletion=_runs,
        ),
    ] = None,
    root: Root = Path("data/runs"),
    train: Annotated[
        list[Path] | None, typer.Option("--train", help="A file that is trained on; repeatable.")
    ] = None,
    evaluated: Annotated[
        list[Path] | None, typer.Option("--eval", help="A file that is evaluated; repeatable.")
    ] = None,
    graph: Annotated[
        str | None,
        typer.Option(help="Bundled name, or path of a graph in any format. Default: the run's."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to. Default: the run, or ./audit.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as JSON.")] = False,
) -> None:
    """Look for leaks, ill-posed tasks and shortcuts; write audit.json, audit.md and audit.html.

    \b
    graphtutor audit run_0001
    graphtutor audit my_tasks/ --graph kg.json
    graphtutor audit --train train.jsonl --eval test.jsonl --graph kg.json

    In a folder, train*.jsonl is trained on; dev*, eval*, test* and valid* are evaluated. Without
    --graph, what needs one is not looked at, and does not count as passed.

    Exit code: 0 where every gate holds, 1 where one fails, 2 for input that cannot be read.
    """  # noqa: D301 - the backspace tells click to keep the lines of the examples
    from rich.console import Console

    from graphtutor.cli.audit_tables import print_audit
    from graphtutor.report.audit_page import write_audit

    tell = Console(stderr=True)
    with tell.status("Audit") as status:

        def on_progress(part: str) -> None:
            status.update(f"Audit: {part}")

        if train or evaluated:
            _only_one(source)
            record = _of_files(train or [], evaluated or [], graph, on_progress)
            folder = out or Path("audit")
        else:
            record, folder = _of_source(source, root, graph, on_progress)
            folder = out or folder
        page = write_audit(record, folder)
    if as_json:
        typer.echo(record.model_dump_json(indent=2, exclude_none=True))
    else:
        print_audit(record, Console(highlight=False))
        typer.echo(str(page))
    if not record.passed:
        raise typer.Exit(1)


def _only_one(source: str | None) -> None:
    if source is not None:
        raise TaskError(
            "audit",
            wanted="either a run or folder, or --train and --eval",
            got=f"both ({source})",
            remedy="leave one of them out",
        )


def _of_files(
    train: list[Path], evaluated: list[Path], graph: str | None, tell: Callable[[str], None]
) -> AuditRecord:
    from graphtutor.audit.audit import audit
    from graphtutor.audit.dataset import read_dataset
    from graphtutor.audit.sources import named_sources
    from graphtutor.graph.load import load_graph

    loaded = load_graph(graph) if graph is not None else None
    dataset = read_dataset(named_sources(train, evaluated), tell)
    names = ", ".join(file.name for file in dataset.files)
    return audit(dataset, loaded, source=names, on_progress=tell)


def _of_source(
    source: str | None, root: Path, graph: str | None, tell: Callable[[str], None]
) -> tuple[AuditRecord, Path]:
    """Audit a run, or a folder of files; return where the pages go by default as well."""
    from graphtutor.audit.audit import audit, audit_run
    from graphtutor.audit.dataset import read_dataset
    from graphtutor.audit.sources import passed_over, sources_in
    from graphtutor.graph.load import load_graph
    from graphtutor.runs.directory import RunDirectory

    if source is None:
        raise TaskError(
            "audit",
            wanted="a run, a folder of task files, or --train and --eval",
            got="nothing",
            remedy="for example 'graphtutor audit run_0001'; see 'graphtutor audit --help'",
        )
    folder = Path(source)
    if folder.is_dir() and not (folder / "config.yaml").is_file():
        loaded = load_graph(graph) if graph is not None else None
        left = passed_over(folder)
        notes = (f"Passed over, as the name says no role: {', '.join(left)}.",) if left else ()
        dataset = read_dataset(sources_in(folder), tell)
        record = audit(dataset, loaded, source=source, notes=notes, on_progress=tell)
        return record, Path("audit")
    run = RunDirectory.find(root, source)
    if not run.tasks.is_dir():
        raise RunError(
            str(run.tasks),
            wanted="the task files of the run",
            got="no such folder",
            remedy=f"make them with 'graphtutor data --run-id {run.run_id}'",
        )
    return audit_run(run, load_graph(graph or run.read_config().graph), tell), run.path
