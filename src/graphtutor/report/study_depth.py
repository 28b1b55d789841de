"""The report of the depth study."""

from __future__ import annotations

from pathlib import Path

from graphtutor.report.document import Block, Document, Heading, Paragraph, Table
from graphtutor.report.figures import ABSENT, FIGURE_NAMES, SMALL_CELL, rate
from graphtutor.report.plots_canvas import plots_available
from graphtutor.report.plots_studies import draw_depth
from graphtutor.report.write import write_document
from graphtutor.runs.studies import DepthStudy

__all__ = ["write_depth"]


def write_depth(record: DepthStudy, folder: Path) -> Path:
    """Write report.md, report.html and plots/ into ``folder``; return the path of report.md."""
    drawn = [draw_depth(record, folder / "plots")] if plots_available() else []
    blocks: list[Block] = [
        Paragraph(
            f"{len(record.seeds)} seeds. Each model was trained by SFT on chains of up to so many "
            "hops, all for as many steps and from the same base, and asked for chains of 2 to 8 "
            "hops that none has seen, nor as a part of a longer one. Pooled over the seeds; 95 % "
            "Wilson intervals, and for the grounded share the lowest and highest seed."
        ),
        *drawn,
    ]
    for figure, title in FIGURE_NAMES.items():
        blocks += [Heading(title.capitalize()), _table(record, figure)]
    return write_document(folder, Document("How deep does it go?", tuple(blocks)), drawn)


def _table(record: DepthStudy, figure: str) -> Table:
    rows: list[tuple[str, ...]] = []
    faint: set[tuple[int, int]] = set()
    for hops in record.hops:
        row = [f"{hops} hops"]
        sizes = {record.cells[str(d)][str(hops)].n for d in record.depths if _has(record, d, hops)}
        row.append("-".join(str(n) for n in sorted(sizes)) or ABSENT)
        for column, depth in enumerate(record.depths, start=2):
            if not _has(record, depth, hops):
                row.append(ABSENT)
                continue
            cell = record.cells[str(depth)][str(hops)]
            text = rate(getattr(cell, figure), cell.intervals.get(figure))
            if figure == "grounded_accuracy":
                seeds = record.by_seed[str(depth)][str(hops)]
                text += f" [{100 * min(seeds):.0f}-{100 * max(seeds):.0f}]"
            row.append(text)
            if cell.n < SMALL_CELL:
                faint.add((len(rows), column))
        rows.append(tuple(row))
    head = ("question", "n", *(f"trained to {depth}" for depth in record.depths))
    return Table(head, tuple(rows), frozenset(faint))


def _has(record: DepthStudy, depth: int, hops: int) -> bool:
    return str(hops) in record.cells.get(str(depth), {})
