"""Writes the reports: report.md, report.html and plots/, from run directories alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graphtutor.errors import RunError
from graphtutor.io.atomic import write_text
from graphtutor.report.comparison import comparison_document, shares_by_phase
from graphtutor.report.content import run_document
from graphtutor.report.document import Document, Figure, Paragraph
from graphtutor.report.html import html_of
from graphtutor.report.markdown import markdown_of
from graphtutor.report.plots import draw_plots, draw_spread
from graphtutor.report.plots_canvas import plots_available
from graphtutor.report.summary import read_summary
from graphtutor.runs.directory import RunDirectory

__all__ = ["write_comparison", "write_document", "write_report"]

_NO_PLOTS = Paragraph(
    "Plots were left out: they need matplotlib (pip install 'graphtutor[plots]').", aside=True
)


def write_report(run: RunDirectory, out: Path | None = None) -> Path:
    """Write the report of one run into ``out`` (default: the run directory).

    Returns the path of report.md. Raises RunError or ConfigError when the run cannot be read.
    """
    folder = out or run.path
    summary = read_summary(run)
    drawn = draw_plots(summary, folder / "plots") if plots_available() else []
    return write_document(folder, run_document(summary, drawn), drawn)


def write_comparison(runs: Sequence[RunDirectory], out: Path) -> Path:
    """Write the comparison of several runs into ``out`` and return the path of its report.md.

    Raises RunError without runs or when one cannot be read.
    """
    if not runs:
        raise RunError("report", wanted="at least one run", got="none")
    summaries = [read_summary(run) for run in runs]
    values = {
        "right": shares_by_phase(summaries, "accuracy"),
        "grounded": shares_by_phase(summaries, "grounded_accuracy"),
    }
    values = {title: phases for title, phases in values.items() if phases}
    drawn: list[Figure] = []
    if values and plots_available():
        drawn.append(draw_spread(values, out / "plots"))
    return write_document(out, comparison_document(summaries, drawn), drawn)


def write_document(folder: Path, document: Document, drawn: Sequence[Figure]) -> Path:
    """Write report.html and report.md; the SVG of each figure of ``drawn`` lies in plots/ there.

    Returns the path of report.md.
    """
    if not plots_available():
        document = Document(document.title, (*document.blocks, _NO_PLOTS))
    images = {
        figure.name: (folder / "plots" / f"{figure.name}.svg").read_bytes() for figure in drawn
    }
    write_text(folder / "report.html", html_of(document, images))
    path = folder / "report.md"
    write_text(path, markdown_of(document))
    return path
