"""The report of the retrieval study: the table, what it settles, and what was retrieved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from graphtutor.report.document import Block, Document, Figure, Heading, Paragraph, Table
from graphtutor.report.figures import FIGURE_NAMES, p_value, phase_label, points, rate
from graphtutor.report.plots_canvas import plots_available
from graphtutor.report.plots_studies import draw_retrieval
from graphtutor.report.write import write_document
from graphtutor.runs.cell import Cell
from graphtutor.runs.studies import Contrast, RetrievalStudy

__all__ = ["write_retrieval"]

_SOURCES: Final = {
    "closed": "closed book",
    "words": "found by words",
    "graph": "found by the graph",
    "gold": "gold facts",
}


def write_retrieval(record: RetrievalStudy, folder: Path) -> Path:
    """Write report.md, report.html and plots/ into ``folder``; return the path of report.md."""
    labels = _labels(record)
    drawn: list[Figure] = []
    if plots_available():
        drawn = [draw_retrieval(record, _SOURCES, labels, folder / "plots")]
    document = Document(
        "Closed book, retrieval, training, both", tuple(_blocks(record, labels, drawn))
    )
    return write_document(folder, document, drawn)


def _labels(record: RetrievalStudy) -> dict[str, str]:
    trained = " or ".join(phase_label(phase) for phase in dict.fromkeys(record.trained))
    return {"none": "no model", "base": "base", "trained": f"trained ({trained})"}


def _blocks(
    record: RetrievalStudy, labels: dict[str, str], drawn: Sequence[Figure]
) -> Iterator[Block]:
    yield Paragraph(
        f"The same {record.tasks} tasks of eval.jsonl in every cell, asked of {len(record.runs)} "
        f"runs (seeds {', '.join(map(str, record.seeds))}). Nothing is trained here, and nothing "
        f"fitted to these tasks. At most {record.k} statements of the graph stand in a prompt, "
        "shuffled: those that BM25 finds by the words of the question; those of the chains that "
        "the linker reads out of the question, filled up by BM25 and the graph reranker; or the "
        "facts of the gold chain and no others, what perfect retrieval would find. 'No model' "
        "takes the one option that the statements lead to along what the question asks; where they "
        "lead to none or several it abstains, which counts as wrong. 95 % intervals, bootstrapped "
        "over start entities; Wilson's where all answers agree."
    )
    yield from drawn
    for figure, title in FIGURE_NAMES.items():
        yield Heading(f"The four-way table: {title}")
        yield Table(("facts in the prompt", *labels.values()), _four_way(record, labels, figure))
    yield from _answers(record, labels)
    yield from _cells(record, labels)
    yield Heading("What was found")
    rows = tuple(
        (
            _SOURCES[found.source],
            str(found.n),
            f"{found.statements:.1f}",
            f"{found.prompt_tokens:.0f}",
            rate(found.gold, found.intervals.get("gold")),
            rate(found.whole, found.intervals.get("whole")),
        )
        for found in record.sources
    )
    head = ("facts in the prompt", "n", "statements, mean", "tokens of the prompt, mean")
    yield Table((*head, "gold edges among them", "the whole gold chain among them"), rows)


def _four_way(
    record: RetrievalStudy, labels: dict[str, str], figure: str
) -> tuple[tuple[str, ...], ...]:
    cells = {(cell.source, cell.answerer): _figure(cell, figure) for cell in record.cells}
    return tuple(
        (name, *(cells.get((source, answerer), rate(None)) for answerer in labels))
        for source, name in _SOURCES.items()
    )


def _figure(cell: Cell, figure: str) -> str:
    value = cell.accuracy if figure == "accuracy" else cell.grounded_accuracy
    return rate(value, cell.intervals.get(figure))


def _answers(record: RetrievalStudy, labels: dict[str, str]) -> Iterator[Block]:
    yield Heading("What it settles")
    for question in dict.fromkeys(found.question for found in record.contrasts):
        yield Heading(question, level=3)
        found = [c for c in record.contrasts if c.question == question]
        head = ("cell", "against", "figure", "n", "difference, points (95 %)", "each seed")
        yield Table(
            (*head, "p of each", "verdict"),
            tuple(_contrast(c, labels) for c in found),
            text_columns=frozenset({0, 1, 2, 7}),
        )
    yield Paragraph(
        "Differences are means over runs and tasks; their intervals resample start entities. "
        "'higher' and 'lower' ask that the interval leaves out 0 and all runs agree in sign; p is "
        "the exact McNemar test of each run. The intervals are not corrected for their number. "
        "The questions name relations as the graph phrases them, which suits the linker; questions "
        "in free words are not measured here.",
        aside=True,
    )


def _contrast(found: Contrast, labels: dict[str, str]) -> tuple[str, ...]:
    low, high = found.interval
    return (
        _cell_name(found.arm, labels),
        _cell_name(found.against, labels),
        FIGURE_NAMES[found.figure],
        str(found.n),
        f"{points(found.difference)} ({points(low)} to {points(high)})",
        ", ".join(points(change) for change in found.by_seed),
        ", ".join(p_value(p) for p in found.p_values),
        found.verdict,
    )


def _cell_name(arm: str, labels: dict[str, str]) -> str:
    answerer, _, source = arm.partition("/")
    return f"{labels[answerer]}, {_SOURCES[source]}"


def _cells(record: RetrievalStudy, labels: dict[str, str]) -> Iterator[Block]:
    yield Heading("Every cell, and by hop count")
    rows: list[tuple[str, ...]] = []
    for cell in record.cells:
        name = (labels[cell.answerer], _SOURCES[cell.source])
        valid = rate(cell.valid, cell.intervals.get("valid"))
        rows.append((*name, "all", *_numbers(cell), valid))
        rows += [(*name, hops, *_numbers(part), "") for hops, part in cell.by_hop.items()]
    head = ("answers", "facts in the prompt", "hops", "n", "right", "grounded")
    yield Table((*head, "a valid answer"), tuple(rows), text_columns=frozenset({0, 1}))


def _numbers(cell: Cell) -> tuple[str, ...]:
    return (str(cell.n), *(_figure(cell, figure) for figure in FIGURE_NAMES))
