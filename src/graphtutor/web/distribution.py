"""Accuracy by hop length and by what a phase trained on, with n and intervals."""

from __future__ import annotations

from graphtutor.web.phases import PhaseSummary, complete, phase_summaries
from graphtutor.web.rates import ApiRecord, Rate
from graphtutor.web.run_files import RunFiles
from graphtutor.web.values import mapping, texts

__all__ = ["DistributionView", "distribution_view"]


class HopRate(ApiRecord):
    """The rates of one phase at one hop length."""

    phase: str
    title: str
    hop: int
    right: Rate
    grounded: Rate | None


class SplitRate(ApiRecord):
    """The rates of one phase at one hop length, with the files that the phase trained on.

    ``train_split`` names what sets the phase apart: its long tasks if it trained on any.
    """

    phase: str
    title: str
    trained_on: tuple[str, ...]
    train_split: str
    hop: int
    right: Rate
    grounded: Rate | None


class DistributionView(ApiRecord):
    """The rates by hop, and again with what was trained on."""

    by_hop: tuple[HopRate, ...]
    matrix: tuple[SplitRate, ...]


def distribution_view(files: RunFiles) -> DistributionView:
    """Return the rates of every phase by hop length."""
    metrics = files.figures.phases
    phases = phase_summaries(metrics, None if complete(metrics) else files.episodes())
    cells = [(phase, int(hop)) for phase in phases for hop in _hops(phase)]
    return DistributionView(
        by_hop=tuple(
            HopRate(phase=p.phase, title=p.title, hop=hop, **dict(p.by_hop[str(hop)]))
            for p, hop in cells
        ),
        matrix=tuple(
            SplitRate(
                phase=p.phase,
                title=p.title,
                trained_on=trained_on(files, p.phase),
                train_split=_split(p.phase, trained_on(files, p.phase)),
                hop=hop,
                **dict(p.by_hop[str(hop)]),
            )
            for p, hop in cells
        ),
    )


def trained_on(files: RunFiles, phase: str) -> tuple[str, ...]:
    """Return the files that a phase's own training learned from, as meta.json records them."""
    facts = mapping(mapping(files.meta.get("phases")).get(phase))
    return texts(facts.get("trained"))


def _hops(phase: PhaseSummary) -> list[str]:
    """Return the hop lengths, shortest first; what is no number is no length."""
    found = [hop for hop in phase.by_hop if hop.isascii() and hop.isdecimal() and len(hop) < 6]
    return sorted((hop for hop in found if str(int(hop)) == hop), key=int)


def _split(phase: str, trained: tuple[str, ...]) -> str:
    if not trained:
        return "none" if phase == "base" else "not recorded"
    names = [name.removesuffix(".jsonl") for name in trained]
    return next((name for name in names if "long" in name), names[0])
