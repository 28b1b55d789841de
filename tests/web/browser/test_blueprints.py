"""Blueprints: hierarchy, a topic's strands, a run's figures and answers; mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.blueprint_run import make_blueprint_run
from tests.web.browser.conftest import Open, served
from tests.web.browser.test_page import WIDE, serious
from tests.web.shelf import SCRIPT

from graphtutor.blueprint.load import load_domain
from graphtutor.io.jsonl import read_jsonl, write_jsonl
from graphtutor.runs.blueprint import BlueprintAnswer

pytestmark = pytest.mark.browser

PICK = "[data-testid=blueprint-pick]"
ROW = "[data-testid=blueprint-row]"
RUN = "#/blueprints?trained=one"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run; what the model "wrote" in two of its answers is markup."""
    root = make_blueprint_run(tmp_path_factory.mktemp("blueprints"))
    path = root / "one" / "answers.jsonl"
    lines = read_jsonl(path, BlueprintAnswer)
    lines[0] = lines[0].model_copy(update={"answer": SCRIPT, "question": f"{SCRIPT}?"})
    write_jsonl(path, lines)
    return root


@pytest.fixture(scope="module")
def blueprint_address(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from served(tmp_path_factory.mktemp("none"), blueprints=trained)


@pytest.fixture
def visit(browser: Any, blueprint_address: str) -> Iterator[Open]:
    opened = Open(browser, blueprint_address, [], [])
    yield opened
    opened.close()
    assert opened.errors == []


def test_a_topic_is_chosen_from_the_hierarchy_and_has_a_link(visit: Open) -> None:
    page = visit("#/runs", ready="[data-testid=tab-blueprints]")
    page.click("[data-testid=tab-blueprints]")
    page.wait_for_selector(PICK)
    page.select_option(PICK, "physics")
    page.wait_for_selector("[data-testid=hierarchy] >> text=Physics")
    domain = load_domain("physics")
    assert page.locator("[data-testid=evolution]").count() == len(domain.hierarchy)
    assert page.locator("[data-testid=topic-pick]").count() == len(domain.topics)
    topic = domain.topics[5]
    page.click(f"[data-testid=topic-pick] >> text={topic.title}")
    page.reload()
    page.wait_for_selector("[data-testid=topic]")
    told = page.inner_text("[data-testid=topic]")
    for strand in topic.strands:
        assert all(text in told for text in strand.values())
    short = " / ".join(strand["core"] for strand in topic.strands)
    assert short in page.inner_text("[data-testid=short-form]")


def test_a_topic_is_reached_by_keyboard(visit: Open) -> None:
    page = visit("#/runs", ready="[data-testid=tab-blueprints]")
    page.keyboard.press("8")
    page.wait_for_selector("[data-testid=topic-pick]")
    page.locator("[data-testid=topic-pick]").nth(2).focus()
    title = page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.classList.contains('strands')")
    assert title in page.inner_text("[data-testid=topic] h2")


def test_figures_have_n_and_interval_and_answers_stand_side_by_side(visit: Open) -> None:
    page = visit(RUN, ready=ROW)
    rates = page.locator("[data-testid=structure] .rate-value").all_inner_texts()
    assert rates
    assert all("n = " in rate and "\u2013" in rate for rate in rates)
    assert page.locator("[data-testid=closed] [data-testid=rate-group]").count() > 0
    row = page.locator(ROW).first
    assert row.locator("[data-testid=told]").count() == 2
    assert row.locator(".reference").count() == 1
    page.click("[data-testid=blueprint-form] >> text=not")
    page.wait_for_function("() => location.hash.includes('form=bad')")
    page.reload()
    page.wait_for_selector("[data-testid=blueprint-answers]")
    assert page.get_attribute(
        "[data-testid=blueprint-form] button:nth-child(3)", "aria-pressed"
    ) == ("true")


def test_what_a_model_wrote_is_text(visit: Open) -> None:
    page = visit(RUN, ready=ROW)
    assert SCRIPT in page.locator(ROW).first.inner_text()
    assert page.evaluate("window.__ran") is None
    assert page.locator("main b, main img, main script").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("where", "ready"), [("#/blueprints", "[data-testid=topic]"), (RUN, ROW)])
def test_axe_finds_nothing_serious_and_a_phone_does_not_scroll_sideways(
    visit: Open, theme: str, where: str, ready: str
) -> None:
    page = visit(f"?theme={theme}{where}", ready=ready, reduced_motion="reduce")
    assert serious(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(WIDE) == []
