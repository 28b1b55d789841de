"""The figures of the retrieval study, from its answers alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from graphtutor.backends.base import TextModel
from graphtutor.evaluation.intervals import cluster_bootstrap, wilson
from graphtutor.report.figures import FIGURE_NAMES
from graphtutor.runs.cell import Cell, Interval
from graphtutor.runs.episodes import Episode
from graphtutor.runs.studies import Contrast, RetrievalCell, SourceFigures
from graphtutor.studies.contrasts import contrast
from graphtutor.studies.retrieved import Asked

__all__ = ["QUESTIONS", "Arms", "cells", "contrasts", "source_figures"]

Arms = Mapping[str, Sequence[Episode]]
"""The answers of one run by answerer and source: "trained/words"."""

QUESTIONS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "Do retrieved facts help the base model?": (
        ("base/words", "base/closed"),
        ("base/graph", "base/closed"),
    ),
    "Do retrieved facts help the trained model?": (
        ("trained/words", "trained/closed"),
        ("trained/graph", "trained/closed"),
    ),
    "Would they, if exactly the right ones were found?": (
        ("base/gold", "base/closed"),
        ("trained/gold", "trained/closed"),
    ),
    "Does training help where facts are given?": (
        ("trained/words", "base/words"),
        ("trained/graph", "base/graph"),
    ),
    "Is the trained model better than the retrieved facts by themselves?": (
        ("trained/closed", "none/graph"),
        ("trained/words", "none/words"),
        ("trained/graph", "none/graph"),
    ),
}
"""What the study asks, and which cell against which answers it."""


def contrasts(runs: Sequence[Arms]) -> tuple[Contrast, ...]:
    """Compare the cells of :data:`QUESTIONS` on the same tasks, over all runs."""
    return tuple(
        contrast(runs, question, arm, against, figure)
        for question, pairs in QUESTIONS.items()
        for arm, against in pairs
        for figure in FIGURE_NAMES
    )


def cells(runs: Sequence[Arms]) -> tuple[RetrievalCell, ...]:
    """Compute every cell of the table; what needs no model is the same in all runs, once."""
    found: list[RetrievalCell] = []
    for arm in runs[0]:
        answerer, _, source = arm.partition("/")
        used = runs[:1] if answerer == "none" else runs
        episodes = [episode for arms in used for episode in arms[arm]]
        hops = sorted({episode.hop_len or 0 for episode in episodes})
        figures = _cell(episodes)
        valid, interval = _share([e.parsed.valid_format for e in episodes], episodes)
        found.append(
            RetrievalCell(
                answerer=answerer,
                source=source,
                n=figures.n,
                accuracy=figures.accuracy,
                grounded_accuracy=figures.grounded_accuracy,
                valid=valid,
                intervals={**figures.intervals, "valid": interval},
                by_hop={
                    str(hop): _cell([e for e in episodes if (e.hop_len or 0) == hop])
                    for hop in hops
                },
            )
        )
    return tuple(found)


def _cell(episodes: Sequence[Episode]) -> Cell:
    right, right_ends = _share([e.right for e in episodes], episodes)
    grounded, grounded_ends = _share([bool(e.grounded) for e in episodes], episodes)
    return Cell(
        n=len(episodes),
        accuracy=right,
        grounded_accuracy=grounded,
        intervals={"accuracy": right_ends, "grounded_accuracy": grounded_ends},
    )


def _share(marks: Sequence[bool], episodes: Sequence[Episode]) -> tuple[float, Interval]:
    starts = [episode.start for episode in episodes]
    return _mean(marks, starts, tasks=len({episode.ex_id for episode in episodes}))


def _mean(values: Sequence[float], starts: Sequence[str], tasks: int) -> tuple[float, Interval]:
    """Return the mean of shares with its interval over start entities.

    Where all values are 0, or all 1, resampling knows no spread: then it is Wilson's for as many
    tasks, each counted once, however many runs answered it.
    """
    mean = sum(values) / len(values)
    if {*values} in ({0}, {1}):
        return mean, wilson(tasks * int(values[0]), tasks)
    return mean, cluster_bootstrap(values, starts)


def source_figures(source: str, asked: Sequence[Asked], model: TextModel) -> SourceFigures:
    """Tell what ``source`` puts into the prompts; tokens are counted by ``model``."""
    starts = [item.task.start for item in asked]
    shares: list[float] = []
    for item in asked:
        told = {(edge.src, edge.rel, edge.dst) for edge in item.facts}
        edges = item.task.path_star.edges
        shares.append(sum((e.src, e.rel, e.dst) in told for e in edges) / len(edges))
    gold, gold_ends = _mean(shares, starts, len(asked))
    whole, whole_ends = _mean([float(share == 1) for share in shares], starts, len(asked))
    tokens = [model.encode(item.task.prompt, "").mask.count(False) for item in asked]
    return SourceFigures(
        source=source,
        n=len(asked),
        statements=sum(len(item.facts) for item in asked) / len(asked),
        prompt_tokens=sum(tokens) / len(asked),
        gold=gold,
        whole=whole,
        intervals={"gold": gold_ends, "whole": whole_ends},
    )
