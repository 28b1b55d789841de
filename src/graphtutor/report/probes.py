"""The part of the report that asks whether the figures hold: probes, gaps, guessers, ceilings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphtutor.report.document import Block, Figure, Heading, Paragraph, Table
from graphtutor.report.figures import (
    ABSENT,
    SMALL_CELL,
    p_value,
    phase_label,
    points,
    rate,
)
from graphtutor.runs.audit import AuditRecord
from graphtutor.runs.metrics import PhaseMetrics, RunMetrics
from graphtutor.runs.probe_metrics import VariantMetrics

__all__ = ["probe_blocks", "reference_blocks"]

_SHOWN = 6
"""Guessers shown in the report; the audit's page has all."""


def probe_blocks(
    phases: Mapping[str, PhaseMetrics], plots: Mapping[str, Figure]
) -> Iterator[Block]:
    """Yield the tables of the probes, for the phases that were asked."""
    blocks = [*_rotation(phases), *_variants(phases), *_samples(phases), *_composition(phases)]
    if not blocks:
        return
    yield Heading("Does it hold?")
    if "probes" in plots:
        yield plots["probes"]
    yield from blocks


def _rotation(phases: Mapping[str, PhaseMetrics]) -> Iterator[Block]:
    found = {name: f.rotation for name, f in phases.items() if f.rotation}
    if not found:
        return
    yield Heading("The right option moved through A-D", level=3)
    yield Paragraph(
        "Each task is asked four times, with the right option at each letter. A model that leans "
        "on letters is right at some of them only."
    )
    head = ("phase", "n", "right, mean", "grounded, mean", "right at all four")
    head += tuple(f"right option at {letter}" for letter in "ABCD")
    rows = tuple(
        (
            phase_label(name),
            str(r.n),
            rate(r.accuracy, r.intervals.get("accuracy")),
            rate(r.grounded_accuracy, r.intervals.get("grounded_accuracy")),
            rate(r.consistency, r.intervals.get("consistency")),
            *(rate(r.recall.get(letter), r.intervals.get(f"recall {letter}")) for letter in "ABCD"),
        )
        for name, r in found.items()
    )
    small = {(row, c) for row, r in enumerate(found.values()) if r.n < SMALL_CELL for c in range(9)}
    yield Table(head, rows, frozenset(small))


def _variants(phases: Mapping[str, PhaseMetrics]) -> Iterator[Block]:
    templates = list(dict.fromkeys(name for f in phases.values() for name in f.wording))
    asked: dict[str, dict[str, VariantMetrics]] = {
        f'Wordings never trained on: "{template}"': {
            name: f.wording[template] for name, f in phases.items() if template in f.wording
        }
        for template in templates
    }
    asked["With the facts of the gold chain in the prompt"] = {
        name: f.retrieval for name, f in phases.items() if f.retrieval
    }
    for title, found in asked.items():
        if not found:
            continue
        yield Heading(title, level=3)
        head = ("phase", "n", "right as in the file", "right so", "difference", "p")
        head += ("grounded as in the file", "grounded so", "difference", "p")
        yield Table(head, tuple((phase_label(n), *_variant_row(v)) for n, v in found.items()))


def _variant_row(variant: VariantMetrics) -> tuple[str, ...]:
    tests = {test.figure: test for test in variant.paired}

    def cells(before: str, after: str) -> Iterator[str]:
        yield rate(getattr(variant, before), variant.intervals.get(before))
        yield rate(getattr(variant, after), variant.intervals.get(after))
        test = tests.get(after)
        yield points(test.difference) if test else ABSENT
        yield p_value(test.p_value) if test else ABSENT

    return (
        str(variant.n),
        *cells("before", "accuracy"),
        *cells("grounded_before", "grounded_accuracy"),
    )


def _samples(phases: Mapping[str, PhaseMetrics]) -> Iterator[Block]:
    found = {name: f.samples for name, f in phases.items() if f.samples}
    if not found:
        return
    yield Heading("Several samples a task", level=3)
    temperatures = sorted({s.temperature for s in found.values() if s.temperature is not None})
    said = f" at temperature {', '.join(f'{t:g}' for t in temperatures)}" if temperatures else ""
    yield Paragraph(
        f"The chance that one of k samples{said} is right, or grounded. Guessing letters alone "
        "makes one of eight right in 90 % of the tasks, so read the grounded ones."
    )
    ks = list(dict.fromkeys(k for s in found.values() for k in s.right))
    head = ("phase", "n", "figure", *(f"pass@{k}" for k in ks))
    rows: list[tuple[str, ...]] = []
    for name, s in found.items():
        for label, shares in (("right", s.right), ("grounded", s.grounded)):
            cells = (rate(shares.get(k), s.intervals.get(f"{label}/{k}")) for k in ks)
            rows.append((phase_label(name), str(s.n), label, *cells))
    guess = next(iter(found.values())).guess
    rows.append(("guessing letters", ABSENT, "right", *(rate(guess.get(k)) for k in ks)))
    yield Table(head, tuple(rows), text_columns=frozenset({0, 2}))


def _composition(phases: Mapping[str, PhaseMetrics]) -> Iterator[Block]:
    rows = tuple(
        (
            phase_label(name),
            f"{hops} hops",
            str(gap.n),
            rate(gap.known, gap.intervals.get("known")),
            rate(gap.grounded_accuracy, gap.intervals.get("grounded_accuracy")),
            f"{points(-gap.gap)}{_ends(gap.intervals.get('gap'))}",
            str(gap.n_known),
            rate(gap.of_known, gap.intervals.get("of_known")),
        )
        for name, figures in phases.items()
        for hops, gap in figures.composition.items()
    )
    if not rows:
        return
    yield Heading("What it knows, and what it makes of it", level=3)
    yield Paragraph(
        "The product of the recalls of a task's hops, each asked alone, is what a model would "
        "reach that strings together the facts it knows; the difference is lost in composition."
    )
    head = ("phase", "hops", "n", "every hop known", "grounded", "difference, points")
    head += ("tasks with every hop known", "grounded among these")
    yield Table(head, rows, text_columns=frozenset({0, 1}))


def _ends(interval: tuple[float, float] | None) -> str:
    return f" ({points(-interval[1])} to {points(-interval[0])})" if interval else ""


def reference_blocks(metrics: RunMetrics, audit: AuditRecord | None) -> Iterator[Block]:
    """Yield what the phases are read beside: the graph oracle and guessers that do not reason."""
    rows = [
        (name, str(c.n), *(rate(getattr(c, f), c.intervals.get(f)) for f in _FIGURES))
        for name, c in metrics.references.items()
    ]
    for phase, figures in metrics.phases.items():
        if (told := figures.retrieval) is not None:
            cells = (rate(getattr(told, f), told.intervals.get(f)) for f in _FIGURES)
            rows.append((f"{phase_label(phase)}, facts in the prompt", str(told.n), *cells))
    guessers = [s for s in (audit.shortcuts if audit else ()) if s.file == "eval.jsonl"]
    known = [s for s in guessers if s.accuracy is not None and s.passed is not None]
    known.sort(key=lambda s: -(s.accuracy or 0))
    rows += [(s.title, str(s.n), rate(s.accuracy, s.interval), ABSENT) for s in known[:_SHOWN]]
    if not rows:
        return
    yield Heading("Beside it")
    if known:
        yield Paragraph(
            f"The {min(_SHOWN, len(known))} best of {len(known)} guessers that do not reason, and "
            "what an answerer with the graph, or with the facts, reaches on the same questions."
        )
    yield Table(("answerer", "n", "right", "grounded"), tuple(rows))
    if audit is not None:
        failed = ", ".join(sorted({f"{item.name} ({item.file})" for item in audit.failed}))
        verdict = f"These gates do not hold: {failed}." if failed else "Every gate holds."
        yield Paragraph(f"Audit of the data that this run used: {verdict} See audit.md.")


_FIGURES = ("accuracy", "grounded_accuracy")
