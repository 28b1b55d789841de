"""The tables that describe a graph on a terminal: figures, relations, feasible tasks, skips."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.readers.report import ReadReport
from graphtutor.graph.statistics import GraphStatistics, Quantiles
from graphtutor.tasks.feasibility import Feasibility
from graphtutor.tasks.wording import phrase_of

__all__ = ["feasibility_table", "print_report", "print_statistics", "relation_table"]

_SHOWN_TYPES = 30
_SHOWN_RELATIONS = 60
_TIERS = {1: "1 answer", 2: "2-4 answers", 3: "5 answers and more"}


def print_report(report: ReadReport, console: Console) -> None:
    """Say what was read and what was skipped, with reasons and examples."""
    files = ", ".join(report.files[:4]) + (", …" if len(report.files) > 4 else "")
    console.print(
        f"Read {escape(files)} ({report.format}): {report.entities:,} entities, "
        f"{report.relations:,} relations, {report.edges:,} edges."
    )
    if report.skipped:
        console.print(f"Skipped {report.skipped_total:,}:")
    for entry in report.skipped:
        examples = "; ".join(entry.examples)
        console.print(f"  {entry.count:,} x {escape(entry.reason)} (e.g. {escape(examples)})")


def print_statistics(figures: GraphStatistics, graph: KnowledgeGraph, console: Console) -> None:
    """Print sizes, types, relations, degrees and chain depths."""
    console.print(
        f"[bold]{escape(figures.domain)}[/bold]: {figures.entities:,} entities, "
        f"{figures.relations:,} relations, {figures.edges:,} edges, "
        f"{figures.isolated:,} entities without an edge"
    )
    types = Table("Entity type", "Entities", title="Entities by type", title_justify="left")
    types.columns[1].justify = "right"
    for name, count in figures.entities_by_type[:_SHOWN_TYPES]:
        types.add_row(escape(name), f"{count:,}")
    if (rest := len(figures.entities_by_type) - _SHOWN_TYPES) > 0:
        types.add_row(f"and {rest} more types", "")
    console.print(types)
    console.print(relation_table(figures, graph))
    console.print(_degree_table(figures))
    console.print(_depth_table(figures))
    bound = "" if figures.deep_starts_exact else "At least "
    console.print(f"{bound}{figures.deep_starts:,} entities start a simple path of 5 hops.")


def relation_table(figures: GraphStatistics, graph: KnowledgeGraph) -> Table:
    """List the relations with how they read, which the user may want to correct."""
    table = Table("Relation", "Reads", "Edges", "Sources", "Targets", "Fan-out", "Most",
                  title="Edges by relation", title_justify="left")  # fmt: skip
    for column in table.columns[2:]:
        column.justify = "right"
    # An id that is cut could not be looked up in kg.json.
    table.columns[0].overflow = "fold"
    for row in figures.edges_by_relation[:_SHOWN_RELATIONS]:
        reading = phrase_of(graph.relations[graph.relation_index[row.id]])
        counts = (f"{count:,}" for count in (row.edges, row.sources, row.targets))
        fan_out = (f"{row.mean_fan_out:.2f}", f"{row.max_fan_out:,}")
        table.add_row(escape(row.id), escape(reading), *counts, *fan_out)
    if (rest := len(figures.edges_by_relation) - _SHOWN_RELATIONS) > 0:
        table.add_row(f"and {rest} more")
    return table


def feasibility_table(rows: Sequence[Feasibility]) -> Table:
    """Show how many questions each chain length could yield, by size of the answer set."""
    table = Table("Hops", *_TIERS.values(), title="Questions that pass every check",
                  title_justify="left")  # fmt: skip
    for column in table.columns:
        column.justify = "right"
    for hops in sorted({row.hop_len for row in rows}):
        cells = {row.tier: row for row in rows if row.hop_len == hops}
        texts = (
            f"{cells[t].questions:,}{'' if cells[t].complete else '+'}" if t in cells else "-"
            for t in _TIERS
        )
        table.add_row(str(hops), *texts)
    if any(not row.complete for row in rows):
        table.caption = "+ at least so many: a sample of all paths was checked"
    return table


def _degree_table(figures: GraphStatistics) -> Table:
    table = Table("Degree", "Least", "25 %", "Median", "75 %", "Most", "Mean",
                  title="Edges per entity", title_justify="left")  # fmt: skip
    for column in table.columns[1:]:
        column.justify = "right"
    spreads: tuple[tuple[str, Quantiles], ...] = (
        ("outgoing", figures.out_degree),
        ("incoming", figures.in_degree),
    )
    for name, q in spreads:
        numbers = (q.least, q.lower, q.median, q.upper, q.most, q.mean)
        table.add_row(name, *(f"{number:,.6g}" for number in numbers))
    return table


def _depth_table(figures: GraphStatistics) -> Table:
    table = Table(
        "Hops", "Walks", title="Walks by length (entities may repeat)", title_justify="left"
    )
    table.columns[1].justify = "right"
    for hops, count in enumerate(figures.walks, start=1):
        table.add_row(str(hops), f"{count:,}")
    return table
