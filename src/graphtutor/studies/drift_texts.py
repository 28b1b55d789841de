"""What the embedded model can do in general, as material for the drift probe: reading fresh worlds.

English prose lies outside what nano has ever read, so a change there says little about it. What it
was pretrained to do is to read names it has never met, follow facts that stand in its prompt, and
say which letter an option bears. The texts and questions here are drawn like those of pretraining
(its families *facts* and *binding*), from random streams that no pretraining uses, whatever its
seed: none of the examples has been seen.

>>> world_texts(0, 2) == world_texts(0, 2)
True
>>> [question.kind for question in world_questions(0, 2)]
['facts', 'binding']
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from graphtutor.completion.completion import Generator, Prompt, Sampling
from graphtutor.evaluation.intervals import wilson
from graphtutor.io.seed import derive_seed
from graphtutor.models.nano import words
from graphtutor.runs.drift import LettersRight
from graphtutor.tasks.task import LETTERS
from graphtutor.training.pretraining_examples import Segment, binding_example, facts_example

__all__ = ["WorldQuestion", "letters_right", "world_questions", "world_texts"]

Kind = Literal["facts", "binding"]
_KINDS: Final[tuple[Kind, Kind]] = ("facts", "binding")
_MAX_NEW_TOKENS: Final = 120
"""Enough for five hops over the longest names."""
_LETTER: Final = re.compile(r"^[^\n:]*: *([ABCD])\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class WorldQuestion:
    """A question over names never met before.

    ``facts``: a chain whose facts stand in the prompt; the answer is written in full. ``binding``:
    the prompt ends where the ``letter`` of a name has to follow, so one token is the answer.
    """

    id: str
    kind: Kind
    prompt: str
    letter: str


def world_texts(seed: int, n: int) -> list[str]:
    """Return ``n`` passages of facts, questions and answers, each over a world of its own."""
    return ["".join(text for text, _ in _example("text", seed, number)) for number in range(n)]


def world_questions(seed: int, n: int) -> list[WorldQuestion]:
    """Return ``n`` questions, of the two kinds in turn, each over a world of its own."""
    return [_question(seed, number) for number in range(n)]


def letters_right(
    model: Generator, questions: Sequence[WorldQuestion], batch_size: int = 64
) -> LettersRight:
    """Ask ``questions`` greedily and count the right letters.

    A letter counts under whatever label it stands, so a model that has taken on another format
    since is judged by what it can do. Raises ValueError without questions.
    """
    if not questions:
        raise ValueError("no questions to ask")
    found: dict[str, list[tuple[str | None, str]]] = {}
    for kind in _KINDS:
        asked = [question for question in questions if question.kind == kind]
        sampling = Sampling(max_new_tokens=1 if kind == "binding" else _MAX_NEW_TOKENS)
        for begin in range(0, len(asked), batch_size):
            part = asked[begin : begin + batch_size]
            answers = model.generate([Prompt(one.id, one.prompt) for one in part], sampling)
            found.setdefault(kind, []).extend(
                (_letter_of(kind, answer.text), one.letter)
                for one, (answer, *_) in zip(part, answers, strict=True)
            )
    right = {kind: sum(said == letter for said, letter in pairs) for kind, pairs in found.items()}
    heard = {kind: sum(said is not None for said, _ in pairs) for kind, pairs in found.items()}
    n = {kind: len(pairs) for kind, pairs in found.items()}
    return LettersRight(
        n=n,
        right={kind: count / n[kind] for kind, count in right.items()},
        answered={kind: count / n[kind] for kind, count in heard.items()},
        intervals={kind: wilson(count, n[kind]) for kind, count in right.items()},
    )


def _example(use: str, seed: int, number: int) -> list[Segment]:
    """Draw one example; no part of pretraining derives a stream from this name."""
    random = Random(derive_seed("drift-worlds", use, seed, number))
    draw = facts_example if _KINDS[number % 2] == "facts" else binding_example
    return draw(words(), random)


def _question(seed: int, number: int) -> WorldQuestion:
    """Cut an example before its first letter, or before the whole answer to a chain."""
    texts = [text for text, _ in _example("question", seed, number)]
    place = next(place for place, text in enumerate(texts) if text in LETTERS)
    kind = _KINDS[number % 2]
    prompt = "".join(texts[:place]) if kind == "binding" else texts[0]
    return WorldQuestion(f"world_{number:06d}", kind, prompt, texts[place])


def _letter_of(kind: Kind, text: str) -> str | None:
    if kind == "binding":
        said = text.strip()
        return said if said in LETTERS else None
    letters: list[str] = _LETTER.findall(text)
    return letters[-1] if letters else None
