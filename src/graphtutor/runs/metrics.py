"""The record of metrics.json: the seed's figures in their places, with n and 95 % intervals.

>>> RunMetrics.model_validate({"run_id": "r", "splits": {"eval": {"base": {
...     "accuracy": 0.28, "avg_path_coverage": 0.11, "avg_total_reward": -1.2}}}}
... ).splits["eval"]["base"].accuracy
0.28
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from graphtutor.runs.cell import Cell, Interval, PairedTest
from graphtutor.runs.episodes import CurvePoint
from graphtutor.runs.probe_metrics import (
    CompositionGap,
    PassAtK,
    RotationMetrics,
    VariantMetrics,
)
from graphtutor.runs.record_file import FILE_VERSION, RunRecord

__all__ = [
    "Cell",
    "Curves",
    "FactRecall",
    "Interval",
    "PairedTest",
    "PhaseMetrics",
    "RunMetrics",
    "SamplingMetrics",
    "curves_from",
]


class FactRecall(RunRecord):
    """How many single edges are known: the 1-hop tasks of the edges that the evaluation uses."""

    n: int
    edges: int
    accuracy: float
    grounded_accuracy: float | None = None
    intervals: dict[str, Interval] = Field(default_factory=dict)


class PhaseMetrics(RunRecord):
    """The figures of one phase on one split. None means not computed.

    ``relation_order`` is the share of traces that claim exactly the relations asked for, in order;
    ``letter_match`` the share of answers whose letter is that of the trace's last entity, among
    those where it is an option.
    ``by_hop`` is keyed by hop length, ``by_tier`` by tier (1: one possible answer, 2: 2-4, 3:
    more), ``by_hop_tier`` by "hop/tier", ``by_seen`` by "hop/edges of the longest stretch of
    the chain that lies on a training path", ``composition`` by hop length.
    ``wording`` asks in templates that no phase has trained on, by template, ``retrieval`` with the
    gold chain's facts in the prompt.
    """

    accuracy: float
    avg_path_coverage: float
    avg_total_reward: float
    n: int | None = None
    format_rate: float | None = None
    accuracy_given_parse: float | None = None
    spam_rate: float | None = None
    grounded_accuracy: float | None = None
    edge_precision: float | None = None
    bridge_recall: float | None = None
    cut_rate: float | None = None
    relation_order: float | None = None
    letter_match: float | None = None
    rotation_consistency: float | None = None
    intervals: dict[str, Interval] = Field(default_factory=dict)
    by_hop: dict[str, Cell] = Field(default_factory=dict)
    by_tier: dict[str, Cell] = Field(default_factory=dict)
    by_hop_tier: dict[str, Cell] = Field(default_factory=dict)
    by_seen: dict[str, Cell] = Field(default_factory=dict)
    rotation: RotationMetrics | None = None
    wording: dict[str, VariantMetrics] = Field(default_factory=dict)
    retrieval: VariantMetrics | None = None
    samples: PassAtK | None = None
    composition: dict[str, CompositionGap] = Field(default_factory=dict)
    fact_recall: FactRecall | None = None
    paired: tuple[PairedTest, ...] = ()


class SamplingMetrics(RunRecord):
    """What one RSFT round sampled; shares of ``tasks`` or of ``samples``.

    ``pass_at_k`` counts tasks with at least one right sample, ``won`` tasks with at least one kept
    one, ``only_winners`` tasks all of whose samples passed the selecting profile's check.
    """

    phase: str
    round: int
    tasks: int
    samples: int
    k: int
    pass_at_k: float
    grounded_at_k: float
    no_winner: float
    only_winners: float
    kept: int
    distinct_share: float
    cut_rate: float | None = None
    intervals: dict[str, Interval] = Field(default_factory=dict)


class Curves(RunRecord):
    """Real evaluations on dev during training, in order; all lists have the same length."""

    steps: tuple[int, ...] = ()
    eval_accuracy: tuple[float, ...] = ()
    eval_path_coverage: tuple[float, ...] = ()
    phases: tuple[str, ...] = ()
    n: tuple[int, ...] = ()


class RunMetrics(RunRecord):
    """metrics.json: ``splits[split][phase]``, the curves, and what RSFT sampled.

    ``references`` are models that a phase is read beside, on the same tasks: the graph oracle.
    """

    version: str = FILE_VERSION
    run_id: str
    splits: dict[str, dict[str, PhaseMetrics]]
    references: dict[str, Cell] = Field(default_factory=dict)
    curves: Curves = Curves()
    sampling: tuple[SamplingMetrics, ...] = ()

    @property
    def phases(self) -> Mapping[str, PhaseMetrics]:
        """The phases of the eval split, in the order they were run."""
        return self.splits.get("eval", {})


def curves_from(points: Sequence[CurvePoint]) -> Curves:
    """Arrange the lines of curve.jsonl as the seed's parallel lists."""
    return Curves(
        steps=tuple(point.total_step for point in points),
        eval_accuracy=tuple(point.accuracy for point in points),
        eval_path_coverage=tuple(point.path_coverage for point in points),
        phases=tuple(point.phase for point in points),
        n=tuple(point.n for point in points),
    )
