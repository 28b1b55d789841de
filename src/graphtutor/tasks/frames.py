"""Free wordings: question frames put together from parts, so that hardly two questions read alike.

A model that is trained on a few templates learns their frames by heart: it takes an opening word
that it does not know for the start entity, and loses its place at a joint that it has never seen.
A frame is named by its parts, "free-3-17-2-5", so that a question can be checked word for word.
What the held-out templates are made of is not among the parts.

>>> frame_question("Rain", ["causes", "harms"], ["event", "crop"], "free-9-4-1-2")
'Find the crop: look at Rain. That causes one event and then harms one crop.'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

__all__ = ["draw_frame", "frame_question", "is_frame"]

_PREFIX: Final = "free-"

_LEADS: Final = (
    "{start} {body}",
    "{start} {body}",
    "{start}: it {body}",
    "Start at {start}, which {body}",
    "Begin with {start}: that {body}",
    "Suppose that {start} {body}",
    "We know that {start} {body}",
    "Somebody says {start} {body}",
    "Given {start}, it {body}",
    "Look at {start}. That {body}",
    "Take {start}. This one {body}",
    "Think of {start}; it {body}",
    "There is {start}. There it {body}",
    "Something {body}. That something is {start}",
    "What {body} is {start}",
    "From {start} on: {body}",
    "In our records, {start} {body}",
    "Here is a chain from {start}: {body}",
    "Imagine {start}. He {body}",
    "Read about {start}, who {body}",
)
_JOINTS: Final = (
    " that ",
    ", which ",
    ", then ",
    ", and that ",
    " and then ",
    "; that ",
    "; it ",
    ", who ",
    ", next ",
    ", after which it ",
    " -> ",
    ", and so on: ",
    ". That ",
    ". It ",
    " & ",
    ", where that ",
    ", and it ",
    ", and which ",
    " / ",
    ", followed by: ",
)
_ARTICLES: Final = ("a", "one", "the", "its", "each", "another", "some", "")
_CLOSES: Final = (
    ("", " Which {last} is it?"),
    ("", " Name the last {last}."),
    ("Find the {last}: ", ""),
    ("Which {last} ends this: ", ""),
    ("", " Which {last} do you reach?"),
    ("Give the {last}. ", ""),
    ("", " What {last} is meant?"),
    ("Tell me the {last}. ", ""),
    ("", " Which {last} stands at the end?"),
    ("We want a {last}. ", ""),
    ("", " The {last} at the end?"),
    ("Search for the {last}; ", ""),
)
_SIZES: Final = (len(_LEADS), len(_JOINTS), len(_ARTICLES), len(_CLOSES))


def draw_frame(stream: np.random.Generator) -> str:
    """Draw the name of a frame: one of some forty thousand."""
    return _PREFIX + "-".join(str(int(stream.integers(size))) for size in _SIZES)


def is_frame(template: str) -> bool:
    """Tell whether ``template`` names a frame that exists."""
    return _parts(template) is not None


def frame_question(start: str, phrases: Sequence[str], nouns: Sequence[str], template: str) -> str:
    """Ask for the entity at the end of the chain in the frame ``template``.

    ``phrases`` and ``nouns`` have one entry a hop. Raises KeyError for a frame that does not exist.
    """
    parts = _parts(template)
    if parts is None:
        raise KeyError(template)
    lead, joint, article, close = parts
    body = _JOINTS[joint].join(
        f"{phrase} {_noun(_ARTICLES[article], noun)}"
        for phrase, noun in zip(phrases, nouns, strict=True)
    )
    before, after = (part.format(last=nouns[-1]) for part in _CLOSES[close])
    told = _LEADS[lead].format(start=start, body=body)
    if before and not before.endswith(". "):
        told = told[0].lower() + told[1:] if not told.startswith(start) else told
    return f"{before}{told}.{after}"


def _noun(article: str, noun: str) -> str:
    if article == "a" and noun[:1] in "aeiou":
        article = "an"
    return f"{article} {noun}" if article else noun


def _parts(template: str) -> tuple[int, int, int, int] | None:
    numbers = template.removeprefix(_PREFIX).split("-")
    if not template.startswith(_PREFIX) or len(numbers) != len(_SIZES):
        return None
    if not all(number.isdecimal() for number in numbers):
        return None
    lead, joint, article, close = (int(number) for number in numbers)
    found = (lead, joint, article, close)
    return found if all(n < size for n, size in zip(found, _SIZES, strict=True)) else None
