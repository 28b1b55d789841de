"""The record of a drift probe: what training changed where it was not meant to change anything."""

from __future__ import annotations

from pydantic import Field

from graphtutor.runs.metrics import Interval
from graphtutor.runs.record_file import FILE_VERSION, RunRecord

__all__ = ["AnswerDrift", "AnswerStyle", "DriftMetrics", "LettersRight", "TextDrift"]


class TextDrift(RunRecord):
    """How differently two models read the same texts.

    ``tokens`` counts the predicted ones, over all ``texts``. ``kl`` is the mean divergence
    KL(base || model) per token in nats; a perplexity is exp of the mean negative log-likelihood per
    token; ``agreement`` is the share of positions whose likeliest next token is the same.
    ``intervals`` are 95 % bootstrap intervals that resample whole texts, by the field's name.
    """

    texts: int
    tokens: int
    kl: float
    perplexity_base: float
    perplexity_model: float
    agreement: float
    intervals: dict[str, Interval] = Field(default_factory=dict)


class AnswerStyle(RunRecord):
    """The form of one model's greedy answers to ``n`` ordinary prompts; rates are shares of them.

    ``task_format`` is the share that is valid in the output format of the tasks, ``trace_line`` the
    share that at least opens a trace, ``task_line`` the share with any line that begins ``TRACE:``
    or ``ANSWER:``; ``cut`` hit the length limit. ``mean_tokens`` is the length.
    """

    n: int
    task_format: float
    trace_line: float
    task_line: float
    cut: float
    mean_tokens: float
    intervals: dict[str, Interval] = Field(default_factory=dict)


class AnswerDrift(RunRecord):
    """Ordinary prompts, to which nobody asked for a format, answered by both models.

    ``same`` is the share of answers that are the base's, character for character.
    """

    base: AnswerStyle
    model: AnswerStyle
    same: float
    intervals: dict[str, Interval] = Field(default_factory=dict)


class DriftMetrics(RunRecord):
    """What training cost elsewhere; a part is None where nothing was given to measure it on."""

    version: str = FILE_VERSION
    text: TextDrift | None = None
    answers: AnswerDrift | None = None


class LettersRight(RunRecord):
    """Share of ``n`` questions answered with the right letter, by kind, with 95 % Wilson intervals.

    ``answered`` is the share of which a letter could be read.
    """

    n: dict[str, int]
    right: dict[str, float]
    answered: dict[str, float]
    intervals: dict[str, Interval]
