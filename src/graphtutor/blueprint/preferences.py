"""Preference pairs for DPO: a well-formed answer against a faulty variant of the same content.

What is rejected says nothing that the chosen answer, or the topic, does not say: it lacks
something, has it in another order, or pads it with phrases that hold no fact. Pairs are made from
the examples of one side of a split, so that what is held out there is held out here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import Field

from graphtutor.blueprint.domain import Domain
from graphtutor.blueprint.example import BlueprintExample, Message
from graphtutor.blueprint.framework import Framework, Record
from graphtutor.io.digest import digest_of
from graphtutor.io.seed import random_stream

__all__ = ["FAULTS", "Preference", "PreferenceMeta", "preferences"]

Strands = Sequence[Mapping[str, str]]


class PreferenceMeta(Record):
    """What a pair was made from; see :class:`graphtutor.blueprint.example.Meta`.

    ``fault`` is one of :data:`FAULTS`, ``question`` the key of the example whose answer is chosen.
    """

    domain: str
    topic: str
    group: str
    framework: str
    kind: str
    fault: str
    evolution: int = Field(ge=1)
    question: str
    key: str = Field(description="the SHA-256 of prompt, chosen and rejected")


class Preference(Record):
    """A pair as TRL's DPOTrainer takes it: conversational, with an explicit prompt."""

    prompt: tuple[Message, ...] = Field(min_length=1)
    chosen: tuple[Message, ...] = Field(min_length=1, max_length=1)
    rejected: tuple[Message, ...] = Field(min_length=1, max_length=1)
    meta: PreferenceMeta


@dataclass(frozen=True, slots=True)
class _Answer:
    """A well-formed answer and what it is made of."""

    text: str
    strands: Strands
    framework: Framework
    stream: np.random.Generator

    def with_short_form(self, short: str) -> str:
        """Return the answer with another short form, which is the end of its last line."""
        return self.text.removesuffix(self.framework.compressed(self.strands)) + short


def preferences(
    examples: Iterable[BlueprintExample],
    domains: Iterable[tuple[Domain, Framework]],
    seed: int,
) -> list[Preference]:
    """Make pairs from the ``whole``, ``short`` and ``compress`` examples among ``examples``.

    Each fault that applies comes once for each topic and kind; the questions of a topic take turns,
    so that a prompt is repeated as little as can be. ``seed`` decides what is left out, moved or
    said too much.
    """
    known = {
        (domain.domain, topic.id): (topic.strands, framework)
        for domain, framework in domains
        for topic in domain.topics
    }
    asked: defaultdict[tuple[str, str, str], list[BlueprintExample]] = defaultdict(list)
    for example in examples:
        meta = example.meta
        if meta.kind in _BY_KIND and (meta.domain, meta.topic) in known:
            asked[meta.domain, meta.topic, meta.kind].append(example)
    made: list[Preference] = []
    for (domain, topic, kind), questions in asked.items():
        strands, framework = known[domain, topic]
        turn = 0
        for fault in _BY_KIND[kind]:
            example = questions[turn % len(questions)]
            stream = random_stream("blueprint-preferences", seed, domain, topic, kind, fault)
            rejected = FAULTS[fault](_Answer(example.assistant, strands, framework, stream))
            if rejected is not None:
                turn += 1
                made.append(_pair(example, fault, rejected))
    return made


def _missing(answer: _Answer) -> str | None:
    """Leave out one level of one strand."""
    lines = answer.text.split("\n")
    levels = len(answer.framework.levels)
    if levels < 2:
        return None
    strand = int(answer.stream.integers(len(answer.strands)))
    line = strand * (levels + 1) + int(answer.stream.integers(levels))
    return "\n".join(lines[:line] + lines[line + 1 :])


def _disordered(answer: _Answer) -> str | None:
    """Swap two neighbouring levels, in every strand."""
    levels = answer.framework.levels
    if len(levels) < 2:
        return None
    at = int(answer.stream.integers(len(levels) - 1))
    swapped = (*levels[:at], levels[at + 1], levels[at], *levels[at + 2 :])
    return answer.framework.model_copy(update={"levels": swapped}).written(answer.strands)


def _verbose(answer: _Answer) -> str:
    """Pad the answer before, after and, where there are several strands, between."""
    blocks = answer.text.split("\n\n")
    for at in range(len(blocks) - 1, 0, -1):
        blocks.insert(at, _one(answer.stream, _BETWEEN))
    return "\n\n".join([_one(answer.stream, _BEFORE), *blocks, _one(answer.stream, _AFTER)])


def _dropped(answer: _Answer) -> str | None:
    """Leave one strand out of the short form; it needs two."""
    if answer.framework.merge is None or len(answer.strands) < 2:
        return None
    gone = int(answer.stream.integers(len(answer.strands)))
    kept = [strand for number, strand in enumerate(answer.strands) if number != gone]
    return answer.with_short_form(answer.framework.compressed(kept))


def _long(answer: _Answer) -> str | None:
    """Put each strand's longest level in the short form, which then shortens nothing."""
    merge = answer.framework.merge
    if merge is None or len(answer.framework.levels) < 2:
        return None
    longest = [max(strand.values(), key=lambda t: len(t.split())) for strand in answer.strands]
    if len(" ".join(longest).split()) <= len(answer.framework.compressed(answer.strands).split()):
        return None
    return answer.with_short_form(merge.joint.join(text.rstrip(".") for text in longest) + ".")


FAULTS: Final[dict[str, Callable[[_Answer], str | None]]] = {
    "missing-level": _missing,
    "out-of-order": _disordered,
    "verbose": _verbose,
    "dropped-strand": _dropped,
    "long-compression": _long,
}
"""The faults by name; each gives a faulty variant of an answer, or None where it does not apply."""

_BY_KIND: Final[dict[str, tuple[str, ...]]] = {
    "whole": tuple(FAULTS),
    "short": ("verbose",),
    "compress": ("dropped-strand", "long-compression"),
}
_BEFORE: Final = (
    "That is a very good question, and I am happy to go through it with you in some detail.",
    "Thank you for asking! Let us take our time here and look at this as carefully as we can.",
    "Before I answer, let me say that there is a great deal that one could say about this.",
    "Of course! I would be delighted to help you with that, so let us get started right away.",
    "To answer this properly, it helps to step back for a moment and consider the whole picture.",
    "Well, let me see how I can put this, so that it becomes as clear as it can possibly be.",
)
_BETWEEN: Final = (
    "Now that we have seen this, we can move on to the next point, which matters as well.",
    "With that said, there is something else that should not go unmentioned at this place.",
    "Let us keep that in mind while we turn to what comes next in our little tour.",
    "So far, so good. But of course that is not yet all there is to say about it.",
    "I hope that this was clear up to here. Let us carry on with the following.",
)
_AFTER: Final = (
    "I hope that this explanation was helpful. Please let me know if you would like to hear more!",
    "In summary, one can say that all of the above taken together answers what you asked.",
    "As you can see, there is a lot to it, and one could go on about this for quite a while.",
    "Feel free to ask if anything remains unclear, and I will gladly go over it once more.",
    "To conclude, everything that was said above should be read as a whole and kept in mind.",
)


def _one(stream: np.random.Generator, phrases: Sequence[str]) -> str:
    return phrases[int(stream.integers(len(phrases)))]


def _pair(example: BlueprintExample, fault: str, rejected: str) -> Preference:
    meta = example.meta
    prompt, chosen = example.messages[:-1], example.messages[-1:]
    other = (Message(role="assistant", content=rejected),)
    said = [[m.model_dump() for m in messages] for messages in (prompt, chosen, other)]
    return Preference(
        prompt=prompt,
        chosen=chosen,
        rejected=other,
        meta=PreferenceMeta(
            domain=meta.domain,
            topic=meta.topic,
            group=meta.group,
            framework=meta.framework,
            kind=meta.kind,
            fault=fault,
            evolution=meta.evolution,
            question=meta.key,
            key=digest_of(said),
        ),
    )
