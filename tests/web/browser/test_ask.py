"""Ask: by mouse, by keyboard, by link; what documents say is text; nothing is claimed unmarked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.web.browser.conftest import Open, served
from tests.web.browser.test_page import WIDE, serious
from tests.web.shelf import QUESTION, SCRIPT, fill_shelf

from graphtutor.retrieval.stores import Place, open_store
from graphtutor.web.library import Library

pytestmark = pytest.mark.browser
pytest.importorskip("qdrant_edge")

FIELD = "[data-testid=doc-question]"
ANSWER = "[data-testid=doc-answer]"
CHAIN = "How does cavitation end in a seal change?"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="module")
def shelf_address(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    library = Library(Place(shelf), wait=0.1)
    yield from served(tmp_path_factory.mktemp("none"), library=library)


@pytest.fixture
def visit(browser: Any, shelf_address: str) -> Iterator[Open]:
    opened = Open(browser, shelf_address, [], [])
    yield opened
    opened.close()
    assert opened.errors == []


def link(question: str) -> str:
    return f"#/ask?q={quote(question)}"


def test_a_question_is_asked_and_its_citation_leads_to_the_source(visit: Open) -> None:
    page = visit("#/runs", ready="[data-testid=tab-ask]")
    page.click("[data-testid=tab-ask]")
    page.fill(FIELD, QUESTION)
    page.click("[data-testid=doc-ask]")
    page.wait_for_selector(ANSWER)
    assert "The pump trips at 80 degrees." in page.inner_text(ANSWER)
    assert page.locator("[data-testid=unsupported]").count() == 0
    page.click("[data-testid=cite]")
    source = page.locator("[data-testid=source]:focus")
    assert source.locator("mark").inner_text() == "The pump trips at 80 degrees."
    assert "pump.md > Limits" in source.inner_text()
    assert "80 degrees" in page.inner_text("[data-testid=live-region]")
    page.reload()
    page.wait_for_selector(ANSWER)
    assert page.input_value(FIELD) == QUESTION
    page.go_back()
    page.wait_for_selector(ANSWER, state="detached")


def test_it_goes_by_keyboard_alone(visit: Open) -> None:
    page = visit("#/runs", ready="[data-testid=tab-ask]")
    page.keyboard.press("7")
    page.wait_for_selector(FIELD)
    page.focus(FIELD)
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=cite]")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.testid") == "cite":
            break
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id").startswith("source-")


def test_what_it_does_not_know_it_says(visit: Open) -> None:
    page = visit(link("What does the pump cost?"), ready="[data-testid=abstained]")
    told = page.inner_text("[data-testid=abstained]")
    assert told.startswith("I do not know:")
    assert "% of what the question asks for" in told
    assert page.locator("[data-testid=source][data-cited=true]").count() == 0
    assert page.locator("[data-testid=source]").first.is_visible()


def test_the_way_through_the_graph_is_a_chain(visit: Open) -> None:
    page = visit(link(CHAIN), ready="[data-testid=chains]")
    told = " ".join(page.inner_text("[data-testid=chains] .way").split())
    assert told == "Cavitation leads to Seal Wear [1] is fixed by Seal Change [2]"


def test_one_document_alone(visit: Open) -> None:
    page = visit(link(QUESTION), ready=ANSWER)
    page.fill("[data-testid=doc-filter]", "VALVE")
    assert page.locator("[data-testid=document]").count() == 1
    page.click("[data-testid=document] button")
    page.wait_for_selector("[data-testid=only-doc]")
    page.wait_for_selector("[data-testid=abstained]")
    page.click("[data-testid=only-doc] button")
    page.wait_for_selector("[data-testid=cite]")


def test_markup_in_documents_is_text(visit: Open) -> None:
    page = visit(link(f"Is the gate of oak? {SCRIPT}"), ready=ANSWER)
    page.goto(page.url.split("#")[0] + link("Is the gate of oak?"))
    page.wait_for_selector("[data-testid=cite]")
    page.click("[data-testid=cite]")
    assert SCRIPT in page.inner_text("[data-testid=source]:focus")
    assert page.evaluate("window.__ran") is None
    assert page.locator("main b, main img, main script").count() == 0


def test_a_sentence_without_support_says_so_in_words(visit: Open, shelf_address: str) -> None:
    sentence = {"text": "It is made of cheese.", "citations": [], "supported": False}
    answer = {
        "question": QUESTION,
        "mode": "bm25",
        "abstained": False,
        "reason": "",
        "sentences": [{**sentence, "problem": f"it cites no source {SCRIPT}"}],
        "sources": [],
        "chains": [],
        "notes": [SCRIPT],
        "seconds": 0.1,
    }
    page = visit("#/ask", ready=FIELD)
    page.route(
        "**/api/retrieval/ask",
        lambda route: route.fulfill(content_type="application/json", body=json.dumps(answer)),
    )
    page.fill(FIELD, QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(ANSWER)
    assert "not supported: it cites no source <img" in page.inner_text("[data-testid=unsupported]")
    assert "not all supported" in page.inner_text(ANSWER)
    assert page.evaluate("window.__ran") is None


def test_a_store_that_is_held_is_an_alert_and_can_be_tried_again(visit: Open, shelf: Path) -> None:
    page = visit("#/ask", ready="[data-testid=document]")
    with closing(open_store(Place(shelf))):
        page.fill(FIELD, QUESTION)
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]")
        assert "another process" in page.inner_text("[role=alert]")
    page.click("[role=alert] button")
    page.wait_for_selector("[data-testid=cite]")


def test_what_the_server_is_doing_is_shown(visit: Open) -> None:
    page = visit("#/ask", ready=FIELD)
    overview = page.evaluate("fetch('api/retrieval').then((r) => r.json())")
    page.route(
        "**/api/retrieval",
        lambda route: route.fulfill(
            content_type="application/json",
            body=json.dumps({**overview, "doing": "loading the embedding model", "waiting": 2}),
        ),
    )
    page.route("**/api/retrieval/ask", lambda route: None)
    page.fill(FIELD, QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=loading the embedding model, 2 waiting")


def test_without_a_store_there_is_no_tab(browser: Any, tmp_path: Path) -> None:
    server = served(tmp_path, library=Library(Place(tmp_path / "none")))
    visit = Open(browser, next(server), [], [])
    page = visit("#/runs", ready="[data-testid=tab-blueprints]")
    page.wait_for_timeout(300)
    assert page.locator("[data-testid=tab-ask]").count() == 0
    page.keyboard.press("7")
    page.wait_for_selector("[data-testid=no-store]")
    visit.close()
    next(server, None)
    assert visit.errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("question", ["", CHAIN, "What does the pump cost?"])
def test_axe_finds_nothing_serious_and_a_phone_does_not_scroll_sideways(
    visit: Open, theme: str, question: str
) -> None:
    ready = ANSWER if question else "[data-testid=document]"
    page = visit(f"?theme={theme}{link(question)}", ready=ready, reduced_motion="reduce")
    assert serious(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(WIDE) == []
