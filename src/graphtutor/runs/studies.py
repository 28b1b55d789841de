"""The records of study.json: what a study asked, what it found, with n, seeds and intervals."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from graphtutor.runs.cell import Cell, Interval
from graphtutor.runs.drift import DriftMetrics, LettersRight
from graphtutor.runs.record_file import FILE_VERSION, RunRecord

__all__ = [
    "ArmFigures",
    "Contrast",
    "DepthStudy",
    "DistributionStudy",
    "DriftStudy",
    "KFigures",
    "KStudy",
    "PhaseDrift",
    "RetrievalCell",
    "RetrievalStudy",
    "SourceFigures",
    "StudyRecord",
    "Verdict",
]

Verdict = Literal["higher", "lower", "not settled"]


class StudyRecord(RunRecord):
    """What every study says of itself: its name, the seeds, and the runs it rests on."""

    version: str = FILE_VERSION
    study: str
    seeds: tuple[int, ...]
    runs: tuple[str, ...]


class ArmFigures(RunRecord):
    """One arm over the seeds: one share a seed, of ``n`` tasks each."""

    phase: str
    n: int
    accuracy: tuple[float, ...]
    grounded_accuracy: tuple[float, ...]
    with_winner: tuple[float, ...] = ()


class Contrast(RunRecord):
    """One arm against another on the same tasks, for the sake of ``question``.

    ``difference`` is the mean over seeds and tasks, ``interval`` a bootstrap of it over start
    entities, ``by_seed`` the difference and ``p_values`` the exact McNemar test of each seed.
    ``verdict`` is "higher" or "lower" where the interval leaves out 0 and all seeds agree in sign.
    """

    question: str
    arm: str
    against: str
    figure: str
    n: int
    difference: float
    interval: Interval
    by_seed: tuple[float, ...]
    p_values: tuple[float, ...]
    verdict: Verdict


class DistributionStudy(StudyRecord):
    """Which chains, and which winners, RSFT should train on.

    ``leaks`` names the gates of the audit that a run's data failed: a study with leaks settles
    nothing.
    """

    arms: tuple[ArmFigures, ...]
    contrasts: tuple[Contrast, ...]
    leaks: tuple[str, ...] = ()


class KFigures(RunRecord):
    """What K samples a task are worth, over ``n`` tasks of all seeds.

    ``no_winner`` and ``only_winners`` are the shares of tasks of whose K samples none, or all, are
    grounded: both teach nothing new.
    """

    k: int
    n: int
    right: float
    grounded: float
    no_winner: float
    only_winners: float
    guess: float
    intervals: dict[str, Interval] = Field(default_factory=dict)


class KStudy(StudyRecord):
    """pass@K of the SFT model on the tasks that RSFT samples on."""

    samples: int
    temperature: float
    by_k: tuple[KFigures, ...]


class DepthStudy(StudyRecord):
    """How deep a model goes that was trained to some depth: ``cells[depth][hops]``, all seeds.

    ``by_seed[depth][hops]`` is the grounded accuracy of each seed.
    """

    depths: tuple[int, ...]
    hops: tuple[int, ...]
    cells: dict[str, dict[str, Cell]]
    by_seed: dict[str, dict[str, tuple[float, ...]]] = Field(default_factory=dict)


class PhaseDrift(RunRecord):
    """What one phase of one run has changed elsewhere, against the base that it began from.

    ``english`` are the passages and prompts that ship with the program. ``worlds`` and ``letters``
    are for the embedded model: passages and questions over worlds that it has never read.
    """

    run: str
    phase: str
    english: DriftMetrics
    worlds: DriftMetrics | None = None
    letters: LettersRight | None = None


class DriftStudy(StudyRecord):
    """The drift of every phase of every run."""

    phases: tuple[PhaseDrift, ...]


class SourceFigures(RunRecord):
    """What one source of facts puts into the prompts, over ``n`` tasks.

    ``statements`` and ``prompt_tokens`` are means, ``gold`` the share of the gold edges that stand
    among the statements, ``whole`` the share of tasks whose gold edges all do.
    """

    source: str
    n: int
    statements: float
    prompt_tokens: float
    gold: float
    whole: float
    intervals: dict[str, Interval] = Field(default_factory=dict)


class RetrievalCell(Cell):
    """What one answerer ("none", "base", "trained") makes of one source, over all runs.

    ``valid`` is the share of answers with a letter: an answerer that abstains gives none.
    """

    answerer: str
    source: str
    valid: float
    by_hop: dict[str, Cell] = Field(default_factory=dict)


class RetrievalStudy(StudyRecord):
    """Closed book, retrieval, training and both on the same ``tasks`` tasks.

    At most ``k`` statements are retrieved. ``trained`` is the phase of each run's trained model.
    """

    tasks: int
    k: int
    trained: tuple[str, ...]
    sources: tuple[SourceFigures, ...]
    cells: tuple[RetrievalCell, ...]
    contrasts: tuple[Contrast, ...]
