"""Figures of a phase from its episodes: rates with Wilson intervals, means with a bootstrap.

The headline is ``grounded_accuracy``: the right letter, reached by a chain of true edges. Every
figure is computed from the episode log alone, so it can be recomputed from a run directory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from graphtutor.evaluation.intervals import cluster_bootstrap, mcnemar, wilson
from graphtutor.runs.episodes import Episode
from graphtutor.runs.metrics import Cell, FactRecall, Interval, PairedTest, PhaseMetrics

__all__ = ["COMPARED_WITH", "compare", "fact_recall", "paired_tests", "rates", "summarise"]

COMPARED_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "sft": ("base",),
    "sft_more": ("sft",),
    "rsft_short": ("sft", "sft_more"),
    "rsft": ("sft", "sft_more", "rsft_short"),
    "rsft_answer": ("sft", "sft_more", "rsft"),
    "rsft_placebo": ("sft", "sft_more", "rsft"),
}
"""What a phase is tested against: the phase it starts from, then those at equal further steps."""


class _Mean(NamedTuple):
    """A mean and its interval; None where no episode has the figure."""

    value: float | None
    interval: Interval | None


def summarise(episodes: Sequence[Episode]) -> PhaseMetrics:
    """Compute the figures of one phase on one split.

    Rates are shares of all episodes, except ``accuracy_given_parse`` (of the valid ones),
    ``letter_match`` (of the valid ones that end in an option) and ``cut_rate`` and
    ``relation_order`` (of those that record it). ``edge_precision`` is over claimed triples,
    ``bridge_recall`` over episodes. What no episode records is None. Raises ValueError without
    episodes.
    """
    if not episodes:
        raise ValueError("no episodes to summarise")
    flags = _flags(episodes)
    shares = {name: sum(marks) / len(marks) for name, marks in flags.items() if marks}
    intervals = {name: wilson(sum(marks), len(marks)) for name, marks in flags.items() if marks}
    means = {
        "avg_path_coverage": _mean(episodes, lambda e: e.reward.path_coverage),
        "avg_total_reward": _mean(episodes, lambda e: e.reward.total),
        "bridge_recall": _mean(episodes, lambda e: e.bridge_recall),
        "edge_precision": _edge_precision(episodes),
    }
    for name, (_, interval) in means.items():
        if interval is not None:
            intervals[name] = interval
    return PhaseMetrics(
        n=len(episodes),
        accuracy=shares["accuracy"],
        avg_path_coverage=means["avg_path_coverage"].value or 0.0,
        avg_total_reward=means["avg_total_reward"].value or 0.0,
        format_rate=shares["format_rate"],
        accuracy_given_parse=shares.get("accuracy_given_parse"),
        spam_rate=shares["spam_rate"],
        grounded_accuracy=shares.get("grounded_accuracy"),
        edge_precision=means["edge_precision"].value,
        bridge_recall=means["bridge_recall"].value,
        cut_rate=shares.get("cut_rate"),
        relation_order=shares.get("relation_order"),
        letter_match=shares.get("letter_match"),
        intervals=intervals,
        by_hop=_table(episodes, lambda e: None if e.hop_len is None else str(e.hop_len)),
        by_tier=_table(episodes, lambda e: None if e.tier is None else str(e.tier)),
        by_hop_tier=_table(
            episodes,
            lambda e: None if e.hop_len is None or e.tier is None else f"{e.hop_len}/{e.tier}",
        ),
    )


def fact_recall(episodes: Sequence[Episode]) -> FactRecall:
    """Tell how many single edges are known, from episodes of 1-hop tasks.

    Give it the 1-hop tasks of the edges that the evaluation uses. An edge asked in several tasks
    counts once for each. Raises ValueError without episodes or with one of more than one hop.
    """
    if not episodes:
        raise ValueError("no episodes to summarise")
    longer = next((e for e in episodes if len(e.parsed.path_entities) != 2), None)
    if longer is not None:
        raise ValueError(f"{longer.ex_id} is not a 1-hop task")
    cell = rates(episodes)
    return FactRecall(
        n=cell.n,
        edges=len({(e.parsed.path_entities, e.relations) for e in episodes}),
        accuracy=cell.accuracy,
        grounded_accuracy=cell.grounded_accuracy,
        intervals=cell.intervals,
    )


def compare(before: Sequence[Episode], after: Sequence[Episode]) -> list[PairedTest]:
    """Test ``after`` against ``before`` on the tasks that both answered, by exact McNemar.

    Returns the tests of ``accuracy`` and, where both record it, ``grounded_accuracy``; none if they
    share no task.
    """
    earlier = {episode.ex_id: episode for episode in before}
    pairs = [(earlier[late.ex_id], late) for late in after if late.ex_id in earlier]
    if not pairs:
        return []
    tests = [_paired("accuracy", [(early.right, late.right) for early, late in pairs], pairs)]
    grounded = [
        (early.grounded, late.grounded)
        for early, late in pairs
        if early.grounded is not None and late.grounded is not None
    ]
    if grounded:
        tests.append(_paired("grounded_accuracy", grounded, pairs))
    return tests


def paired_tests(phases: Mapping[str, Sequence[Episode]], phase: str) -> tuple[PairedTest, ...]:
    """Test ``phase`` against each phase of :data:`COMPARED_WITH` that was run.

    ``phases`` holds the episodes of one split by phase.
    """
    return tuple(
        test
        for other in COMPARED_WITH.get(phase, ())
        if other in phases
        for test in compare(phases[other], phases[phase])
    )


def rates(episodes: Sequence[Episode]) -> Cell:
    """Return how many are right and how many grounded, with Wilson intervals."""
    flags = {name: _flags(episodes)[name] for name in ("accuracy", "grounded_accuracy")}
    shares = {name: sum(marks) / len(marks) for name, marks in flags.items() if marks}
    return Cell(
        n=len(episodes),
        accuracy=shares["accuracy"],
        grounded_accuracy=shares.get("grounded_accuracy"),
        intervals={name: wilson(sum(marks), len(marks)) for name, marks in flags.items() if marks},
    )


def _flags(episodes: Sequence[Episode]) -> dict[str, list[bool]]:
    return {
        "accuracy": [e.right for e in episodes],
        "format_rate": [e.parsed.valid_format for e in episodes],
        "accuracy_given_parse": [e.right for e in episodes if e.parsed.valid_format],
        "spam_rate": [e.reward.spam_penalty > 0 for e in episodes],
        "grounded_accuracy": [e.grounded for e in episodes if e.grounded is not None],
        "cut_rate": [e.cut for e in episodes if e.cut is not None],
        "relation_order": [
            tuple(hop.relation for hop in e.hops) == e.relations
            for e in episodes
            if e.hops is not None and e.relations
        ],
        "letter_match": [
            e.options.get(e.parsed.answer or "") == e.hops[-1].target
            for e in episodes
            if e.parsed.valid_format and e.hops and e.hops[-1].target in e.options.values()
        ],
    }


def _mean(episodes: Sequence[Episode], figure: Callable[[Episode], float | None]) -> _Mean:
    found = [(value, e.start) for e in episodes if (value := figure(e)) is not None]
    if not found:
        return _Mean(None, None)
    values, starts = [value for value, _ in found], [start for _, start in found]
    return _Mean(sum(values) / len(values), cluster_bootstrap(values, starts))


def _edge_precision(episodes: Sequence[Episode]) -> _Mean:
    found = [(e.hops, e.start) for e in episodes if e.hops]
    if not found:
        return _Mean(None, None)
    claimed = [len(hops) for hops, _ in found]
    real = [sum(hop.verdict == "true edge" for hop in hops) for hops, _ in found]
    shares = [part / whole for part, whole in zip(real, claimed, strict=True)]
    interval = cluster_bootstrap(shares, [start for _, start in found], claimed)
    return _Mean(sum(real) / sum(claimed), interval)


def _table(episodes: Sequence[Episode], key: Callable[[Episode], str | None]) -> dict[str, Cell]:
    groups: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        name = key(episode)
        if name is not None:
            groups[name].append(episode)
    order = sorted(groups, key=lambda name: [int(part) for part in name.split("/")])
    return {name: rates(groups[name]) for name in order}


def _paired(
    figure: str,
    outcomes: Sequence[tuple[bool, bool]],
    pairs: Sequence[tuple[Episode, Episode]],
) -> PairedTest:
    gained = sum(late and not early for early, late in outcomes)
    lost = sum(early and not late for early, late in outcomes)
    return PairedTest(
        against=pairs[0][0].phase,
        figure=figure,
        n=len(outcomes),
        gained=gained,
        lost=lost,
        difference=(gained - lost) / len(outcomes),
        p_value=mcnemar(gained, lost),
    )
