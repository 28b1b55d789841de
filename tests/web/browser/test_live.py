"""A run that is still being written: new lines show up by themselves, half a line does no harm."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser.conftest import Open, served
from tests.web.browser.runs import RUN, lines

pytestmark = pytest.mark.browser


def test_appended_lines_show_up_and_half_a_line_does_no_harm(
    browser: Any, root: Path, tmp_path: Path
) -> None:
    shutil.copytree(root / RUN, tmp_path / "growing")
    for name in ("metrics.json", "report.md", "report.html"):
        (tmp_path / "growing" / name).unlink(missing_ok=True)
    log = tmp_path / "growing" / "episodes.jsonl"
    kept = [one for one in lines(log) if one["phase"] == "sft"]
    log.write_text("".join(json.dumps(one) + "\n" for one in kept[:10]), "utf-8")
    errors: list[str] = []
    address = served(tmp_path)
    visit = Open(browser, next(address), errors, [])
    page = visit("#/inference?run=growing&phase=sft", ready="[data-testid=episode-row]")
    assert page.inner_text("[data-testid=player-counter]") == "1/10"
    with log.open("a", encoding="utf-8") as stream:
        for one in kept[10:30]:
            stream.write(json.dumps(one) + "\n")
        stream.write(json.dumps(kept[30])[:80])
    page.wait_for_function("() => window.__state().player.count === 30", timeout=10_000)
    assert page.locator("[role=alert]").count() == 0
    assert "being written" in page.inner_text("header")
    for context in visit.contexts:
        context.close()
    next(address, None)
    assert errors == []
