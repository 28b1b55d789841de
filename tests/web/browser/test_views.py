"""Training, candidates, distribution: what is drawn is what is recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.web.browser.conftest import STATIC, Open
from tests.web.browser.runs import RUN, lines

pytestmark = pytest.mark.browser


def test_the_points_of_the_curve_are_the_recorded_ones(visit: Open, root: Path) -> None:
    page = visit(f"#/training?run={RUN}", ready="[data-testid=accuracy-plot] .point")
    drawn = page.evaluate(
        "[...document.querySelectorAll('[data-testid=accuracy-plot] .point')]"
        ".map((e) => Number(e.dataset.value))"
    )
    metrics = json.loads((root / RUN / "metrics.json").read_text("utf-8"))
    recorded = set(metrics["curves"]["eval_accuracy"])
    recorded |= {one["accuracy"] for one in metrics["splits"]["eval"].values()}
    assert drawn
    assert set(drawn) <= recorded
    assert set(metrics["curves"]["eval_accuracy"]) <= set(drawn) | {None}
    assert page.locator("[data-testid=recorded]").count() == 2
    assert "simulated" not in page.inner_text("main").lower()


def test_another_log_draws_another_curve(visit: Open, root: Path) -> None:
    log = root / "no_pool" / "train_log.jsonl"
    records = lines(log)
    records[0]["loss"] = 9.5
    log.write_text("".join(json.dumps(one) + "\n" for one in records), "utf-8")
    paths = []
    for run in (RUN, "no_pool"):
        page = visit(f"#/training?run={run}", ready="[data-testid=loss-plot] .series")
        paths.append(page.get_attribute("[data-testid=loss-plot] .series", "d"))
    assert paths[0] != paths[1]


def test_the_step_slider_tells_the_logged_loss(visit: Open, root: Path) -> None:
    page = visit(f"#/training?run={RUN}", ready="[data-testid=step-slider]")
    page.locator("[data-testid=step-slider]").fill("2")
    first = next(
        one
        for one in lines(root / RUN / "train_log.jsonl")
        if one["phase"] == "sft" and one["step"] == 2
    )
    page.wait_for_function("() => location.hash.includes('step=2')")
    assert f"{first['loss']:.4f}" in page.inner_text("[data-testid=step-readout]")


def test_the_pool_shows_each_sample_its_terms_and_the_winner(visit: Open, root: Path) -> None:
    page = visit(f"#/training?run={RUN}&part=pool", ready="[data-testid=sample]")
    task = page.inner_text("[data-testid=pool-detail] h2")
    phase, round_ = page.input_value("[data-testid=pool-round]").rsplit("/", 1)
    pool = [
        one
        for one in lines(root / RUN / "candidates.jsonl")
        if (one["ex_id"], one["phase"], one["round"]) == (task, phase, int(round_))
    ]
    shown = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=sample]')].map((e) => ({
          k: Number(e.dataset.k), kept: e.dataset.kept === 'true',
          total: Number(e.dataset.total) }))"""
    )
    assert [(one["k"], one["kept"]) for one in shown] == [(one["k"], one["kept"]) for one in pool]
    for one, record in zip(shown, pool, strict=True):
        assert one["total"] == pytest.approx(record["reward"]["total"], abs=0.005)
    assert page.inner_text("[data-testid=pool-rule]")


def test_groups_without_spread_are_flagged(visit: Open) -> None:
    page = visit(f"#/training?run={RUN}&part=pool&won=zero_spread", ready="[data-testid=pool]")
    page.wait_for_function("() => document.querySelector('[data-testid=pool-groups] h2')")
    groups = page.locator("[data-testid=pool-group]")
    for index in range(groups.count()):
        assert "no spread" in groups.nth(index).inner_text()


def test_a_run_without_a_pool_says_so(visit: Open) -> None:
    page = visit("#/training?run=no_pool&part=pool", ready="[data-testid=no-candidates]")
    assert "no candidates" in page.inner_text("[data-testid=no-candidates]")


def test_the_matrix_is_recomputed_from_the_metrics_and_hatches_few_tasks(
    visit: Open, root: Path
) -> None:
    page = visit(f"#/distribution?run={RUN}", ready=".matrix-cell")
    cells = page.evaluate(
        "[...document.querySelectorAll('.matrix-cell')].map((e) => ({...e.dataset}))"
    )
    metrics = json.loads((root / RUN / "metrics.json").read_text("utf-8"))["splits"]["eval"]
    assert len(cells) == sum(len(one["by_hop"]) for one in metrics.values())
    for cell in cells:
        recorded = metrics[cell["phase"]]["by_hop"][cell["hop"]]
        assert float(cell["value"]) == recorded["accuracy"]
        assert int(cell["n"]) == recorded["n"]
        assert (cell["few"] == "true") == (recorded["n"] < 30)


def test_no_figure_is_a_literal_and_no_text_becomes_markup() -> None:
    script = (STATIC / "app.js").read_text("utf-8")
    for figure in ("62.6", "76.9", "53.1", "73.1", "0.626", "0.769", "imulated"):
        assert figure not in script
    sources = [*(STATIC.parent / "frontend" / "src").rglob("*.ts*")]
    assert sources
    for source in sources:
        text = source.read_text("utf-8")
        for word in ("innerHTML", "InnerHTML", "eval(", "new Function", "document.write"):
            assert word not in text, source.name
