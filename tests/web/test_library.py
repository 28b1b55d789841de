"""Questions to documents over HTTP: exact answers, honest refusals, and 4xx for all that is odd."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphtutor.retrieval.catalogue import Entry
from graphtutor.retrieval.stores import Place, open_store
from graphtutor.web.library import Library
from graphtutor.web.sample_questions import sample_questions

from .asking import Browser
from .shelf import HOSTILE, QUESTION, fill_shelf

pytest.importorskip("qdrant_edge")

Browse = Callable[..., Browser]
ASK = "/api/retrieval/ask"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def page(shelf: Path, tmp_path: Path, browse: Browse) -> Browser:
    return browse(tmp_path, library=Library(Place(shelf), wait=0.1))


def test_an_answer_comes_with_its_source_and_the_sentence_in_it(page: Browser) -> None:
    reply = page.post(ASK, {"question": QUESTION})
    assert reply.status == 200
    answer = reply.json()
    assert answer["abstained"] is False
    assert answer["mode"] == "bm25"
    assert answer["sentences"] == [
        {
            "text": "The pump trips at 80 degrees.",
            "citations": [2],
            "supported": True,
            "problem": "",
        }
    ]
    (cited,) = [source for source in answer["sources"] if source["cited"]]
    assert (cited["number"], cited["doc"], cited["heading"]) == (2, "pump.md", "pump.md > Limits")
    assert cited["pieces"] == [
        {"text": "The pump trips at 80 degrees.", "cited": True},
        {"text": " Its seal lasts 4000 hours. Never run it dry.", "cited": False},
    ]


def test_it_abstains_with_the_reason_and_what_was_near(page: Browser) -> None:
    answer = page.post(ASK, {"question": "What does the pump cost?"}).json()
    assert answer["abstained"] is True
    assert answer["sentences"] == []
    assert answer["reason"].startswith("the best passage holds ")
    assert answer["sources"]
    assert not any(source["cited"] for source in answer["sources"])


def test_a_way_through_the_graph_is_a_chain_of_labelled_edges(page: Browser) -> None:
    answer = page.post(ASK, {"question": "How does cavitation end in a seal change?"}).json()
    (chain,) = answer["chains"]
    assert chain["start"] == "Cavitation"
    told = [(s["relation"], s["forward"], s["target"], s["source"]) for s in chain["steps"]]
    assert told == [
        ("leads to", True, "Seal Wear", 1),
        ("is fixed by", True, "Seal Change", 2),
    ]
    assert [s["text"] for s in answer["sentences"]][:2] == [
        "Cavitation leads to Seal Wear.",
        "Seal Wear is fixed by Seal Change.",
    ]


def test_a_graph_that_is_gone_or_another_is_told_and_does_not_answer(
    shelf: Path, tmp_path: Path, browse: Browse
) -> None:
    folder = shutil.copytree(shelf, tmp_path / "rag")
    page = browse(tmp_path, library=Library(Place(folder)))
    plant = shelf.parent / "plant.json"
    hidden = plant.rename(tmp_path / "away.json")
    try:
        answer = page.post(ASK, {"question": "How does cavitation end in a seal change?"}).json()
    finally:
        hidden.rename(plant)
    assert answer["chains"] == []
    assert answer["notes"][0].startswith("answered without paths of the graph ")


def test_one_document_alone_can_be_asked(page: Browser) -> None:
    answer = page.post(ASK, {"question": QUESTION, "docs": ["valve.md"]}).json()
    assert {source["doc"] for source in answer["sources"]} <= {"valve.md"}
    assert answer["abstained"] is True
    unknown = page.post(ASK, {"question": QUESTION, "docs": ["../../etc/passwd"]})
    assert unknown.status == 404


def test_the_overview_and_the_list_count_what_is_there(page: Browser) -> None:
    about = page.get("/api/retrieval").json()
    assert (about["there"], about["name"], about["documents"], about["chunks"]) == (
        True,
        "rag",
        5,
        14,
    )
    assert (about["modes"], about["embedder"], about["graph"]) == (["bm25"], "", "pump plant")
    assert (about["doing"], about["waiting"]) == ("", 0)
    listed = page.get("/api/retrieval/documents").json()
    chunks = {one["id"]: one["chunks"] for one in listed["documents"]}
    assert listed["total"] == len(chunks) == 5
    assert chunks["pump.md"] == 2
    assert sum(chunks.values()) == 14
    assert all("path" not in one for one in listed["documents"])


def test_hostile_documents_are_sent_as_the_text_they_are(page: Browser) -> None:
    answer = page.post(ASK, {"question": "Is the gate of oak?"}).json()
    (name,) = HOSTILE
    assert answer["sources"][0]["doc"] == name
    assert "<script>" in answer["sentences"][0]["text"]
    whole = "".join(piece["text"] for piece in answer["sources"][0]["pieces"])
    assert whole == HOSTILE[name][0][1]
    assert page.post(ASK, {"question": "Is the gate of oak?"}).headers["content-type"] == (
        "application/json"
    )


def test_a_citation_of_the_document_itself_is_marked_as_it_stands_there(page: Browser) -> None:
    answer = page.post(ASK, {"question": "Is the turnstile long?"}).json()
    cited = [p["text"] for s in answer["sources"] for p in s["pieces"] if p["cited"]]
    assert cited
    assert "[3]" in cited[0]
    assert "(3)" in answer["sentences"][0]["text"]


def test_without_a_store_nothing_is_there_and_nothing_is_made(
    tmp_path: Path, browse: Browse
) -> None:
    for library in (None, Library(Place(tmp_path / "none"))):
        page = browse(tmp_path, library=library)
        assert page.get("/api/retrieval").json()["there"] is False
        assert page.get("/api/retrieval/documents").status == 404
        assert page.post(ASK, {"question": QUESTION}).status == 404
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_another_holds_is_a_conflict_and_free_again_afterwards(
    shelf: Path, page: Browser
) -> None:
    assert page.get("/api/retrieval").status == 200
    with closing(open_store(Place(shelf))):
        reply = page.post(ASK, {"question": QUESTION})
        assert reply.status == 409
        assert "another process" in reply.json()["error"]["got"]
        assert str(shelf.parent) not in reply.body.decode()
        assert page.get("/api/retrieval").json()["there"] is True
    assert page.post(ASK, {"question": QUESTION}).status == 200


def test_a_damaged_store_is_named_without_its_path(
    shelf: Path, tmp_path: Path, browse: Browse
) -> None:
    folder = shutil.copytree(shelf, tmp_path / "rag")
    (folder / "store.json").write_text("{]", "utf-8")
    page = browse(tmp_path / "runs", library=Library(Place(folder)))
    for reply in (page.get("/api/retrieval"), page.post(ASK, {"question": QUESTION})):
        assert reply.status == 503
        assert "store.json" in reply.json()["error"]["got"]
        assert str(tmp_path) not in reply.body.decode()


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"question": ""},
        {"question": "   "},
        {"question": "x" * 2001},
        {"question": "\ud800 pump"},
        {"question": QUESTION, "mode": "magic"},
        {"question": QUESTION, "mode": "dense"},
        {"question": QUESTION, "limit": 0},
        {"question": QUESTION, "limit": 21},
        {"question": QUESTION, "docs": ["a"] * 21},
        {"question": QUESTION, "docs": [""]},
        {"question": QUESTION, "store": "/etc"},
        {"question": {"$ne": None}},
    ],
)
def test_what_cannot_be_asked_is_refused(page: Browser, body: object) -> None:
    reply = page.post(ASK, body)
    assert reply.status in (400, 404)
    assert set(reply.json()["error"]) == {"where", "wanted", "got", "remedy"}


def test_a_foreign_page_cannot_ask(page: Browser) -> None:
    assert page.post(ASK, {"question": QUESTION}, origin="http://evil.example").status == 403
    assert page.ask("POST", ASK, b"question=x", {"content-type": "text/plain"}).status == 415
    assert page.post(ASK, {"question": "x" * 70_000}).status == 413


@pytest.fixture(scope="module")
def fuzzed(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Browser:
    pytest.importorskip("fastapi")
    from graphtutor.web.app import create_app

    root = tmp_path_factory.mktemp("none")
    return Browser(create_app(root, None, library=Library(Place(shelf))))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["question", "mode", "limit", "docs"]), inner, max_size=4)
    ),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=ANY)
def test_no_body_breaks_the_server(fuzzed: Browser, body: Any) -> None:
    assert fuzzed.post(ASK, body).status in (200, 400, 404)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(question=st.text(min_size=1, max_size=80))
def test_any_question_has_an_answer_or_a_reason(fuzzed: Browser, question: str) -> None:
    reply = fuzzed.post(ASK, {"question": question})
    assert reply.status in (200, 400)
    if reply.status == 200:
        answer = reply.json()
        assert bool(answer["sentences"]) != answer["abstained"]
        numbers = {source["number"] for source in answer["sources"]}
        assert all({*s["citations"]} <= numbers for s in answer["sentences"])


def test_examples_are_those_of_the_shipped_runbooks_or_titles() -> None:
    shipped = Path(__file__).parents[2] / "src/graphtutor/retrieval/corpus/runbooks"
    entries = [Entry(f"some/runbooks/{path.name}", title="T") for path in shipped.iterdir()]
    without = sample_questions(entries)
    graph = sample_questions([*entries, Entry("graph:x", kind="graph")])
    assert len(without) == 5
    assert len(graph) == 6
    assert all(question.endswith("?") for question in graph)
    assert sample_questions([Entry("a.md", title="A"), Entry("b.md")]) == ("A",)
    assert sample_questions([]) == ()
