"""Whether what was found can answer a question at all: the rule by which answers abstain.

The rarest things that a question names are what it is about. If no passage holds enough of them,
whatever is written from the passages answers something else. So the passages are asked how large a
share of the question's rarity (the inverse document frequencies of its content words, summed) the
best of them holds, heading included. Below :data:`LEAST` there is no answer. A chain of the graph
between the question's entities, or from one along the relation asked for, always is one.

The share was set on the 188 claims of SciFact's validation file that have evidence (BM25, abstracts
as passages, the first 8 of them), each asked with its evidence and with it taken away. At 0.65 the
difference of the two rates of abstention is largest: 24 % with, 68 % without (0.6: 16 and 57; 0.7:
38 and 77). Other abstracts of the same matter stay there, so that many answer is to be expected.
What is reported elsewhere was measured on other questions (benchmarks/abstention.py has the table).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from graphtutor.retrieval.coverage import Wanted, share_found, wanted_in
from graphtutor.retrieval.found import Found
from graphtutor.retrieval.linking import Linker
from graphtutor.retrieval.terms import terms

__all__ = ["LEAST", "Gate"]

LEAST: Final = 0.65
"""The least share of what a question asks for that its best passage has to hold."""


class Gate:
    """Judges what was found by the words of the question."""

    def __init__(
        self,
        rarity: Callable[[str], float],
        linker: Linker | None = None,
        least: float = LEAST,
    ) -> None:
        """Weigh terms by ``rarity``; with a ``linker`` entities count by all their names."""
        self._rarity, self.linker, self.least = rarity, linker, least

    def wanted(self, question: str) -> tuple[Wanted, ...]:
        """Return the things that ``question`` wants, weighed."""
        return wanted_in(question, self._rarity, self.linker)

    def share(self, found: Found) -> float:
        """Return the largest share of what is wanted that one passage holds."""
        wanted = self.wanted(found.question)
        return max((share_found(wanted, terms(hit.chunk.indexed)) for hit in found.hits), default=0)

    def refusal(self, found: Found) -> str:
        """Return why the question cannot be answered from what was found; empty if it can."""
        if found.chains:
            return ""
        if not found.hits:
            return "nothing was found"
        if not self.wanted(found.question):
            return "the question names nothing to look for"
        share = self.share(found)
        if share < self.least:
            return (
                f"the best passage holds {round(100 * share)} % of what the question asks for, "
                f"less than {round(100 * self.least)} %"
            )
        return ""
