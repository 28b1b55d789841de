"""Reranking: what moves up and why, and that nothing is lost."""

from __future__ import annotations

import random
from dataclasses import replace

from tests.retrieval.library import LINKER, SOURCE, chunk, chunks_of

from graphtutor.retrieval.rerank import (
    GraphReranker,
    NoReranker,
    Reranker,
    WordReranker,
    diversified,
)
from graphtutor.retrieval.store import Hit


def hits(*texts: str) -> list[Hit]:
    return [Hit(chunk(f"{n}.md", text), 1 / n) for n, text in enumerate(texts, start=1)]


def order(reranker: Reranker, question: str, found: list[Hit]) -> list[str]:
    return [hit.chunk.text for hit in reranker.rerank(question, found)]


def test_nothing_is_lost_nor_made_up() -> None:
    found = [Hit(c, 1.0) for c in chunks_of()]
    for reranker in (NoReranker(), WordReranker(LINKER), GraphReranker(LINKER)):
        for question in ("What causes a pump trip?", "", "zzz"):
            done = reranker.rerank(question, found)
            assert {h.chunk.id for h in done} == {h.chunk.id for h in found}
        assert reranker.rerank("anything", []) == []


def test_scores_descend_with_the_order() -> None:
    found = [Hit(c, 1.0) for c in chunks_of()]
    scores = [hit.score for hit in WordReranker().rerank("grease valve V7", found)]
    assert scores == sorted(scores, reverse=True)


def test_an_identifier_as_written_outweighs_the_rank() -> None:
    other = [f"The valve {name} is greased." for name in ("north", "south", "east", "west")]
    assert order(WordReranker(), "grease valve V7", hits(*other, "Grease valve V7."))[0] == (
        "Grease valve V7."
    )


def test_words_in_the_order_of_the_question_come_before_the_same_words_apart() -> None:
    apart = "A trip of the house, then a low sun, and the flow of a pump."
    assert order(WordReranker(), "low flow pump", hits(apart, "About a low flow pump here."))[
        0
    ] == ("About a low flow pump here.")


def test_copies_sink_below_what_says_something_new() -> None:
    text = "The pump trips at 80 degrees when it runs hot."
    found = hits(text, text, "The pump is red.")
    assert [h.chunk.doc for h in diversified(found)] == ["1.md", "3.md", "2.md"]


def test_the_graph_lifts_what_lies_on_the_way() -> None:
    question = "How does cavitation end in a seal change?"
    on_way = "A worn seal drips."
    off_way = "Seal and change and cavitation are words."
    assert order(WordReranker(LINKER), question, hits(off_way, on_way))[0] == off_way
    statement = SOURCE.chains(question)[0][0]
    plain = hits(*(f"Cavitation item {n}" for n in range(5)))
    ranked = GraphReranker(LINKER).rerank(question, [*plain, Hit(statement, 0.0)])
    assert ranked[0].chunk == statement
    middle = hits("Unrelated pumps hum.", "Low flow was seen.", "Cavitation was heard.")
    assert order(GraphReranker(LINKER), "How are pump trip and seal wear related?", middle)[0] == (
        "Low flow was seen."
    )


def test_the_order_does_not_depend_on_ids_or_chance() -> None:
    found = [Hit(c, 1.0) for c in chunks_of()]
    once = WordReranker(LINKER).rerank("seal of the pump", found)
    assert once == WordReranker(LINKER).rerank("seal of the pump", list(found))


def test_hundred_hits_are_reranked_in_no_time() -> None:
    draw = random.Random(0)
    words = [f"word{n}" for n in range(300)]
    found = hits(*(" ".join(draw.choices(words, k=150)) for _ in range(100)))
    assert len(WordReranker().rerank("word1 word2 word3", found)) == 100


def test_entities_count_by_any_of_their_names() -> None:
    found = hits("Nothing of it.", "A worn seal was seen.")
    found = [replace(hit, score=1.0) for hit in found]
    assert order(WordReranker(LINKER), "SealWear", found)[0] == "A worn seal was seen."
