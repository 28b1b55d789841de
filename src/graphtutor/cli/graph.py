"""``graphtutor graph``: what a graph holds, how deep it goes, and what tasks it can yield."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from graphtutor.cli.graph_tables import feasibility_table, print_statistics
from graphtutor.graph.load import load_graph
from graphtutor.graph.picture import draw as draw_picture
from graphtutor.graph.statistics import statistics
from graphtutor.tasks.candidates import shared_phrases
from graphtutor.tasks.feasibility import feasibility

__all__ = ["run"]


def run(
    source: Annotated[
        str, typer.Argument(help="Bundled name, or the path of a graph in any format.")
    ] = "software_troubleshooting",
    draw: Annotated[
        Path | None, typer.Option("--draw", help="Write a picture here (.svg, .png or .pdf).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Show a graph's statistics and how many questions of each kind it can yield."""
    graph = load_graph(source)
    # The picture first: an unusable --draw should be known before the counting starts.
    drawn = draw_picture(graph, draw) if draw else ""
    with Console(stderr=True).status("Counting chains"):
        figures, rows = statistics(graph), feasibility(graph)
    shared = shared_phrases(graph)
    if as_json:
        record = {**asdict(figures), "feasibility": [asdict(row) for row in rows]}
        record["shared_phrases"] = shared
        typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
        return
    console = Console()
    print_statistics(figures, graph, console)
    console.print(feasibility_table(rows))
    for phrase, ids in shared.items():
        console.print(
            f'{escape(", ".join(ids))} all read "{escape(phrase)}": they make no tasks until each '
            "has a phrase of its own in kg.json"
        )
    if draw:
        console.print(f"Drew {drawn}: {escape(str(draw))}")
