"""What training cost elsewhere: figures worked out by hand, and the shipped material."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from graphtutor.backends.base import TokenLogProbs
from graphtutor.backends.fake import FakeModel
from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.errors import ModelError
from graphtutor.evaluation.drift import answer_drift, drift, text_drift
from graphtutor.evaluation.neutral import neutral_passages, ordinary_prompts
from graphtutor.runs.drift import DriftMetrics
from graphtutor.tasks.prompt import completion_text


class Table:
    """A model of three letters that gives the next one the same chances at every place."""

    def __init__(self, chances: Sequence[float], answer: str = "Fine.") -> None:
        with np.errstate(divide="ignore"):
            self.row = np.log(np.array(chances, dtype=np.float32))
        self.answer = answer

    def log_probs(self, texts: Sequence[str]) -> Iterator[TokenLogProbs]:
        for text in texts:
            tokens = np.array(["abc".index(letter) for letter in text])
            yield TokenLogProbs(tokens, np.tile(self.row, (len(text) - 1, 1)))

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        text = self.answer[: sampling.max_new_tokens]
        return [[Completion(text, len(text), text != self.answer)] for _ in prompts]


EVEN = Table([1 / 4, 1 / 4, 1 / 2])
TILTED = Table([1 / 2, 1 / 4, 1 / 4])


def test_a_model_has_not_drifted_from_itself() -> None:
    """Exactly, not up to rounding: what is not exactly 0 here is not the model's doing."""
    model = FakeModel({"How are you?": "Well, and you?", "Name a bird.": "A wren."})
    found = drift(model, FakeModel(model.pairs), neutral_passages(), ordinary_prompts())
    assert found.text is not None
    assert found.answers is not None
    assert (found.text.kl, found.text.agreement, found.answers.same) == (0.0, 1.0, 1.0)
    assert found.text.perplexity_base == found.text.perplexity_model
    assert found.text.intervals["kl"] == (0.0, 0.0)
    assert found.text.intervals["agreement"] == (1.0, 1.0)
    assert found.answers.base == found.answers.model


def test_figures_are_those_of_the_definition() -> None:
    """KL = 1/4 ln(1/2) + 1/2 ln 2; likeliest tokens differ; perplexity by hand."""
    found = text_drift(EVEN, TILTED, ["acc", "aab"])
    assert (found.texts, found.tokens) == (2, 4)
    assert found.kl == pytest.approx(0.25 * math.log(2), abs=1e-6)
    assert found.agreement == 0
    # Predicted are c, c, a, b: chances 1/2, 1/2, 1/4, 1/4 under the base, 1/4, 1/4, 1/2, 1/4 after.
    assert found.perplexity_base == pytest.approx((2 * 2 * 4 * 4) ** 0.25, rel=1e-6)
    assert found.perplexity_model == pytest.approx((4 * 4 * 2 * 4) ** 0.25, rel=1e-6)
    low, high = found.intervals["perplexity_base"]
    assert (low, high) == (pytest.approx(2, rel=1e-6), pytest.approx(4, rel=1e-6))


def test_direction_is_from_the_base() -> None:
    """What the base never says costs nothing; what the model no longer says would cost no end."""
    never = Table([1 / 2, 1 / 2, 0])
    assert text_drift(never, EVEN, ["ab"]).kl == pytest.approx(math.log(2), abs=1e-6)
    with pytest.raises(ModelError, match="no chance at all"):
        text_drift(EVEN, never, ["ab"])


def test_long_texts_count_by_their_tokens() -> None:
    """The mean is over tokens, not over texts; the interval resamples whole texts."""
    found = text_drift(EVEN, EVEN, ["ac", "aaaa"])
    assert math.log(found.perplexity_base) == pytest.approx((math.log(2) + 3 * math.log(4)) / 4)
    again = text_drift(EVEN, EVEN, ["aaaa", "ac"])
    assert again.perplexity_base == pytest.approx(found.perplexity_base)
    one = text_drift(EVEN, TILTED, ["acab"])
    assert one.intervals["perplexity_model"] == (one.perplexity_model, one.perplexity_model)


def test_training_moves_the_fake() -> None:
    """The base reads every byte as equally likely; what was trained on becomes likelier."""
    text = "abababababab"
    found = text_drift(FakeModel({}), FakeModel({text: text}), [text, "zzzz"])
    assert found.perplexity_base == pytest.approx(256, rel=1e-5)
    assert found.perplexity_model < 256
    assert found.kl > 0
    assert found.intervals["kl"][0] <= found.kl <= found.intervals["kl"][1]


def test_answers_in_the_format_of_the_tasks_are_counted() -> None:
    """Nobody asked for it here. A trace that the limit cuts is no valid answer, but it is seen.

    Nor is a letter without a trace, which is what nano said to most prompts after 80 steps of SFT.
    """
    prompts = ordinary_prompts()[:10]
    trained = Table([1, 0, 0], completion_text("Paris is it.", "B"))
    found = answer_drift(EVEN, trained, prompts, batch_size=4)
    assert (found.base.task_format, found.model.task_format) == (0, 1)
    assert (found.base.trace_line, found.model.trace_line) == (0, 1)
    assert (found.base.task_line, found.model.task_line) == (0, 1)
    assert (found.base.mean_tokens, found.model.cut, found.same) == (5, 0, 0)
    assert found.model.intervals["task_format"][0] > 0.6
    cut = answer_drift(EVEN, trained, prompts, max_new_tokens=9)
    assert (cut.model.task_format, cut.model.trace_line, cut.model.cut) == (0, 1, 1)
    bare = answer_drift(EVEN, Table([1, 0, 0], ".\nANSWER: B"), prompts)
    style = bare.model
    assert (style.task_format, style.trace_line, style.task_line) == (0, 0, 1)
    assert answer_drift(EVEN, TILTED, prompts).same == 1


def test_parts_may_be_left_out() -> None:
    assert drift(EVEN, TILTED, ["ab"], []).answers is None
    assert drift(EVEN, TILTED, [], ordinary_prompts()).text is None
    with pytest.raises(ValueError, match="no texts"):
        text_drift(EVEN, TILTED, [])
    with pytest.raises(ValueError, match="no prompts"):
        answer_drift(EVEN, TILTED, [])


def test_models_that_cannot_be_compared_are_refused() -> None:
    """Another vocabulary, another tokenizer, or a training that diverged: each is said."""
    with pytest.raises(ModelError, match="2 tokens out of 3 and 2 tokens out of 4"):
        text_drift(EVEN, Table([0.25] * 4), ["ab"])
    with pytest.raises(ModelError, match="same tokenizer"):
        text_drift(FakeModel({}), Shifted(), ["hello"])
    with pytest.raises(ModelError, match="diverged"):
        text_drift(EVEN, Table([math.nan] * 3), ["ab"])


class Shifted(FakeModel):
    """Reads the same bytes as other tokens."""

    def __init__(self) -> None:
        super().__init__({})

    def log_probs(self, texts: Sequence[str]) -> Iterator[TokenLogProbs]:
        for row in super().log_probs(texts):
            yield TokenLogProbs(row.tokens + 1, row.log_probs)


def test_texts_are_read_one_at_a_time() -> None:
    """Both models hold one text each, so that a large vocabulary fits into memory."""
    order: list[str] = []

    class Noted(Table):
        def log_probs(self, texts: Sequence[str]) -> Iterator[TokenLogProbs]:
            for text, row in zip(texts, super().log_probs(texts), strict=True):
                order.append(text)
                yield row

    model = Noted([1 / 4, 1 / 4, 1 / 2])
    text_drift(model, model, ["aa", "bb", "cc"])
    assert order == ["aa", "aa", "bb", "bb", "cc", "cc"]


def test_the_record_reads_back() -> None:
    found = drift(EVEN, TILTED, ["acc", "aab"], ordinary_prompts())
    assert DriftMetrics.model_validate_json(found.model_dump_json(exclude_none=True)) == found


def test_shipped_passages_are_plain_prose() -> None:
    """60 to 120 words each, no two alike, and nothing that looks like a task."""
    passages = neutral_passages()
    assert len(passages) == len(set(passages)) == 40
    for text in passages:
        assert 60 <= len(text.split()) <= 120
        assert text.isascii()
        assert text == text.strip()
        assert not re.search(r"[a-z][A-Z]|TRACE|ANSWER|[A-D]\)", text)


def test_shipped_prompts_ask_for_no_format() -> None:
    prompts = ordinary_prompts()
    assert len(prompts) == len({p.key for p in prompts}) == len({p.text for p in prompts}) == 30
    assert not any(re.search(r"TRACE|ANSWER|[A-D]\)", prompt.text) for prompt in prompts)
