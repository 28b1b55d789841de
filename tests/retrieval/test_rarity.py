"""How rare a term is, asked of the store, is what counting says."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.retrieval.library import chunks_of, store_of

from graphtutor.retrieval.bm25 import idf
from graphtutor.retrieval.rarity import Rarity
from graphtutor.retrieval.terms import terms


def test_every_term_is_as_rare_as_counting_says() -> None:
    chunks = chunks_of()
    holding = Counter(term for c in chunks for term in set(terms(c.indexed)))
    rarity = Rarity(store_of(chunks))
    assert len(holding) > 40
    for term, n in holding.items():
        assert rarity(term) == pytest.approx(idf(len(chunks), n), rel=1e-4)


def test_what_no_chunk_holds_is_as_rare_as_can_be() -> None:
    chunks = chunks_of()
    assert Rarity(store_of(chunks))("telephon") == idf(len(chunks), 1)
