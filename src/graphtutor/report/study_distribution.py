"""The report of the distribution study: its questions, each with its contrasts, then the arms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from graphtutor.report.document import Block, Document, Figure, Heading, Paragraph, Table
from graphtutor.report.figures import ABSENT, FIGURE_NAMES, p_value, phase_label, points
from graphtutor.report.plots import draw_spread
from graphtutor.report.plots_canvas import plots_available
from graphtutor.report.plots_studies import draw_contrasts
from graphtutor.report.write import write_document
from graphtutor.runs.studies import ArmFigures, Contrast, DistributionStudy

__all__ = ["write_distribution"]


def write_distribution(record: DistributionStudy, folder: Path) -> Path:
    """Write report.md, report.html and plots/ into ``folder``; return the path of report.md."""
    drawn = _plots(record, folder / "plots") if plots_available() else []
    document = Document("Which chains should RSFT train on?", tuple(_blocks(record, drawn)))
    return write_document(folder, document, drawn)


def _plots(record: DistributionStudy, folder: Path) -> list[Figure]:
    arms = {
        title: {arm.phase: getattr(arm, figure) for arm in record.arms}
        for figure, title in FIGURE_NAMES.items()
    }
    return [
        draw_spread(arms, folder, "arms"),
        draw_contrasts(record.contrasts, folder, "contrasts"),
    ]


def _blocks(record: DistributionStudy, drawn: Sequence[Figure]) -> Iterator[Block]:
    yield Paragraph(
        f"{len(record.seeds)} seeds ({', '.join(map(str, record.seeds))}), n = {record.arms[0].n} "
        "tasks of eval each. All arms go on from one SFT model for as many steps; rsft, answer "
        "only and placebo select among the same samples."
    )
    leaks = "; ".join(record.leaks)
    yield Paragraph(
        f"The data of these runs did not pass the audit: {leaks}."
        if leaks
        else "The data of every run passes the audit: nothing that is evaluated was trained on."
    )
    yield from drawn
    yield Heading("Answers")
    for question in dict.fromkeys(found.question for found in record.contrasts):
        yield Heading(question, level=3)
        rows = tuple(_contrast_row(c) for c in record.contrasts if c.question == question)
        head = ("arm", "against", "figure", "difference, points (95 %)", "each seed", "p of each")
        yield Table((*head, "verdict"), rows, text_columns=frozenset({0, 1, 2, 6}))
    yield Paragraph(
        "Differences are means over seeds and tasks; their intervals resample start entities. "
        "'higher' and 'lower' ask that the interval leaves out 0 and all seeds agree in sign; p is "
        "the exact McNemar test of each seed. The intervals are not corrected for their number.",
        aside=True,
    )
    yield Heading("Arms")
    head = ("arm", "right, mean % (lowest-highest)", "grounded", "tasks with a winner")
    yield Table(head, tuple(_arm_row(arm) for arm in record.arms))


def _contrast_row(found: Contrast) -> tuple[str, ...]:
    low, high = found.interval
    return (
        phase_label(found.arm),
        phase_label(found.against),
        FIGURE_NAMES[found.figure],
        f"{points(found.difference)} ({points(low)} to {points(high)})",
        ", ".join(points(change) for change in found.by_seed),
        ", ".join(p_value(p) for p in found.p_values),
        found.verdict,
    )


def _arm_row(arm: ArmFigures) -> tuple[str, ...]:
    shares = (arm.accuracy, arm.grounded_accuracy, arm.with_winner)
    return (phase_label(arm.phase), *(_spread(found) for found in shares))


def _spread(shares: Sequence[float]) -> str:
    if not shares:
        return ABSENT
    mean = 100 * sum(shares) / len(shares)
    return f"{mean:.1f} ({100 * min(shares):.1f}-{100 * max(shares):.1f})"
