"""Neutral material that ships with the package: passages to read and ordinary prompts to answer.

Plain English about everyday subjects, written for this project, in no way like the tasks: nothing
is multiple choice, nothing names a chain, no prompt asks for a format. ``data/passages.jsonl`` and
``data/prompts.jsonl`` hold one object a line with ``id`` and ``text``.

>>> neutral_passages()[0].split()[:5]
['Rain', 'begins', 'as', 'water', 'vapour']
>>> ordinary_prompts()[0].text
'What is the capital of France?'
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from graphtutor.completion.completion import Prompt
from graphtutor.io.jsonl import read_jsonl

__all__ = ["NeutralText", "neutral_passages", "ordinary_prompts"]


class NeutralText(BaseModel):
    """One line of a file of neutral material."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)


def neutral_passages() -> list[str]:
    """Return 40 passages of 60 to 120 words of plain English."""
    return [line.text for line in _read("passages.jsonl")]


def ordinary_prompts() -> list[Prompt]:
    """Return 30 instructions and questions that ask for no format."""
    return [Prompt(line.id, line.text) for line in _read("prompts.jsonl")]


def _read(name: str) -> list[NeutralText]:
    folder = Path(str(resources.files("graphtutor") / "evaluation" / "data"))
    return read_jsonl(folder / name, NeutralText)
