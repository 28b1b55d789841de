"""The recording layout: it fills the screen, nothing is smaller than 24 px, nothing is cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.web.browser.conftest import Open
from tests.web.browser.random_run import RANDOM
from tests.web.browser.runs import RUN, lines

pytestmark = pytest.mark.browser

SIZES = [(1920, 1080), (1080, 1920)]
DRAWING = "[data-testid=stage] svg .node"

SEE = """() => {
  const stage = document.querySelector('.stage');
  const told = { small: [], cut: [], texts: 0, least: 1000, nodes: [], path: 0,
    wide: document.documentElement.scrollWidth - innerWidth,
    tall: stage.scrollHeight - stage.clientHeight };
  const walker = document.createTreeWalker(stage, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const owner = node.parentElement;
    if (!node.textContent.trim() || owner.closest('title, .visually-hidden')) continue;
    // The space at the end of a line hangs over.
    const range = document.createRange();
    range.setStart(node, node.textContent.length - node.textContent.trimStart().length);
    range.setEnd(node, node.textContent.trimEnd().length);
    const seen = range.getBoundingClientRect();
    if (!seen.width) continue;
    told.texts += 1;
    // In a drawing a px of the style is as large as the drawing is scaled.
    const scale = owner instanceof SVGGraphicsElement ? owner.getScreenCTM().a : 1;
    const size = parseFloat(getComputedStyle(owner).fontSize) * scale;
    if (!(owner instanceof SVGElement)) {
      told.least = Math.min(told.least, size * owner.currentCSSZoom);
    }
    if (size < 23.99) told.small.push([node.textContent.slice(0, 30), size]);
    for (let room = owner.parentElement; room && stage.contains(room); room = room.parentElement) {
      if (getComputedStyle(room).overflowY === 'visible') continue;
      const box = room.getBoundingClientRect();
      // 10 px: a space at the end of a line inside the text.
      if (seen.bottom > box.bottom + 2 || seen.right > box.right + 10 || seen.left < box.left - 2) {
        told.cut.push([node.textContent.slice(0, 30), seen.bottom - box.bottom]);
        break;
      }
    }
  }
  for (const node of stage.querySelectorAll('.node')) told.nodes.push(node.dataset.id);
  return told;
}"""


def look(page: Any) -> dict[str, Any]:
    """What of the stage is too small, cut off, or out of the screen."""
    told = page.evaluate(SEE)
    assert told["texts"] > 15
    return {name: told[name] for name in ("small", "cut", "wide", "tall")}


FINE = {"small": [], "cut": [], "wide": 0, "tall": 0}


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("phase", ["base", "rsft"])
def test_recorded_episodes_fit_the_screen(visit: Open, width: int, height: int, phase: str) -> None:
    page = visit(
        f"?clean=1#/inference?run={RUN}&phase={phase}", ready=DRAWING, width=width, height=height
    )
    for _ in range(5):
        assert look(page) == FINE
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_tall_and_crowded_graphs_fit_the_screen_and_keep_their_path(
    visit_random: Open, random_root: Path, width: int, height: int
) -> None:
    """The longest chains, and those with the most names beside them."""
    records = lines(random_root / RANDOM / "episodes.jsonl")
    named = {
        one["ex_id"]: len({*one["parsed"]["trace_entities"], *one["parsed"]["path_entities"]})
        for one in records
    }
    tall = sorted(
        (one for one in records if one["hop_len"] == 5), key=lambda one: named[one["ex_id"]]
    )
    crowded = sorted(records, key=lambda one: named[one["ex_id"]])[-8:]
    page = visit_random(
        f"?clean=1#/inference?run={RANDOM}", ready=DRAWING, width=width, height=height
    )
    for record in [*tall[:3], *tall[len(tall) // 2 :][:3], *tall[-8:], *crowded]:
        page.evaluate(f"location.hash = '#/inference?run={RANDOM}&ex={record['ex_id']}'")
        page.wait_for_function(f"() => window.__state().frame?.ex_id === {record['ex_id']!r}")
        page.wait_for_timeout(150)
        assert look(page) == FINE, record["ex_id"]
        assert set(record["parsed"]["path_entities"]) <= set(page.evaluate(SEE)["nodes"])


@pytest.mark.parametrize(
    ("width", "height", "scrolls"),
    [
        (360, 740, True),
        (844, 390, True),
        (768, 1024, False),
        (1080, 1080, False),
        (1366, 768, False),
        (3840, 2160, False),
    ],
)
def test_on_other_screens_it_is_zoomed_or_scrolls_and_stays_whole(
    visit_random: Open, width: int, height: int, scrolls: bool
) -> None:
    page = visit_random(
        f"?clean=1#/inference?run={RANDOM}", ready=DRAWING, width=width, height=height
    )
    for _ in range(3):
        told = page.evaluate(SEE)
        assert (told["cut"], told["wide"]) == ([], 0)
        assert told["least"] >= 12
        tall = page.evaluate("document.documentElement.scrollHeight") > height
        assert tall is scrolls
        assert scrolls or told["tall"] == 0
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)
