"""Demo mode and the recording layouts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.web.browser.conftest import Open, state
from tests.web.browser.runs import RUN

pytestmark = pytest.mark.browser

TEXT_SIZES = """() => {
  const small = [];
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const owner = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || owner.closest('title')) continue;
    if (!owner.getClientRects().length) continue;
    const size = parseFloat(getComputedStyle(owner).fontSize);
    if (size < 24) small.push([walker.currentNode.textContent.slice(0, 30), size]);
  }
  return small;
}"""


def story(page: Any) -> list[dict[str, Any]]:
    return json.loads(page.evaluate(f"fetch('api/runs/{RUN}/story').then((r) => r.text())"))


def test_the_story_is_told_without_a_hand_and_pauses_where_computed(visit: Open) -> None:
    page = visit(f"#/inference?run={RUN}&demo=1", ready="[data-testid=title-card]", clock=True)
    told = story(page)
    phases = [one["phase"] for one in told if one["kind"] == "episode"]
    assert list(dict.fromkeys(phases)) == ["base", "sft", "rsft"]
    for _ in range(4 * len(told)):
        page.clock.run_for(2_500)
        if state(page)["demo"]["finished"]:
            break
    seen = state(page)["demo"]
    assert seen["finished"] is True
    wanted = [
        {"ex_id": one["ex_id"], "phase": one["phase"], "reason": one["pause"]}
        for one in told
        if one["kind"] == "episode" and one["pause"]
    ]
    assert seen["pauses"] == wanted
    assert wanted


def test_the_demo_can_be_held_and_left(visit: Open) -> None:
    page = visit(f"#/inference?run={RUN}&demo=1", ready="[data-testid=title-card]", clock=True)
    page.clock.run_for(30_000)
    page.wait_for_selector("[data-testid=demo-toggle]")
    page.keyboard.press("Space")
    step = state(page)["demo"]["step"]
    page.clock.run_for(60_000)
    assert state(page)["demo"]["step"] == step
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-testid=player]")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920)])
@pytest.mark.parametrize("phase", ["base", "rsft"])
def test_the_recording_layout_fits_the_screen_and_no_text_is_small(
    visit: Open, width: int, height: int, phase: str
) -> None:
    page = visit(
        f"?clean=1#/inference?run={RUN}&phase={phase}",
        ready="[data-testid=stage] svg .node",
        width=width,
        height=height,
    )
    for _ in range(5):
        assert page.evaluate(TEXT_SIZES) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)


def test_frame_drawing_and_picture_are_exported(visit: Open) -> None:
    page = visit(f"#/inference?run={RUN}&phase=rsft", ready="[data-testid=subgraph] svg")
    frame = state(page)
    assert frame["frame"]["ex_id"]
    assert {one["id"] for one in frame["layout"]["nodes"]} == {
        one["id"] for one in frame["frame"]["graph"]["nodes"]
    }
    assert all(set(one["box"]) == {"x", "y", "w", "h"} for one in frame["layout"]["nodes"])
    with page.expect_download() as svg:
        page.click("[data-testid=graph] button:has-text('SVG')")
    text = svg.value.path().read_text("utf-8")
    from xml.etree import ElementTree

    drawing = ElementTree.fromstring(text)
    assert drawing.tag.endswith("svg")
    assert "var(" not in text
    with page.expect_download() as png:
        page.click("[data-testid=graph] button:has-text('PNG')")
    data = png.value.path().read_bytes()
    assert data.startswith(b"\x89PNG")
    width = int.from_bytes(data[16:20], "big")
    assert width == 2 * float(drawing.get("width"))
    plots = visit(f"#/training?run={RUN}", ready="[data-testid=loss-plot] svg")
    with plots.expect_download() as plot:
        plots.click("[data-testid=loss-panel] button:has-text('SVG')")
    ElementTree.fromstring(plot.value.path().read_text("utf-8"))
