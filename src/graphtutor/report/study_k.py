"""The report of the k study."""

from __future__ import annotations

from pathlib import Path

from graphtutor.report.document import Document, Paragraph, Table
from graphtutor.report.figures import rate
from graphtutor.report.plots_canvas import plots_available
from graphtutor.report.plots_studies import draw_k
from graphtutor.report.write import write_document
from graphtutor.runs.studies import KStudy

__all__ = ["write_k"]


def write_k(record: KStudy, folder: Path) -> Path:
    """Write report.md, report.html and plots/ into ``folder``; return the path of report.md."""
    drawn = [draw_k(record, folder / "plots")] if plots_available() else []
    said = (
        f"The SFT models of {len(record.runs)} runs (seeds {', '.join(map(str, record.seeds))}) "
        f"answered {record.by_k[0].n} tasks of train_long.jsonl, {record.samples} samples each at "
        f"temperature {record.temperature:g}. All K are estimated from the same samples; 95 % "
        "intervals are bootstrapped over start entities. A winner is a grounded sample: guessing "
        "letters makes one of many samples right, but no chain true."
    )
    fields = ("right", "grounded", "no_winner", "only_winners")
    rows = tuple(
        (
            str(row.k),
            str(row.n),
            *(rate(getattr(row, field), row.intervals.get(field)) for field in fields),
            rate(row.guess),
        )
        for row in record.by_k
    )
    head = ("K", "n", "a right sample", "a grounded sample", "no winner", "only winners")
    table = Table((*head, "a right sample by guessing"), rows)
    document = Document("What K samples a task are worth", (Paragraph(said), *drawn, table))
    return write_document(folder, document, drawn)
