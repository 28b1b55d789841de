"""What a kind of example is made from, and what it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graphtutor.blueprint.domain import Domain, Topic
from graphtutor.blueprint.framework import Framework
from graphtutor.io.seed import random_stream

__all__ = ["LETTERS", "Draft", "Source", "inside", "lettered", "quiz_groups", "said"]

LETTERS = "ABCD"
_LEAST_GROUP = len(LETTERS) + 1


@dataclass(frozen=True, slots=True)
class Draft:
    """A question and its answer, before system message and key."""

    kind: str
    topic: str
    group: str
    framework: str
    evolution: int
    user: str
    assistant: str
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A domain taken apart by a framework, and the seed of every choice of words and options.

    ``drills`` is how many drills a topic has; see ``kinds_drill``.
    """

    domain: Domain
    framework: Framework
    seed: int
    groups: Mapping[str, int]
    drills: int = 0

    @classmethod
    def of(cls, domain: Domain, framework: Framework, seed: int, drills: int = 0) -> Source:
        """Return the source of ``domain``, its topics dealt into groups."""
        return cls(domain, framework, seed, quiz_groups(domain), drills)

    @property
    def name(self) -> str:
        """The domain's title as it stands within a sentence, if its style shows that: "physics"."""
        title = self.domain.title
        inside = title[:1].lower() + title[1:]
        return inside if inside in self.domain.style else title

    def stream(self, *parts: str | int) -> np.random.Generator:
        """Return the random stream of one question."""
        return random_stream("blueprint", self.seed, self.domain.domain, *parts)

    def draft(
        self, kind: str, topic: Topic, user: str, assistant: str, closed: str | None = None
    ) -> Draft:
        """Return a draft about ``topic``."""
        return Draft(
            kind=kind,
            topic=topic.id,
            group=f"{self.domain.domain}/topics/{self.groups[topic.id]}",
            framework=self.framework.framework,
            evolution=topic.evolution,
            user=user,
            assistant=assistant,
            closed=closed,
        )

    def companions(self, topic: Topic) -> list[Topic]:
        """Return the other topics of the group of ``topic``."""
        own = self.groups[topic.id]
        return [t for t in self.domain.topics if self.groups[t.id] == own and t.id != topic.id]


def quiz_groups(domain: Domain) -> dict[str, int]:
    """Deal the topics into groups of five or more; return each topic's group.

    Wrong options come from the topic's own group alone and a split keeps groups whole. So no text
    of a held-out topic stands in a training question, not even as a wrong option. Each group has
    topics from all over the hierarchy. It depends on the domain only, not on the seed: what is
    expanded with two seeds can be split as one.
    """
    stream = random_stream("blueprint-groups", domain.domain)
    shuffled = [domain.topics[int(n)] for n in stream.permutation(len(domain.topics))]
    ordered = sorted(shuffled, key=lambda topic: topic.evolution)
    count = max(1, len(ordered) // _LEAST_GROUP)
    return {topic.id: number % count for number, topic in enumerate(ordered)}


def said(
    stream: np.random.Generator,
    wordings: Sequence[str],
    fields: Mapping[str, str],
    count: int = 1,
) -> list[str]:
    """Return ``count`` different wordings with ``fields`` filled in, the first letter capital."""
    chosen = (wordings[int(n)] for n in stream.permutation(len(wordings))[:count])
    filled = (wording.format_map(fields) for wording in chosen)
    return [text[:1].upper() + text[1:] for text in filled]


def inside(name: str) -> str:
    """Return a name as it stands within a sentence; an acronym stays as it is.

    >>> inside("First principles"), inside("DNS records")
    ('first principles', 'DNS records')
    """
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def lettered(
    stream: np.random.Generator, right: str, wrong: Sequence[str]
) -> tuple[str, str, str] | None:
    """Place ``right`` among three of ``wrong``.

    Returns the lines A to D, the right letter and the answer that is trained on; None where fewer
    than three wrong options differ from the right one and each other.
    """
    pool = {text.casefold(): text for text in wrong if text.casefold() != right.casefold()}
    texts = list(pool.values())
    if len(texts) < len(LETTERS) - 1:
        return None
    options = [texts[int(n)] for n in stream.permutation(len(texts))[: len(LETTERS) - 1]]
    place = int(stream.integers(len(LETTERS)))
    options.insert(place, right)
    lines = "\n".join(f"{letter}) {text}" for letter, text in zip(LETTERS, options, strict=True))
    return lines, LETTERS[place], f"{LETTERS[place]}) {right}"
