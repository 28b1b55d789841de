"""The searcher: its modes, what it refuses, and questions that find nothing."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.retrieval.points import chunk, texts

from graphtutor.errors import RetrievalError
from graphtutor.retrieval import bm25
from graphtutor.retrieval.search import Mode, Searcher, embed_question
from graphtutor.retrieval.store import Filter, Hit, Point, StoreInfo
from graphtutor.retrieval.store_exact import ExactStore
from graphtutor.retrieval.terms import terms

MEANINGS = {"pump": 0, "compressor": 0, "valve": 1, "tap": 1, "motor": 2, "engine": 2}


class Meanings:
    """Embeds by counting words of like meaning; a token is a word."""

    name, dimensions, window = "meanings", 4, 6

    def spans(self, text: str) -> list[tuple[int, int]]:
        found, at = [], 0
        for word in text.split():
            at = text.index(word, at)
            found.append((at, at + len(word)))
            at += len(word)
        return found

    def embed(
        self, texts: Sequence[str], on_done: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        assert len(text.split()) <= self.window
        vector = np.full(4, 1e-3, dtype=np.float32)
        for word in terms(text):
            vector[MEANINGS.get(word, 3)] += 1
        return vector / np.linalg.norm(vector)


TEXTS = ["the pump hums", "a valve drips", "motor 7 is hot", "tap and valve"]


def searcher(mode: Mode | None = None, with_vectors: bool = True) -> Searcher:
    embedder = Meanings()
    store = ExactStore(StoreInfo("meanings", 4, 2.0) if with_vectors else StoreInfo("", 0, 2.0))
    store.upsert(
        [
            Point(
                chunk(f"d{i}", 0, text),
                embedder.embed_query(text) if with_vectors else None,
                bm25.document_terms(text, 2.0),
            )
            for i, text in enumerate(TEXTS)
        ]
    )
    return Searcher(store, embedder if with_vectors else None, mode)


def found(mode: Mode, question: str) -> list[str]:
    return texts(searcher(mode).search(question, limit=2))


def test_each_mode_finds_what_it_can() -> None:
    assert found("bm25", "compressor") == []
    assert found("dense", "compressor")[0] == "the pump hums"
    assert found("bm25", "7") == ["motor 7 is hot"]
    assert found("hybrid", "compressor or valve drips")[0] == "a valve drips"
    assert found("hybrid", "compressor")[0] == "the pump hums"


def test_the_mode_follows_from_the_store() -> None:
    assert searcher().mode == "hybrid"
    assert searcher(with_vectors=False).mode == "bm25"
    assert searcher("bm25").mode == "bm25"
    assert texts(searcher(with_vectors=False).search("pump")) == ["the pump hums"]


def test_limit_and_filter() -> None:
    hits: list[Hit] = searcher().search("valve", limit=1, where=Filter(docs=("d3",)))
    assert texts(hits) == ["tap and valve"]
    assert len(searcher("dense").search("valve", limit=3)) == 3
    assert searcher().search("valve", limit=0) == []


@pytest.mark.parametrize("mode", ["bm25", "dense", "hybrid"])
def test_questions_without_words_find_nothing_and_break_nothing(mode: Mode) -> None:
    for question in ("", "  \n", "\u3000"):
        assert searcher(mode).search(question) == []
    for question in ("?!", "what is it?", "zyzzyva", "\u0000", "🦆", "a" * 5_000):
        hits = searcher(mode).search(question)
        assert (hits == []) == (mode == "bm25")


@pytest.mark.parametrize("mode", ["bm25", "dense", "hybrid"])
def test_an_empty_store_finds_nothing(mode: Mode) -> None:
    empty = ExactStore(StoreInfo("meanings", 4, 1.0))
    assert Searcher(empty, Meanings(), mode).search("pump") == []


def test_a_long_question_is_read_to_its_end() -> None:
    question = "pump " * 20 + "motor"
    vector = embed_question(question, Meanings())
    assert vector[2] > 0.05
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert texts(searcher("dense").search(question))[0] == "the pump hums"
    assert embed_question("pump", Meanings()) == pytest.approx(Meanings().embed_query("pump"))


def test_what_does_not_fit_is_refused() -> None:
    words = ExactStore(StoreInfo("", 0, 1.0))
    other = ExactStore(StoreInfo("another", 4, 1.0))
    with pytest.raises(RetrievalError, match="one made for search by words"):
        Searcher(words, Meanings(), "hybrid")
    with pytest.raises(RetrievalError, match="got meanings"):
        Searcher(other, Meanings())
    with pytest.raises(RetrievalError, match=r"got none \(BM25\)"):
        Searcher(other, None, "dense")
    assert Searcher(other, None, "bm25").search("pump") == []
