"""A hundred thousand episodes: what is in sight is in the page, and nothing else."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser.conftest import Open, served
from tests.web.browser.runs import RUN, lines

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY = 100_000


@pytest.fixture(scope="module")
def large(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server over one large run answers."""
    folder = tmp_path_factory.mktemp("large")
    shutil.copytree(root / RUN, folder / "large")
    kept = [one for one in lines(root / RUN / "episodes.jsonl") if one["phase"] == "rsft"]
    with (folder / "large" / "episodes.jsonl").open("w", encoding="utf-8") as stream:
        for number in range(MANY):
            record: dict[str, Any] = {
                **kept[number % len(kept)],
                "ex_id": f"eval_{number:06d}",
                "split": "eval",
            }
            stream.write(json.dumps(record) + "\n")
    yield from served(folder)


def test_rows_come_at_once_and_few_are_in_the_page(browser: Any, large: str) -> None:
    errors: list[str] = []
    visit = Open(browser, large, errors, [])
    visit("#/inference?run=large&phase=rsft", ready="[data-testid=episode-row]")
    began = time.monotonic()
    page = visit("#/inference?run=large&phase=rsft", ready="[data-testid=episode-row]")
    assert time.monotonic() - began < 2
    assert page.inner_text("[data-testid=player-counter]") == "1/100,000"
    assert page.locator("[data-testid=episode-row]").count() <= 100
    took = page.evaluate(
        """async () => {
          const began = performance.now();
          await (await fetch('api/runs/large/episodes?phase=rsft&filter=wrong&limit=100')).json();
          return performance.now() - began;
        }"""
    )
    assert took < 200
    page.click("[data-testid=player-last]")
    page.wait_for_function("() => window.__state().frame?.ex_id === 'eval_099999'")
    for place in range(0, MANY, MANY // 40):
        page.evaluate("(at) => { document.querySelector('.rows').scrollTop = at * 40 }", place)
        page.wait_for_timeout(30)
    assert page.locator("[data-testid=episode-row]").count() <= 100
    heap = page.evaluate("performance.memory.usedJSHeapSize")
    assert heap < 120e6
    for context in visit.contexts:
        context.close()
    assert errors == []
