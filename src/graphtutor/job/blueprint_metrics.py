"""From the answers of a blueprint run to its figures, each with n and a 95 % interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from graphtutor.blueprint.structure import COMPONENTS
from graphtutor.evaluation.intervals import cluster_bootstrap, wilson
from graphtutor.job.blueprint_answers import WHOLE
from graphtutor.runs.blueprint import BlueprintAnswer, BlueprintPhase, Rate

__all__ = ["phase_figures"]


def phase_figures(answers: Iterable[BlueprintAnswer]) -> dict[str, BlueprintPhase]:
    """Return the figures of each phase, in the order in which the phases come."""
    phases: defaultdict[str, list[BlueprintAnswer]] = defaultdict(list)
    for answer in answers:
        phases[answer.phase].append(answer)
    return {phase: _figures(some) for phase, some in phases.items()}


def _figures(answers: Sequence[BlueprintAnswer]) -> BlueprintPhase:
    whole = [answer for answer in answers if answer.kind == WHOLE]
    kinds = dict.fromkeys(answer.kind for answer in answers if answer.right is not None)
    domains = dict.fromkeys(answer.domain for answer in whole)
    return BlueprintPhase(
        well_formed=_share(whole, [bool(a.well_formed) for a in whole]),
        components={
            name: rate
            for name in COMPONENTS
            if (rate := _share(whole, [bool((a.structure or {}).get(name)) for a in whole]))
        },
        by_domain={
            domain: rate
            for domain in domains
            if (rate := _domain_share([a for a in whole if a.domain == domain]))
        },
        copied=_mean([a.copied for a in whole]),
        compression=_mean([a.compression for a in whole]),
        verbosity=round(
            sum(a.words for a in whole) / max(1, sum(a.reference_words for a in whole)), 4
        )
        if whole
        else None,
        cut=sum(a.cut for a in answers),
        closed={kind: _exact([bool(a.right) for a in answers if a.kind == kind]) for kind in kinds},
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(fmean(known), 4) if known else None


def _domain_share(answers: Sequence[BlueprintAnswer]) -> Rate | None:
    return _share(answers, [bool(a.well_formed) for a in answers])


def _share(answers: Sequence[BlueprintAnswer], holds: Sequence[bool]) -> Rate | None:
    """A share of whole answers. Those on one topic resemble each other, so topics are resampled.

    A bootstrap knows no more than it has seen: where all answers agree its interval would be a
    point. There the Wilson interval of as many answers as there are topics stands in.
    """
    if not answers:
        return None
    topics = [f"{a.domain}/{a.topic}" for a in answers]
    right, count = sum(holds), len(set(topics))
    if right in (0, len(holds)):
        interval = wilson(count if right else 0, count)
    else:
        interval = cluster_bootstrap([float(value) for value in holds], topics)
    return Rate(n=len(holds), share=right / len(holds), interval=interval, topics=count)


def _exact(holds: Sequence[bool]) -> Rate:
    return Rate(
        n=len(holds), share=sum(holds) / len(holds), interval=wilson(sum(holds), len(holds))
    )
