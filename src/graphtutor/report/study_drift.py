"""The report of the drift study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from graphtutor.report.document import Block, Document, Figure, Heading, Paragraph, Table
from graphtutor.report.figures import number, phase_label, rate
from graphtutor.report.plots_canvas import plots_available
from graphtutor.report.plots_studies import draw_drift
from graphtutor.report.write import write_document
from graphtutor.runs.drift import TextDrift
from graphtutor.runs.studies import DriftStudy, PhaseDrift

__all__ = ["write_drift"]


def write_drift(record: DriftStudy, folder: Path) -> Path:
    """Write report.md, report.html and plots/ into ``folder``; return the path of report.md."""
    drawn = [draw_drift(record, folder / "plots")] if plots_available() else []
    document = Document("What training cost elsewhere", tuple(_blocks(record, drawn)))
    return write_document(folder, document, drawn)


def _blocks(record: DriftStudy, drawn: Sequence[Figure]) -> Iterator[Block]:
    yield Paragraph(
        "Each trained phase against the base it began from, on texts and prompts that have nothing "
        "to do with the tasks. KL(base || phase) is in nats per token; 95 % intervals, "
        "bootstrapped over texts for means, Wilson for rates. The base against itself is the check "
        "of the measurement: no divergence, full agreement."
    )
    yield from drawn
    texts = {
        "Plain English passages": [(p, p.english.text) for p in record.phases],
        "Worlds never read before (what the embedded model was made to read)": [
            (p, p.worlds.text if p.worlds else None) for p in record.phases
        ],
    }
    for title, found in texts.items():
        rows = tuple(_text_row(p, text) for p, text in found if text is not None)
        if rows:
            yield Heading(title)
            head = ("run", "phase", "texts", "tokens", "KL per token", "perplexity")
            head += ("perplexity of the base", "same likeliest token")
            yield Table(head, rows, text_columns=frozenset({0, 1}))
    letters = tuple(row for p in record.phases for row in _letter_rows(p))
    if letters:
        yield Heading("Questions over worlds never read before")
        head = ("run", "phase", "kind", "n", "right letter", "a letter at all")
        yield Table(head, letters, text_columns=frozenset({0, 1, 2}))
    yield Heading("Ordinary prompts, which ask for no format")
    head = ("run", "phase", "n", "answered in the format of the tasks", "opens a trace")
    head += ("or either of its lines", "cut", "tokens, mean", "as the base, word for word")
    yield Table(
        head,
        tuple(row for p in record.phases for row in _answer_rows(p)),
        text_columns=frozenset({0, 1}),
    )


def _text_row(found: PhaseDrift, text: TextDrift) -> tuple[str, ...]:
    ends = text.intervals
    return (
        found.run,
        phase_label(found.phase),
        str(text.texts),
        str(text.tokens),
        number(text.kl, ends.get("kl")),
        number(text.perplexity_model, ends.get("perplexity_model")),
        number(text.perplexity_base, ends.get("perplexity_base")),
        rate(text.agreement, ends.get("agreement")),
    )


def _letter_rows(found: PhaseDrift) -> Iterator[tuple[str, ...]]:
    letters = found.letters
    if letters is None:
        return
    for kind, n in letters.n.items():
        right = rate(letters.right[kind], letters.intervals.get(kind))
        answered = rate(letters.answered[kind])
        yield (found.run, phase_label(found.phase), kind, str(n), right, answered)


def _answer_rows(found: PhaseDrift) -> Iterator[tuple[str, ...]]:
    answers = found.english.answers
    if answers is None:
        return
    style = answers.model
    yield (
        found.run,
        phase_label(found.phase),
        str(style.n),
        rate(style.task_format, style.intervals.get("task_format")),
        rate(style.trace_line, style.intervals.get("trace_line")),
        rate(style.task_line, style.intervals.get("task_line")),
        rate(style.cut, style.intervals.get("cut")),
        f"{style.mean_tokens:.0f}",
        rate(answers.same, answers.intervals.get("same")),
    )
