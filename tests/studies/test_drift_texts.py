"""Fresh worlds for the drift probe: never seen, the same each time, fairly judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.config import ModelConfig
from graphtutor.evaluation.drift import text_drift
from graphtutor.studies.drift_texts import (
    WorldQuestion,
    letters_right,
    world_questions,
    world_texts,
)


class Answers:
    """A generator that says what a function of the question makes of it."""

    def __init__(
        self, questions: Sequence[WorldQuestion], say: Callable[[WorldQuestion], str]
    ) -> None:
        self.known = {question.id: question for question in questions}
        self.say, self.limits = say, set[int]()

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        self.limits.add(sampling.max_new_tokens)
        texts = [self.say(self.known[prompt.key]) for prompt in prompts]
        return [[Completion(text, len(text), False)] for text in texts]


QUESTIONS = world_questions(0, 40)


def test_questions_end_where_the_answer_begins() -> None:
    """A chain is answered in full, a name by the one letter that has to follow."""
    assert [question.kind for question in QUESTIONS] == ["facts", "binding"] * 20
    for question in QUESTIONS:
        assert question.letter in ("A", "B", "C", "D")
        assert question.prompt.count("\nA) ") == question.prompt.count("\nD) ") == 1
        if question.kind == "facts":
            assert question.prompt.startswith("Facts: ")
            assert "Path: " not in question.prompt
        else:
            name = question.prompt.rsplit(" ", 2)[-2].removesuffix(".\nChoice:")
            assert question.prompt.endswith("\nChoice: ")
            assert f"\n{question.letter}) {name}\n" in question.prompt
    assert len({question.letter for question in QUESTIONS}) == 4


def test_texts_and_questions_share_no_world() -> None:
    """Neither across seeds nor between what is read and what is asked."""
    made = [*world_texts(0, 40), *world_texts(1, 40)]
    assert world_texts(0, 40) == made[:40]
    assert len(set(made)) == 80
    assert not any(text.startswith(question.prompt) for text in made for question in QUESTIONS)


def test_letters_count_under_any_label() -> None:
    """A model that took on the tasks' format answers as well as before, in other words."""

    def right(question: WorldQuestion) -> str:
        if question.kind == "binding":
            return question.letter
        label = "Choice" if question.id.endswith(("0", "4")) else "ANSWER"
        return f"TRACE: Rain causes Flood: it is so.\n{label}: {question.letter}"

    model = Answers(QUESTIONS, right)
    found = letters_right(model, QUESTIONS, batch_size=7)
    assert found.n == {"facts": 20, "binding": 20}
    assert found.right == found.answered == {"facts": 1.0, "binding": 1.0}
    assert found.intervals["facts"][0] > 0.8
    assert model.limits == {1, 120}


def test_wrong_letters_and_none_are_told_apart() -> None:
    other = {"A": "B", "B": "C", "C": "D", "D": "A"}
    wrong = letters_right(
        Answers(QUESTIONS, lambda question: f"{other[question.letter]}"), QUESTIONS
    )
    assert wrong.right == {"facts": 0.0, "binding": 0.0}
    # A bare letter answers where one token is asked for; elsewhere a line of its own is wanted.
    assert wrong.answered == {"facts": 0.0, "binding": 1.0}
    with pytest.raises(ValueError, match="no questions"):
        letters_right(Answers([], lambda _: ""), [])


def test_nano_reads_fresh_worlds() -> None:
    """The shipped model names the letter of a name it has never met; this is what may be lost."""
    pytest.importorskip("torch")
    from graphtutor.backends.torch import TorchBackend

    model = TorchBackend().load(ModelConfig(name="nano", device="cpu", threads=1))
    asked = [question for question in QUESTIONS if question.kind == "binding"]
    assert letters_right(model, asked).right["binding"] >= 0.85
    found = text_drift(model, model, world_texts(0, 4))
    assert (found.kl, found.agreement) == (0.0, 1.0)
