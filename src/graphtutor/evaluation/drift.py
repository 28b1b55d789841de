"""What training cost elsewhere: neutral texts and ordinary prompts, before and after.

Training rewards one narrow behaviour. How far the rest of the model moved is told by the divergence
of its predictions from the base's on texts that have nothing to do with the tasks, KL(base ||
model) per token, as in the KL penalty of RLHF (Ziegler et al. 2019, arXiv 1909.08593) but over the
whole vocabulary instead of a sample; by perplexity on the same texts; and by what it answers to
prompts that ask for no format. A model against itself has a divergence of 0 and agrees everywhere.

Perplexities compare two models with one tokenizer only, so other pairs are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphtutor.backends.base import TextModel, TokenLogProbs
from graphtutor.completion.completion import Completion, Generator, Prompt, Sampling
from graphtutor.completion.parser import parse
from graphtutor.errors import ModelError
from graphtutor.evaluation.intervals import cluster_bootstrap, wilson
from graphtutor.runs.drift import AnswerDrift, AnswerStyle, DriftMetrics, TextDrift
from graphtutor.runs.metrics import Interval

__all__ = ["answer_drift", "drift", "text_drift"]

_TASK_LINE: Final = re.compile(r"^(TRACE|ANSWER):", re.MULTILINE)
_LARGEST_EXPONENT: Final = 700.0
"""Perplexities above exp(700) are beyond a float, and say no more than this one does."""


def drift(
    base: TextModel,
    model: TextModel,
    texts: Sequence[str],
    prompts: Sequence[Prompt],
    *,
    max_new_tokens: int = 96,
    batch_size: int = 32,
) -> DriftMetrics:
    """Compare ``model`` with the ``base`` that it was trained from on neutral material.

    Either list may be empty; its part is None then. See :func:`text_drift` and
    :func:`answer_drift`.
    """
    return DriftMetrics(
        text=text_drift(base, model, texts) if texts else None,
        answers=answer_drift(base, model, prompts, max_new_tokens, batch_size) if prompts else None,
    )


def text_drift(base: TextModel, model: TextModel, texts: Sequence[str]) -> TextDrift:
    """Compare the predictions of two models at every token of ``texts``.

    One text at a time is held in memory, once for each model. Raises ValueError without texts, and
    ModelError where a text does not fit the window, where the two models do not share a tokenizer,
    and where a prediction is no number or without a chance, as after a training that diverged.
    """
    if not texts:
        raise ValueError("no texts to read")
    pairs = zip(base.log_probs(texts), model.log_probs(texts), strict=True)
    readings = [_compare(before, after) for before, after in pairs]
    weights = [float(reading.tokens) for reading in readings]
    kl = _mean([reading.kl for reading in readings], weights)
    nll_base = _mean([reading.nll_base for reading in readings], weights)
    nll_model = _mean([reading.nll_model for reading in readings], weights)
    agreement = _mean([reading.agreement for reading in readings], weights)
    return TextDrift(
        texts=len(texts),
        tokens=sum(reading.tokens for reading in readings),
        kl=kl.value,
        perplexity_base=_exp(nll_base.value),
        perplexity_model=_exp(nll_model.value),
        agreement=agreement.value,
        intervals={
            "kl": kl.interval,
            # exp rises throughout, so it carries the ends of an interval over.
            "perplexity_base": (_exp(nll_base.interval[0]), _exp(nll_base.interval[1])),
            "perplexity_model": (_exp(nll_model.interval[0]), _exp(nll_model.interval[1])),
            "agreement": agreement.interval,
        },
    )


def answer_drift(
    base: Generator,
    model: Generator,
    prompts: Sequence[Prompt],
    max_new_tokens: int = 96,
    batch_size: int = 32,
) -> AnswerDrift:
    """Let both models answer ``prompts`` greedily and compare the form of what they say.

    ``batch_size`` prompts are decoded together, which changes no result. Raises ValueError without
    prompts.
    """
    if not prompts:
        raise ValueError("no prompts to answer")
    sampling = Sampling(max_new_tokens=max_new_tokens)
    before, after = (
        [
            first
            for begin in range(0, len(prompts), batch_size)
            for first, *_ in one.generate(prompts[begin : begin + batch_size], sampling)
        ]
        for one in (base, model)
    )
    same = sum(ours.text == theirs.text for ours, theirs in zip(before, after, strict=True))
    return AnswerDrift(
        base=_style(before),
        model=_style(after),
        same=same / len(prompts),
        intervals={"same": wilson(same, len(prompts))},
    )


class _Reading(NamedTuple):
    """One text: the number of predicted tokens, and means over them (nats; a share)."""

    tokens: int
    kl: float
    nll_base: float
    nll_model: float
    agreement: float


class _Mean(NamedTuple):
    value: float
    interval: Interval


def _compare(base: TokenLogProbs, model: TokenLogProbs) -> _Reading:
    if base.log_probs.shape != model.log_probs.shape or (base.tokens != model.tokens).any():
        raise ModelError(
            "drift",
            wanted="two models with the same tokenizer and vocabulary",
            got=f"{_size(base)} and {_size(model)} for the same text",
            remedy="compare a trained model with the base model that it was trained from",
        )
    before, after = base.log_probs, model.log_probs
    place = np.arange(len(before))
    figures = {
        "kl": _divergence(before, after),
        "nll_base": -before[place, base.tokens[1:]].astype(np.float64),
        "nll_model": -after[place, base.tokens[1:]].astype(np.float64),
    }
    if not all(np.isfinite(values).all() for values in figures.values()):
        raise ModelError(
            "drift",
            wanted="finite log-probabilities for every token",
            got="predictions that are no numbers, or a token that has no chance at all",
            remedy="a training has diverged: train again with a lower learning rate",
        )
    means = {name: float(values.mean()) for name, values in figures.items()}
    same = before.argmax(axis=1) == after.argmax(axis=1)
    return _Reading(tokens=len(before), agreement=float(same.mean()), **means)


def _divergence(base: NDArray[np.float32], model: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return KL(base || model) per position in nats, from log-probabilities; shape (positions,)."""
    chance = np.exp(base)
    terms = np.zeros_like(chance)
    # What the base gives no chance at all adds nothing, whatever the model gives it.
    np.subtract(base, model, out=terms, where=chance > 0)
    each = (chance * terms).sum(axis=1, dtype=np.float64)
    # A divergence is never negative; sums of rounded chances are, by some 1e-7.
    return np.maximum(each, 0.0)


def _size(reading: TokenLogProbs) -> str:
    return f"{len(reading.tokens)} tokens out of {reading.log_probs.shape[1]}"


def _mean(values: Sequence[float], weights: Sequence[float]) -> _Mean:
    """Return the mean over tokens of what is known per text; ``weights`` are tokens per text."""
    value = sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
    clusters = [f"{number:06d}" for number in range(len(values))]
    return _Mean(value, cluster_bootstrap(values, clusters, weights))


def _exp(nll: float) -> float:
    return math.exp(min(nll, _LARGEST_EXPONENT))


def _style(answers: Sequence[Completion]) -> AnswerStyle:
    parsed = [parse(answer.text) for answer in answers]
    counts = {
        "task_format": sum(one.valid for one in parsed),
        "trace_line": sum(one.trace is not None for one in parsed),
        "task_line": sum(_TASK_LINE.search(answer.text) is not None for answer in answers),
        "cut": sum(answer.cut for answer in answers),
    }
    lengths = [float(answer.tokens) for answer in answers]
    length = _mean(lengths, [1.0] * len(lengths))
    rates = {name: count / len(answers) for name, count in counts.items()}
    intervals = {name: wilson(count, len(answers)) for name, count in counts.items()}
    return AnswerStyle(
        n=len(answers),
        mean_tokens=length.value,
        intervals={**intervals, "mean_tokens": length.interval},
        **rates,
    )
