"""The list of runs: figures with n and interval, damaged runs, comparison, banners."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser.conftest import Open
from tests.web.browser.runs import ODD, RUN, is_right

pytestmark = pytest.mark.browser


def test_each_phase_shows_its_share_with_interval_and_n(
    visit: Open, episodes: Callable[..., list[dict[str, Any]]]
) -> None:
    page = visit(f"#/runs?run={RUN}", ready="[data-testid=run-figures]")
    for phase in ("base", "sft", "rsft"):
        records = episodes(phase)
        share = sum(map(is_right, records)) / len(records)
        text = page.inner_text(f"[data-testid=right-{phase}]")
        assert text.startswith(f"{100 * share:.1f} %")
        assert f"n = {len(records)}" in text
        assert "\u2013" in text


def test_a_run_with_base_only_is_shown(visit: Open) -> None:
    page = visit("#/runs?run=base_only", ready="[data-testid=run-figures]")
    card = page.locator("[data-run=base_only]")
    assert card.locator("[data-phase]").count() == 1
    page.click("[data-testid=tab-inference]")
    page.wait_for_selector("[data-testid=question]")
    assert page.inner_text("[data-testid=player-counter]") == "1/40"


def test_files_that_cannot_be_read_are_named_with_their_reason(visit: Open) -> None:
    page = visit("#/runs?run=broken", ready="[data-testid=run-problems]")
    told = page.inner_text("[data-testid=run-problems]")
    assert "meta.json" in told
    assert "config.yaml" in told
    assert "line 1" in told


def test_a_folder_that_is_no_run_is_listed_with_its_reason(visit: Open) -> None:
    page = visit("#/runs", ready="[data-testid=unreadable-run]")
    told = page.locator("[data-testid=unreadable-run]")
    assert told.count() == 1
    assert ODD in told.inner_text()
    assert "config.yaml: a folder" in told.inner_text()
    assert page.locator("main b").count() == 0


def test_a_torn_line_is_counted_and_named(visit: Open) -> None:
    page = visit("#/inference?run=torn&phase=rsft", ready="[data-testid=question]")
    assert "1 line could not be read" in page.inner_text("[data-testid=matched]")
    page.click("[data-testid=tab-runs]")
    page.wait_for_selector("[data-testid=run-problems]")
    assert "episodes.jsonl line" in page.inner_text("[data-testid=run-problems]")


def test_runs_are_compared_and_only_settings_that_differ_are_shown(visit: Open, root: Path) -> None:
    config = root / "no_pool" / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("steps: 3", "steps: 4", 1), "utf-8")
    page = visit(f"#/runs?run={RUN}", ready="[data-testid=run-card]")
    for name in (RUN, "no_pool"):
        page.locator(f"[data-run={name}] [data-testid=compare-run]").check()
    page.wait_for_selector("[data-testid=config-diff]")
    assert page.locator("[data-testid=config-diff] tbody tr").count() == 1
    assert "sft.steps" in page.inner_text("[data-testid=config-diff]")
    page.click("[data-testid=slice] button:has-text('5 hops')")
    metrics = json.loads((root / RUN / "metrics.json").read_text("utf-8"))
    five = metrics["splits"]["eval"]["rsft"]["by_hop"]["5"]
    row = page.locator("[data-testid=run-comparison] tbody tr", has_text="rsft").first
    assert f"{100 * five['accuracy']:.1f} %" in row.inner_text()
    assert f"n = {five['n']}" in row.inner_text()


def test_a_leaked_run_wears_its_banner_wherever_its_accuracy_is_shown(visit: Open) -> None:
    page = visit("#/runs?run=leaked", ready="[data-run=leaked] [data-testid=banner]")
    for view in ("inference", "training", "distribution", "audit", "try"):
        page.goto(f"{visit.address}#/{view}?run=leaked")
        page.wait_for_selector("main [data-testid=banner][data-level=red]")
    page.goto(f"{visit.address}?clean=1#/inference?run=leaked")
    page.wait_for_selector("[data-testid=stage] [data-testid=banner][data-level=red]")


def test_the_audit_of_a_clean_run_is_green_and_of_a_leaked_one_red(visit: Open) -> None:
    page = visit(f"#/audit?run={RUN}", ready="[data-testid=audit-verdict]")
    level = page.get_attribute("[data-testid=audit-verdict]", "data-level")
    assert page.locator("[data-testid=leaks] tbody tr").count() > 10
    assert page.locator("[data-testid=shortcuts] .rate-bar").count() > 5
    recorded = json.loads(page.evaluate(f"fetch('api/runs/{RUN}/audit').then(r => r.text())"))
    assert level == recorded["level"]
    leaked = visit("#/audit?run=leaked", ready="[data-testid=audit-verdict]")
    assert leaked.get_attribute("[data-testid=audit-verdict]", "data-level") == "red"
