"""Another order of the hits: by words and identifiers, without repetition, by the graph.

A hit keeps what its rank was worth, (60 + 1) / (60 + rank), the form of reciprocal rank fusion:
ranks can be compared where scores of different searches cannot. To that each feature adds its share
in [0, 1] times its weight. The weights were set by what they mean and have not been fitted:

- identifiers 1: "ERR_42" or "v1.2.3" found as written outweighs any rank among the candidates,
  whose worth lies between 0.55 and 1; nothing in a question says more exactly what is meant;
- path 1: a statement of the chain asked for answers by construction;
- words 0.5 and phrase 0.5: together as much as an identifier, and only where all words stand there
  in the order of the question;
- entities 0.5: what a graph knows to be names, which the words count already in part.

Then maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) takes the hits one by one,
each marked down by its likeness to the most similar one before it. Its lambda is 0.7: chunks that
overlap as they were cut (an eighth of their words) lose 4 %, copies sink below all that says
something new.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from graphtutor.retrieval.linking import Linker, Links
from graphtutor.retrieval.store import RRF_K, Hit
from graphtutor.retrieval.terms import terms

__all__ = ["GraphReranker", "NoReranker", "Reranker", "WordReranker", "diversified", "rank_worth"]

_IDENTIFIERS: Final = 1.0
_PATH: Final = 1.0
_WORDS: Final = 0.5
_PHRASE: Final = 0.5
_ENTITIES: Final = 0.5
_LAMBDA: Final = 0.7

_IDENTIFIER: Final = re.compile(r"[^\W_](?:[\w./:-]*\w)?")
_MARKED: Final = re.compile(r"(?=.*[^\W\d_])(?=.*\d)|.*[a-z][A-Z]|.*\w_\w|.*\w[./:]\w")


class Reranker(Protocol):
    """Puts hits into another order."""

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Return ``hits``, best first, with the scores that they are ordered by."""
        ...


class NoReranker:
    """Leaves the order of the search."""

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Return ``hits`` as they are."""
        del question
        return list(hits)


class WordReranker:
    """By words, phrases and identifiers; with a linker also by the entities of its graph."""

    def __init__(self, linker: Linker | None = None) -> None:
        """Count the entities of the graph of ``linker``, if there is one."""
        self._linker = linker

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """See :class:`Reranker`."""
        return diversified(_scored(hits, lambda hit: self.bonus(question, hit)))

    def bonus(self, question: str, hit: Hit) -> float:
        """Return what the features add to a hit's score."""
        text = hit.chunk.indexed
        asked, there = terms(question), terms(text)
        score = _WORDS * _share(asked, there)
        score += _PHRASE * _longest_run(asked, there) / max(1, len(asked))
        score += _IDENTIFIERS * _share(_identifiers(question), _identifiers(text))
        if self._linker:
            entities = self._linker.entities_in(question)
            score += _ENTITIES * _share(entities, _entities(hit, self._linker))
        return score


class GraphReranker:
    """Also by the graph: what lies on the way between the question's entities comes first."""

    def __init__(self, linker: Linker) -> None:
        """Use the graph of ``linker``."""
        self._linker = linker
        self._words = WordReranker(linker)

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """See :class:`Reranker`."""
        links = self._linker.link(question)
        edges = self._edges(links)

        def bonus(hit: Hit) -> float:
            on_path = hit.chunk.edge in edges or _share(links.on_path, _entities(hit, self._linker))
            return self._words.bonus(question, hit) + _PATH * float(on_path)

        return diversified(_scored(hits, bonus))

    def _edges(self, links: Links) -> frozenset[tuple[str, str, str]]:
        graph = self._linker.graph
        return frozenset(
            (
                graph.entities[int(graph.edge_source[edge])].id,
                graph.relations[int(graph.edge_relation[edge])].id,
                graph.entities[int(graph.edge_target[edge])].id,
            )
            for chain in links.chains
            for edge in chain
        )


def rank_worth(rank: int) -> float:
    """Return what a rank, from 1, is worth.

    >>> rank_worth(1), round(rank_worth(50), 2)
    (1.0, 0.55)
    """
    return (RRF_K + 1) / (RRF_K + rank)


def diversified(hits: Sequence[Hit]) -> list[Hit]:
    """Return ``hits`` by maximal marginal relevance; likeness is Jaccard's of their terms.

    Their scores become the marginal ones, as shares of the best hit's.
    """
    best = max((hit.score for hit in hits), default=0.0) or 1.0
    worth = [hit.score / best for hit in hits]
    words = [frozenset(terms(hit.chunk.indexed)) for hit in hits]
    nearest = [0.0] * len(hits)
    left = list(range(len(hits)))
    ordered: list[Hit] = []
    while left:
        marginal = {n: _LAMBDA * worth[n] - (1 - _LAMBDA) * nearest[n] for n in left}
        chosen = max(left, key=lambda n: (marginal[n], -n))
        ordered.append(replace(hits[chosen], score=marginal[chosen]))
        left.remove(chosen)
        for n in left:
            union = len(words[n] | words[chosen])
            alike = len(words[n] & words[chosen]) / union if union else 1.0
            nearest[n] = max(nearest[n], alike)
    return ordered


def _scored(hits: Sequence[Hit], bonus: Callable[[Hit], float]) -> list[Hit]:
    scored = [
        replace(hit, score=rank_worth(rank) + bonus(hit)) for rank, hit in enumerate(hits, start=1)
    ]
    return sorted(scored, key=lambda hit: (-hit.score, hit.chunk.id))


def _share(wanted: Sequence[str] | frozenset[str], there: Sequence[str] | frozenset[str]) -> float:
    asked = frozenset(wanted)
    return len(asked.intersection(there)) / len(asked) if asked else 0.0


def _longest_run(asked: Sequence[str], there: Sequence[str]) -> int:
    """Return how many terms of ``asked``, two at least, stand in a row in both; else 0."""
    best = 0
    before = [0] * (len(asked) + 1)
    for term in there:
        runs = [0] * (len(asked) + 1)
        for place, wanted in enumerate(asked, start=1):
            if term == wanted:
                runs[place] = before[place - 1] + 1
        best = max(best, *runs)
        before = runs
    return best if best > 1 else 0


def _identifiers(text: str) -> frozenset[str]:
    words = (found.group() for found in _IDENTIFIER.finditer(text))
    return frozenset(word.lower() for word in words if _MARKED.match(word))


def _entities(hit: Hit, linker: Linker) -> frozenset[str]:
    if hit.chunk.kind == "statement":
        return frozenset(hit.chunk.entities)
    return linker.entities_in(hit.chunk.indexed)
