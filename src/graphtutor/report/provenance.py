"""Where a run came from, for its report: model, graph, files by digest, versions, machine."""

from __future__ import annotations

from collections.abc import Iterator

from graphtutor.report.document import Block, Heading, Table
from graphtutor.report.figures import ABSENT, phase_label
from graphtutor.report.summary import Summary
from graphtutor.runs.meta import RunMeta

__all__ = ["provenance"]

_DIGITS = 16
"""Digits of a digest that are shown; meta.json has them all."""


def provenance(summary: Summary) -> Iterator[Block]:
    """Yield the section on what was trained on; nothing without meta.json."""
    meta = summary.meta
    if meta is None:
        return
    yield Heading("What was trained on")
    used = tuple(
        (phase_label(phase), name, digest[:_DIGITS])
        for phase, facts in meta.phases.items()
        for name, digest in facts.files.items()
    )
    if used:
        header = ("phase", "file", "SHA-256, first digits")
        yield Table(header, used, text_columns=frozenset({0, 1, 2}))
    yield Heading("Where it ran", level=3)
    yield Table(("what", "value"), tuple(_facts(meta)), text_columns=frozenset({0, 1}))


def _facts(meta: RunMeta) -> Iterator[tuple[str, str]]:
    yield "base model", meta.model.base
    if meta.model.weights:
        yield "weights", meta.model.weights[:_DIGITS]
    if meta.model.chat_template:
        yield "chat template", meta.model.chat_template[:_DIGITS]
    if meta.graph is not None:
        yield "graph", f"{meta.graph.name}, {meta.graph.digest[:_DIGITS]}"
    yield "seed", str(meta.training.seed)
    yield "reward that selects", str(meta.reward_profiles.get("select", ABSENT))
    yield "platform", meta.platform
    if meta.hardware is not None:
        machine = meta.hardware
        yield "processor", f"{machine.processor or machine.machine}, {machine.cpu_count} cores"
        if machine.memory_bytes is not None:
            yield "memory", f"{machine.memory_bytes / 2**30:.1f} GiB"
        if machine.accelerator:
            yield "accelerator", machine.accelerator
    if meta.python:
        yield "Python", meta.python
    yield from meta.packages.items()
    if meta.source is not None:
        changed = ", with changes" if meta.source.modified else ""
        yield "source commit", f"{meta.source.commit[:_DIGITS]}{changed}"
