"""The records of a blueprint run: each answer on held-out topics, and the figures made of them."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from graphtutor.runs.cell import Interval
from graphtutor.runs.episodes import ModelText
from graphtutor.runs.record_file import FILE_VERSION, RunRecord

__all__ = ["BlueprintAnswer", "BlueprintMetrics", "BlueprintPhase", "Rate"]


class BlueprintAnswer(RunRecord):
    """One held-out question, its reference and what the model answered.

    ``structure`` says which demands a whole answer meets, ``well_formed`` whether all; both are
    None for another kind of question. ``copied`` is the share of its levels, names apart, that
    stand word for word in a training answer. ``compression`` is the short form's share of the
    explanations' words, where there is a short form. ``right`` is told of closed questions only.
    ``cut`` says that the length limit ended the answer.
    """

    version: str = FILE_VERSION
    phase: str
    key: str
    domain: str
    topic: str
    kind: str
    system: str
    question: str
    reference: str
    answer: ModelText
    tokens: int
    cut: bool
    words: int
    reference_words: int
    strands: int | None = None
    structure: Mapping[str, bool] | None = None
    well_formed: bool | None = None
    copied: float | None = None
    compression: float | None = None
    right: bool | None = None


class Rate(RunRecord):
    """A share of ``n`` answers with its 95 % interval; ``topics`` are resampled where given."""

    n: int
    share: float
    interval: Interval
    topics: int | None = None


class BlueprintPhase(RunRecord):
    """The figures of one phase.

    ``well_formed`` and ``components`` are of the whole answers, ``by_domain`` the former for each
    domain. ``copied`` is the mean over answers with levels, ``compression`` over those with a short
    form; ``verbosity`` the words of all whole answers over those of their references. ``closed`` is
    the exact match of each kind of closed question.
    """

    well_formed: Rate | None = None
    components: dict[str, Rate] = Field(default_factory=dict)
    by_domain: dict[str, Rate] = Field(default_factory=dict)
    copied: float | None = None
    compression: float | None = None
    verbosity: float | None = None
    cut: int = 0
    closed: dict[str, Rate] = Field(default_factory=dict)


class BlueprintMetrics(RunRecord):
    """The whole of metrics.json of a blueprint run; ``train`` and ``valid`` count examples."""

    version: str = FILE_VERSION
    run_id: str
    kind: str = "blueprint"
    train: int
    valid: int
    phases: dict[str, BlueprintPhase] = Field(default_factory=dict)
