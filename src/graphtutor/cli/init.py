"""``graphtutor init``: from one's own graph, in any format, to a folder that ``run`` takes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer
import yaml
from rich.console import Console
from rich.markup import escape

from graphtutor.cli.graph_tables import feasibility_table, print_report, relation_table
from graphtutor.config import TasksConfig
from graphtutor.errors import ConfigError, TaskError
from graphtutor.graph.inverse import with_inverses
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import read_graph
from graphtutor.graph.readers.columns import parse_columns
from graphtutor.graph.readers.native import render_native
from graphtutor.graph.records import GraphFile
from graphtutor.graph.statistics import statistics
from graphtutor.tasks.candidates import shared_phrases
from graphtutor.tasks.feasibility import Feasibility, feasibility
from graphtutor.tasks.fitting import fitting_config, for_size
from graphtutor.tasks.wording import phrase_of

__all__ = ["run"]

_FEW: Final = 100
"""Below this many eval tasks per hop length a 95 % interval is wider than 20 points."""


def run(
    source: Annotated[Path, typer.Argument(help="A graph file or folder, in any format.")],
    folder: Annotated[Path, typer.Argument(help="A new or empty folder for the project.")],
    columns: Annotated[
        str | None,
        typer.Option(help="Which column is what: src=...,rel=...,dst=...,src_type=...,name=..."),
    ] = None,
    inverse: Annotated[
        bool, typer.Option("--inverse", help="Also tell every edge from its other end.")
    ] = False,
    domain: Annotated[
        str | None, typer.Option(help="Name of the domain (default: after the source).")
    ] = None,
) -> None:
    """Start a project from your own graph: writes FOLDER/kg.json and FOLDER/config.yaml."""
    _check_free(folder)
    file, report = read_graph(source, parse_columns(columns), domain)
    # Checked before inverses are added, so that a message names the source's own statements.
    graph = KnowledgeGraph.from_file(file, str(source))
    console = Console()
    print_report(report, console)
    if inverse:
        file, left_out = with_inverses(file, phrase_of)
        graph = KnowledgeGraph.from_file(file, str(source))
        for relation, fan_out in left_out.items():
            console.print(f"No inverse for {escape(relation)}: {fan_out:.0f} targets per entity.")
    with Console(stderr=True).status("Counting chains"):
        rows = feasibility(graph)
        tasks = fitting_config(graph, TasksConfig())
    if tasks is None:
        raise _hopeless(source, rows, inverse)
    tasks, steps = for_size(tasks, len(graph))
    _write(folder, file, tasks, steps)
    console.print(relation_table(statistics(graph), graph))
    console.print(feasibility_table(rows))
    _advise(console, graph, folder, tasks, steps)


def _check_free(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(
            str(folder),
            wanted="a new or empty folder",
            got="a folder with files in it" if folder.is_dir() else "a file",
            remedy="choose another name; nothing was written",
        )


def _hopeless(source: Path, rows: list[Feasibility], inverse: bool) -> TaskError:
    found = ", ".join(
        f"{sum(row.questions for row in rows if row.hop_len == hops and row.tier < 3)} of {hops}"
        for hops in (1, 2, 3, 4, 5)
    )
    remedy = "" if inverse else "try --inverse, which lets chains also run against the edges; "
    return TaskError(
        str(source),
        wanted="chains of 4 and of 5 hops that lead to at most 4 answers, with no shorter way and "
        "three more entities of the answer's type",
        got=f"too few to evaluate on (usable questions by hops: {found})",
        remedy=f"{remedy}add edges that lead further or types that tell entities apart; "
        "nothing was written",
    )


def _write(folder: Path, file: GraphFile, tasks: TasksConfig, steps: int) -> None:
    """Write both files into a temporary neighbour and move it in place, so none comes alone."""
    names = ("train_two_hop", "train_three_hop", "train_long", "dev", "eval", "search")
    config = {
        "graph": (folder / "kg.json").as_posix(),
        "tasks": {name: getattr(tasks, name) for name in (*names, "tier_one_share")},
        "sft": {"steps": steps},
    }
    header = (
        "# Made by 'graphtutor init'. The task counts are what this graph can yield (2- and 3-hop\n"
        "# training tasks: at most), the SFT steps are in proportion to its edges; every other\n"
        "# setting is a default, see 'graphtutor run --help'.\n"
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        (made / "kg.json").write_text(render_native(file), "utf-8", newline="\n")
        text = header + yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        (made / "config.yaml").write_text(text, "utf-8", newline="\n")
        # mkdtemp makes folders private; give this one the mode a plain mkdir would have given.
        mask = os.umask(0)
        os.umask(mask)
        made.chmod(0o777 & ~mask)
        if folder.exists():
            folder.rmdir()
        made.replace(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _advise(
    console: Console, graph: KnowledgeGraph, folder: Path, tasks: TasksConfig, steps: int
) -> None:
    path = escape(str(folder))
    console.print(f"Wrote {path}/kg.json and {path}/config.yaml.")
    console.print(
        f"Per hop length: {tasks.eval} eval, {tasks.dev} dev and up to {tasks.train_long} "
        f"train_long tasks, {tasks.tier_one_share:.0%} of them with one possible answer."
    )
    console.print(f"SFT: {steps} steps for {len(graph)} edges, about a second each on two cores.")
    if tasks.eval < _FEW:
        console.print(
            f"{tasks.eval} eval tasks per hop length give wide intervals: more edges or entity "
            "types would help."
        )
    for phrase, ids in shared_phrases(graph).items():
        console.print(
            f'{escape(", ".join(ids))} all read "{escape(phrase)}": they make no tasks until each '
            "has a phrase of its own in kg.json."
        )
    console.print(
        'Look over the column "Reads" above; a "phrase" in kg.json puts a reading right.\n'
        f"Next: graphtutor run --config {path}/config.yaml",
        highlight=False,
        soft_wrap=True,  # a command that is broken into lines cannot be copied
    )
