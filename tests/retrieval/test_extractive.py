"""Answers of the sources' own sentences: what is quoted, in which order, and when nothing is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.retrieval.library import DOCS, GRAPH, SOURCE, asker_of, chunks_of

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity
from graphtutor.retrieval.asking import GraphSource
from graphtutor.retrieval.groundedness import unsupported
from graphtutor.retrieval.linking import Linker

ASKER = asker_of()
WITH_GRAPH = asker_of(graph=SOURCE)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("At how many degrees does the pump trip?", "The pump trips at 80 degrees. [1]"),
        ("Where was the valve bought?", "The valve was bought in Graz. [1]"),
        ("How often is valve V7 greased?", "Grease valve V7 every 30 days. [1]"),
        (
            "How do I change the seal?",
            "To change the seal: [1] 1. Close valve V7. [1] 2. Drain the housing. [1] "
            "3. Press the new seal in. [1]",
        ),
    ],
)
def test_the_sentences_that_answer(question: str, answer: str) -> None:
    assert ASKER.ask(question).text == answer


@pytest.mark.parametrize(
    "question",
    [
        "What does the pump cost?",
        "Who invented the telephone?",
        "Which colour has the motor?",
        "zzz",
        "What is it?",
        "",
        "?!",
    ],
)
def test_it_says_that_it_does_not_know(question: str) -> None:
    answer = ASKER.ask(question)
    assert answer.abstained
    assert answer.reason
    assert answer.sentences == ()


def test_chains_of_the_graph_come_in_order_and_with_their_path() -> None:
    answer = WITH_GRAPH.ask("How does cavitation end in a seal change?")
    assert answer.text.startswith(
        "Cavitation leads to Seal Wear. [1] Seal Wear is fixed by Seal Change. [2]"
    )
    assert answer.sources[0].path == ("Cavitation", "SealWear", "SealChange")
    assert answer.sources[0].chunk.doc == "graph:plant.json"


def test_documents_stand_beside_the_graph() -> None:
    docs = {**DOCS, "flow.md": [("Flow", "Low flow makes a pump trip after 20 seconds.")]}
    answer = asker_of(docs, SOURCE).ask("What causes a pump trip?")
    assert [s.text for s in answer.sentences] == [
        "Pump Trip is caused by Low Flow.",
        "Low flow makes a pump trip after 20 seconds.",
    ]
    assert [source.chunk.doc for source in answer.cited] == ["graph:plant.json", "flow.md"]


def test_one_end_of_an_edge_may_stand_in_the_heading() -> None:
    docs = {"flow.md": [("Low flow", "A pump trip follows within seconds. Call the shift.")]}
    answer = asker_of(docs, SOURCE).ask("What causes a pump trip?")
    assert [s.text for s in answer.sentences] == [
        "Pump Trip is caused by Low Flow.",
        "A pump trip follows within seconds.",
    ]


def test_the_heading_right_above_says_what_its_sentences_do() -> None:
    docs = {"fan.md": [("Symptoms", "It hums loudly."), ("Repair", "Replace the belt.")]}
    assert asker_of(docs).ask("How do I repair the fan?").text == "Replace the belt. [1]"


def test_what_the_end_of_a_chunk_cuts_off_is_not_quoted() -> None:
    cut = "The fan belt is replaced twice a year by the shift that"
    assert asker_of({"a.md": [("", cut)]}).ask("When is the fan belt replaced?").abstained
    whole = asker_of({"a.md": [("", f"{cut} found it.")]})
    assert not whole.ask("When is the fan belt replaced?").abstained


def test_what_was_taken_away_is_neither_quoted_nor_told() -> None:
    gold = frozenset(c.id for c in chunks_of() if "80 degrees" in c.text)
    found = ASKER.find("At how many degrees does the pump trip?", gold)
    assert gold.isdisjoint(hit.chunk.id for hit in found.hits)
    assert ASKER.answerer.answer(found).abstained
    statement = SOURCE.chains("What causes a pump trip?")[0][0].id
    assert WITH_GRAPH.find("What causes a pump trip?", {statement}).chains == ()


def test_a_shared_name_is_noted() -> None:
    assert WITH_GRAPH.ask("What does the gauge show?").notes == (
        '"gauge" is the name of several entities',
    )


def test_chains_that_are_not_told_are_noted() -> None:
    file = GRAPH.to_file()
    more = [f"Fix{n}" for n in range(9)]
    graph = KnowledgeGraph.from_file(
        file.model_copy(
            update={
                "entities": (*file.entities, *(Entity(id=n, label=n, type="fix") for n in more)),
                "edges": (*file.edges, *(Edge(src="LowFlow", rel="fixed_by", dst=n) for n in more)),
            }
        )
    )
    answer = asker_of(graph=GraphSource(Linker(graph), "x")).ask("What fixes low flow?")
    assert len(answer.sentences) == 8
    assert answer.notes == ("the graph has more such chains than the 8 told",)


def test_headings_and_questions_are_not_quoted() -> None:
    docs = {"a.md": [("Reset", "Reset\n\nHow is the pump reset? Hold the red button.")]}
    answer = asker_of(docs).ask("How is the pump reset?")
    assert [s.text for s in answer.sentences] == ["Hold the red button."]


def test_marks_of_a_document_are_no_citations() -> None:
    docs = {"a.md": [("Wear", "Seal wear doubles above 80 degrees [12], as [3, 4] show.")]}
    assert asker_of(docs).ask("Does seal wear double above 80 degrees?").text == (
        "Seal wear doubles above 80 degrees (12), as (3, 4) show. [1]"
    )


FENCED = "Empty the log that is in use:\n\n```\ncd /var/log\ntruncate -s 0 gate.log\n```\n\nWait."
INDENTED = "Empty the log\nthat is in use:\n\n    cd /var/log\n    truncate -s 0 gate.log\n\nWait."


@pytest.mark.parametrize("text", [FENCED, INDENTED])
def test_commands_are_quoted_line_by_line_with_what_introduces_them(text: str) -> None:
    answer = asker_of({"logs.md": [("", text)]}).ask("How do I empty a log in use?")
    assert [s.text for s in answer.sentences] == [
        "Empty the log that is in use:",
        "cd /var/log",
        "truncate -s 0 gate.log",
    ]


@pytest.mark.parametrize("text", [FENCED, INDENTED])
def test_a_line_of_code_brings_its_block_where_steps_are_asked_for(text: str) -> None:
    asker = asker_of({"logs.md": [("", text)]})
    steps = asker.ask("How do I truncate gate.log?")
    assert steps.sentences[0].text == "Empty the log that is in use:"
    fact = asker.ask("Which option does truncate need for gate.log?")
    assert [s.text for s in fact.sentences] == ["truncate -s 0 gate.log"]


WORDS = "pump trip degrees valve V7 seal change grease how what long Graz motor phase 80".split()


@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
def test_every_sentence_stands_in_the_source_that_it_cites(question: str) -> None:
    answer = WITH_GRAPH.ask(question)
    by_number = {source.number: source.chunk for source in answer.sources}
    assert [source.number for source in answer.sources] == list(range(1, len(by_number) + 1))
    assert answer.abstained == (not answer.sentences)
    for sentence in answer.sentences:
        [number] = sentence.citations
        assert sentence.text in " ".join(by_number[number].text.split())
        assert not unsupported(sentence.text, by_number[number].indexed)
