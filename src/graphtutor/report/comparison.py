"""Several runs side by side: mean and spread over seeds, and the paired tests of each run."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence

from graphtutor.config import changed_keys
from graphtutor.report.document import Block, Document, Figure, Heading, Paragraph, Table
from graphtutor.report.figures import (
    ABSENT,
    FIGURE_NAMES,
    SMALL_CELL,
    p_value,
    phase_label,
    points,
    tier_label,
)
from graphtutor.report.summary import Summary
from graphtutor.runs.metrics import PhaseMetrics

__all__ = ["comparison_document", "shares_by_phase"]

_SEEDS = {"seed", "tasks.seed"}
"""Keys in which runs of one experiment differ on purpose."""


def comparison_document(summaries: Sequence[Summary], plots: Sequence[Figure]) -> Document:
    """Compose the comparison of runs that differ in their seed, or in what they tried."""
    names = ", ".join(summary.run.run_id for summary in summaries)
    blocks: list[Block] = [
        Paragraph(
            f"Runs: {names}. Mean over the runs ± standard deviation, then the lowest and the "
            "highest run; the tasks of eval, answered greedily and without the graph."
        ),
        *_differences(summaries),
        *plots,
        *_spread(summaries),
        *_tests(summaries),
    ]
    return Document(f"Comparison of {len(summaries)} runs", tuple(blocks))


def shares_by_phase(
    summaries: Sequence[Summary], figure: str, tier: str | None = None
) -> dict[str, list[float]]:
    """Return ``figure`` of every run that has it, by phase; of one tier if it is named.

    The phases stand in the order in which runs have them.
    """
    found: dict[str, list[float]] = {}
    for summary in summaries:
        for phase, figures in summary.metrics.phases.items():
            place = figures if tier is None else figures.by_tier.get(tier)
            share = None if place is None else getattr(place, figure)
            if share is not None:
                found.setdefault(phase, []).append(share)
    return found


def _differences(summaries: Sequence[Summary]) -> Iterator[Block]:
    first = summaries[0].config
    rows: list[tuple[str, str]] = []
    for summary in summaries[1:]:
        if first is None or summary.config is None:
            continue
        keys = sorted(set(changed_keys(first, summary.config)) - _SEEDS)
        if keys:
            rows.append((summary.run.run_id, ", ".join(keys)))
    if rows:
        yield Paragraph(
            "These runs differ in more than their seed, so the spread is not one of seeds alone:"
        )
        head = ("run", f"settings unlike those of {summaries[0].run.run_id}")
        yield Table(head, tuple(rows), text_columns=frozenset({0, 1}))


def _spread(summaries: Sequence[Summary]) -> Iterator[Block]:
    phases = list(dict.fromkeys(p for summary in summaries for p in summary.metrics.phases))
    tiers = sorted({t for f in _all_figures(summaries) for t in f.by_tier}, key=int)
    titles = {"accuracy": "Right, %", "grounded_accuracy": "Grounded, %"}
    for figure, title in titles.items():
        columns: dict[str, Mapping[str, list[float]]] = {
            "all tasks": shares_by_phase(summaries, figure)
        }
        columns |= {tier_label(tier): shares_by_phase(summaries, figure, tier) for tier in tiers}
        rows = tuple(
            (
                phase_label(phase),
                str(len(columns["all tasks"].get(phase, []))),
                _sizes(summaries, phase, lambda figures: figures.n),
                *(_mean_and_spread(shares.get(phase, [])) for shares in columns.values()),
            )
            for phase in phases
        )
        faint = {
            (row, column)
            for column, tier in enumerate(tiers, start=4)
            for row, phase in enumerate(phases)
            if _smallest(summaries, phase, tier) < SMALL_CELL
        }
        yield Heading(title)
        yield Table(("phase", "runs", "n per run", *columns), rows, frozenset(faint))


def _mean_and_spread(shares: Sequence[float]) -> str:
    if not shares:
        return ABSENT
    mean = 100 * statistics.fmean(shares)
    if len(shares) == 1:
        return f"{mean:.1f}"
    spread = 100 * statistics.stdev(shares)
    return f"{mean:.1f} ± {spread:.1f} ({100 * min(shares):.1f}-{100 * max(shares):.1f})"


def _sizes(
    summaries: Sequence[Summary], phase: str, size: Callable[[PhaseMetrics], int | None]
) -> str:
    found = {size(s.metrics.phases[phase]) for s in summaries if phase in s.metrics.phases}
    known = sorted(n for n in found if n is not None)
    return "-".join(str(n) for n in dict.fromkeys([known[0], known[-1]])) if known else ABSENT


def _smallest(summaries: Sequence[Summary], phase: str, tier: str) -> int:
    cells = [
        figures.by_tier[tier].n
        for summary in summaries
        for name, figures in summary.metrics.phases.items()
        if name == phase and tier in figures.by_tier
    ]
    return min(cells, default=SMALL_CELL)


def _tests(summaries: Sequence[Summary]) -> Iterator[Block]:
    rows = tuple(
        (
            phase_label(phase),
            phase_label(test.against),
            FIGURE_NAMES.get(test.figure, test.figure),
            summary.run.run_id,
            ABSENT if summary.config is None else str(summary.config.seed),
            str(test.n),
            str(test.gained),
            str(test.lost),
            points(test.difference),
            p_value(test.p_value),
        )
        for summary in summaries
        for phase, figures in summary.metrics.phases.items()
        for test in figures.paired
    )
    if not rows:
        return
    yield Heading("Paired tests of each run")
    yield Paragraph(
        "Exact McNemar test on the same tasks, two-sided. 'SFT, further steps' has trained for as "
        "many further steps as RSFT."
    )
    head = ("phase", "against", "figure", "run", "seed", "n", "gained", "lost")
    head += ("difference, points", "p")
    # The runs of one test stand beneath each other; sorting is stable.
    grouped = tuple(sorted(rows, key=lambda row: [r[:3] for r in rows].index(row[:3])))
    yield Table(head, grouped, text_columns=frozenset({0, 1, 2, 3}))


def _all_figures(summaries: Sequence[Summary]) -> list[PhaseMetrics]:
    return [figures for summary in summaries for figures in summary.metrics.phases.values()]
