"""The whole page: accessibility, widths, hostile text, size of the build."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser.conftest import STATIC, Open
from tests.web.browser.runs import RUN

pytestmark = pytest.mark.browser

VIEWS = {
    "runs": (f"#/runs?run={RUN}", "[data-testid=run-figures]"),
    "training": (f"#/training?run={RUN}", "[data-testid=loss-plot] svg"),
    "pool": (f"#/training?run={RUN}&part=pool", "[data-testid=sample]"),
    "inference": (f"#/inference?run={RUN}", "[data-testid=subgraph] svg"),
    "compare": (f"#/inference?run={RUN}&mode=compare", "[data-testid=compare]"),
    "try": (f"#/try?run={RUN}", "[data-testid=examples]"),
    "distribution": (f"#/distribution?run={RUN}", ".matrix-cell"),
    "audit": (f"#/audit?run={RUN}", "[data-testid=audit-verdict]"),
}

STAGES = {
    "stage": (f"?clean=1#/inference?run={RUN}&phase=rsft", "[data-testid=stage]"),
    "demo": (f"#/inference?run={RUN}&demo=1", "[data-testid=title-card]"),
}


def serious(page: Any) -> list[tuple[str, str, str]]:
    """Return what axe finds serious or critical on the page."""
    page.evaluate((Path(__file__).parent / "axe.min.js").read_text("utf-8") + ";0")
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert len(found["passes"]) > 10, "axe has looked"
    return [
        (one["id"], one["nodes"][0]["html"][:200], one["nodes"][0].get("failureSummary", "")[:300])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious(visit: Open, view: str, theme: str) -> None:
    where, ready = VIEWS[view]
    page = visit(f"?theme={theme}{where}", ready=ready, reduced_motion="reduce")
    assert serious(page) == []


@pytest.mark.parametrize(
    ("where", "ready"),
    [
        *STAGES.values(),
        (f"?large=1#/runs?run={RUN}", "[data-testid=run-figures]"),
    ],
)
def test_axe_finds_nothing_serious_on_stage_and_in_the_demo(
    visit: Open, where: str, ready: str
) -> None:
    page = visit(where, ready=ready, reduced_motion="reduce")
    assert serious(page) == []


WIDE = """() => [document.documentElement, ...document.querySelectorAll('main, .stage, .panel')]
  .map((one) => one.scrollWidth - one.clientWidth).filter((more) => more > 1)"""


@pytest.mark.parametrize("width", [360, 768, 1080, 1920])
@pytest.mark.parametrize("view", [*VIEWS, "demo", "stage"])
def test_no_view_scrolls_sideways(visit: Open, view: str, width: int) -> None:
    where, ready = {**VIEWS, **STAGES}[view]
    page = visit(where, ready=ready, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(WIDE) == []


def test_large_type_makes_text_larger_and_stays(visit: Open) -> None:
    page = visit(*VIEWS["runs"][:1])
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    before = page.evaluate(size)
    page.click("[data-testid=large]")
    assert page.evaluate(size) > 1.2 * before
    page.reload()
    page.wait_for_selector("main")
    assert page.evaluate(size) > 1.2 * before


def test_the_theme_follows_the_system_until_one_is_chosen(visit: Open) -> None:
    page = visit(color_scheme="dark")
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"
    page.click("[data-testid=theme]")
    assert page.evaluate(theme) == "light"


def test_the_tour_goes_through_all_its_stops_and_can_be_left(visit: Open) -> None:
    page = visit(f"#/runs?run={RUN}", ready="[data-testid=run-figures]")
    page.keyboard.press("?")
    page.click("[data-testid=tour-start]")
    titles = []
    while True:
        page.wait_for_selector(".toured")
        titles.append(page.inner_text("[data-testid=tour] h2"))
        if page.locator("[data-testid=tour-next]").count() == 0:
            break
        page.click("[data-testid=tour-next]")
    assert len(titles) == len(set(titles)) == 7
    page.click("[data-testid=tour-skip]")
    assert page.locator("[data-testid=tour], .toured").count() == 0


def test_text_of_models_and_files_never_runs(visit: Open) -> None:
    for where, ready in (
        ("#/inference?run=hostile&phase=rsft", "[data-testid=answer]"),
        ("#/inference?run=hostile&mode=compare", "[data-testid=compare]"),
        ("#/training?run=hostile&part=pool", "[data-testid=sample]"),
        ("?clean=1#/inference?run=hostile", "[data-testid=stage]"),
        ("#/inference?run=%3Cscript%3Ewindow.__ran=1%3C/script%3E", "[role=alert]"),
    ):
        page = visit(where, ready=ready)
        page.wait_for_timeout(150)
        assert page.evaluate("window.__ran") is None
        assert page.locator("main b, main img, main script").count() == 0
    page = visit("#/inference?run=hostile&phase=rsft", ready="[data-testid=question]")
    assert "<img src=x" in page.inner_text("[data-testid=question]")


@pytest.mark.parametrize("view", VIEWS)
def test_markup_in_every_text_of_the_records_is_text(visit: Open, view: str) -> None:
    where, ready = VIEWS[view]
    page = visit(where.replace(f"run={RUN}", "run=everywhere"), ready=ready)
    page.wait_for_timeout(150)
    assert page.evaluate("window.__ran") is None
    assert page.locator("main b, main img, main script, header img, header script").count() == 0


def test_the_build_is_small_and_whole() -> None:
    sizes = {
        name: len(gzip.compress((STATIC / name).read_bytes())) for name in ("app.js", "app.css")
    }
    assert sizes["app.js"] <= 80 * 1024
    assert sizes["app.css"] <= 15 * 1024
    page = (STATIC / "index.html").read_text("utf-8")
    assert 'type="module"' not in page
    assert "<!-- data -->" in page
    assert page.index('src="app.js"') > page.index("<!-- data -->")
