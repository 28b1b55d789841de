"""The report of a blueprint run: form before and after, closed questions, answers side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from graphtutor.report.document import Block, Code, Document, Figure, Heading, Paragraph, Table
from graphtutor.report.plots_blueprint import draw_blueprint
from graphtutor.report.plots_canvas import plots_available
from graphtutor.report.write import write_document
from graphtutor.runs.blueprint import BlueprintAnswer, BlueprintMetrics, Rate
from graphtutor.runs.directory import RunDirectory

__all__ = ["blueprint_document", "write_blueprint_report"]

_EXAMPLES: Final = 6
_DEMANDS: Final = {
    "levels": "every level is there",
    "order": "levels in order, the short form last",
    "once": "no level twice",
    "lengths": "each level within its bounds",
    "distinct": "no level repeats another",
    "merged": "the short form holds every strand",
    "short": "the short form is a third at most",
    "clean": "nothing beside the levels",
}


def write_blueprint_report(
    run: RunDirectory, metrics: BlueprintMetrics, answers: Sequence[BlueprintAnswer]
) -> Path:
    """Write report.md, report.html and plots/ into the run; return the path of report.md."""
    drawn = draw_blueprint(metrics, run.plots) if plots_available() else []
    return write_document(run.path, blueprint_document(metrics, answers, drawn), drawn)


def blueprint_document(
    metrics: BlueprintMetrics, answers: Sequence[BlueprintAnswer], drawn: Sequence[Figure] = ()
) -> Document:
    """Return the report as blocks."""
    intro = (
        f"{metrics.train} examples to train on, {metrics.valid} held out with their topics. "
        "Structure is form: a program sees whether the levels are there, in order and short. "
        "Whether an answer is true it does not see; read the examples below."
    )
    blocks: list[Block] = [Paragraph(intro), *drawn]
    blocks += [Heading("Structure on held-out topics"), *_structure(metrics)]
    blocks += [Heading("Closed questions on held-out topics"), *_closed(metrics)]
    blocks += [Heading("The same question before and after"), *_examples(answers)]
    return Document(f"Blueprint run {metrics.run_id}", tuple(blocks))


def _structure(metrics: BlueprintMetrics) -> list[Block]:
    phases = {name: phase for name, phase in metrics.phases.items() if phase.well_formed}
    if not phases:
        return [Paragraph("The data hold no whole answers by a known framework.", aside=True)]
    rows: list[tuple[str, ...]] = [
        ("**well-formed**", *(_rate(phase.well_formed) for phase in phases.values())),
    ]
    first = next(iter(phases.values()))
    rows += [
        (_DEMANDS.get(name, name), *(_rate(p.components.get(name)) for p in phases.values()))
        for name in first.components
    ]
    rows += [
        (f"well-formed, {domain}", *(_rate(p.by_domain.get(domain)) for p in phases.values()))
        for domain in first.by_domain
    ]
    rows.append(
        ("short form, share of the explanations", *(_share(p.compression) for p in phases.values()))
    )
    copied = (_share(phase.copied) for phase in phases.values())
    rows.append(("levels word for word from a training answer", *copied))
    rows.append(("words, times the reference", *(_number(p.verbosity) for p in phases.values())))
    rate = first.well_formed
    note = (
        f"n = {rate.n} answers on {rate.topics} topics a phase. 95 % intervals: topics resampled, "
        "or Wilson's over topics where all answers agree."
        if rate
        else ""
    )
    header = ("demand", *phases)
    plain = tuple((row[0].strip("*"), *row[1:]) for row in rows)
    return [Table(header, plain), Paragraph(note, aside=True)]


def _closed(metrics: BlueprintMetrics) -> list[Block]:
    kinds = list(dict.fromkeys(k for phase in metrics.phases.values() for k in phase.closed))
    if not kinds:
        return [Paragraph("The data hold no closed questions.", aside=True)]
    rows = tuple(
        (kind, _count(metrics, kind), *(_rate(p.closed.get(kind)) for p in metrics.phases.values()))
        for kind in kinds
    )
    note = (
        "Exact match with Wilson's 95 % interval. recover and misplaced have four options: "
        "guessing gives 25 %."
    )
    return [Table(("kind", "n", *metrics.phases), rows), Paragraph(note, aside=True)]


def _examples(answers: Sequence[BlueprintAnswer]) -> list[Block]:
    """The first whole answer of some topics, spread evenly over the held-out ones."""
    by_key: dict[str, dict[str, BlueprintAnswer]] = {}
    seen: set[tuple[str, str]] = set()
    for answer in answers:
        if answer.well_formed is None:
            continue
        if answer.key in by_key or (answer.domain, answer.topic) not in seen:
            seen.add((answer.domain, answer.topic))
            by_key.setdefault(answer.key, {})[answer.phase] = answer
    keys = list(by_key)
    chosen = keys[:: max(1, len(keys) // _EXAMPLES)][:_EXAMPLES]
    blocks: list[Block] = []
    for key in chosen:
        phases = by_key[key]
        one = next(iter(phases.values()))
        blocks.append(Heading(f"{one.domain}: {one.question}", 3))
        for name, answer in phases.items():
            verdict = "well-formed" if answer.well_formed else f"not: {_missing(answer)}"
            blocks += [Paragraph(f"{name} ({verdict})"), Code(answer.answer or "(nothing)")]
        blocks += [Paragraph("reference"), Code(one.reference)]
    return blocks or [Paragraph("None.", aside=True)]


def _missing(answer: BlueprintAnswer) -> str:
    return ", ".join(name for name, holds in (answer.structure or {}).items() if not holds)


def _count(metrics: BlueprintMetrics, kind: str) -> str:
    rates = [phase.closed[kind] for phase in metrics.phases.values() if kind in phase.closed]
    return str(rates[0].n) if rates else ""


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return "-"
    low, high = rate.interval
    return f"{rate.share:.1%} [{low:.1%}, {high:.1%}]"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
