"""Training, candidates, distribution: what is drawn is what is recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser.conftest import STATIC, Open
from tests.web.browser.runs import RUN, UNEVEN, is_right, lines

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


def groups_of(root: Path) -> dict[str, list[dict[str, Any]]]:
    """The samples by task, in the order of the log."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in lines(root / RUN / "candidates.jsonl"):
        groups.setdefault(one["ex_id"], []).append(one)
    return groups


def winner_of(samples: list[dict[str, Any]]) -> int | None:
    """The k of the best sample by the rule of grounded-1.0: None where no sample may win."""

    def rank(one: dict[str, Any]) -> tuple[float, float, int, int]:
        words = one["completion"].partition("\n")[0].removeprefix("TRACE:").split()
        reward = one["reward"]
        return (-reward["total"], -reward["path_coverage"], len(words), one["k"])

    able = [one for one in samples if one["reward"]["correctness"] > 0 and one["grounded"]]
    return min(able, key=rank)["k"] if able else None


def test_of_every_task_the_sample_with_the_best_score_under_the_rule_won(
    visit: Open, root: Path
) -> None:
    groups = groups_of(root)
    page = visit(f"#/training?run={RUN}&part=pool", ready="[data-testid=sample]")
    assert "grounded-1.0" in page.inner_text("[data-testid=pool-rule]")
    winners = {}
    for number, task in enumerate(groups):
        page.locator("[data-testid=pool-group]").nth(number).click()
        page.wait_for_function(
            f"() => document.querySelector('[data-testid=pool-detail] h2').textContent === {task!r}"
            f" && document.querySelectorAll('[data-testid=sample]').length === {len(groups[task])}"
        )
        kept = page.evaluate(
            "[...document.querySelectorAll('[data-testid=sample][data-kept=true]')]"
            ".map((e) => Number(e.dataset.k))"
        )
        winners[task] = kept
    wanted = {task: winner_of(samples) for task, samples in groups.items()}
    assert winners == {task: [] if k is None else [k] for task, k in wanted.items()}
    assert None in wanted.values()
    assert len(set(wanted.values())) == 3, "the first won, the second won, and none"


def test_groups_without_spread_are_flagged_and_no_others(visit: Open, root: Path) -> None:
    totals = {
        task: [one["reward"]["total"] for one in samples]
        for task, samples in groups_of(root).items()
    }
    flat = [task for task, found in totals.items() if max(found) == min(found)]
    assert 0 < len(flat) < len(totals)
    for won, wanted in (("zero_spread", flat), ("all", list(totals))):
        page = visit(f"#/training?run={RUN}&part=pool&won={won}", ready="[data-testid=pool-group]")
        told = page.locator("[data-testid=pool-group]").all_inner_texts()
        assert [text.split()[0] for text in told] == wanted
        assert [text.split()[0] for text in told if "no spread" in text] == flat
    assert "nothing to choose between" in visit(
        f"#/training?run={RUN}&part=pool&task={flat[0]}", ready="[data-testid=sample]"
    ).inner_text("[data-testid=pool-detail]")


def test_a_run_without_a_pool_says_so(visit: Open) -> None:
    page = visit("#/training?run=no_pool&part=pool", ready="[data-testid=no-candidates]")
    assert "no candidates" in page.inner_text("[data-testid=no-candidates]")


CELLS = """[...document.querySelectorAll('.matrix-cell')].map((e) => ({ ...e.dataset,
  hatched: e.querySelector('.cellbox').getAttribute('fill') === 'url(#few)',
  text: [...e.querySelectorAll('text')].map((t) => t.textContent).join(' ') }))"""


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share after Wilson (1927)."""
    z = 1.959964
    middle = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * sqrt(k * (n - k) / n + z * z / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def test_the_matrix_is_the_recorded_one(visit: Open, root: Path) -> None:
    page = visit(f"#/distribution?run={RUN}", ready=".matrix-cell")
    cells = page.evaluate(CELLS)
    metrics = json.loads((root / RUN / "metrics.json").read_text("utf-8"))["splits"]["eval"]
    assert len(cells) == sum(len(one["by_hop"]) for one in metrics.values()) > 0
    for cell in cells:
        recorded = metrics[cell["phase"]]["by_hop"][cell["hop"]]
        assert float(cell["value"]) == recorded["accuracy"]
        assert int(cell["n"]) == recorded["n"]


def test_the_matrix_is_recomputed_from_the_episodes_and_hatched_below_30_tasks(
    visit: Open, episodes: Callable[..., list[dict[str, Any]]]
) -> None:
    page = visit("#/distribution?run=uneven", ready=".matrix-cell")
    cells = page.evaluate(CELLS)
    hatched = {}
    for cell in cells:
        hops = int(cell["hop"])
        of_hop = [one for one in episodes(cell["phase"], "uneven") if one["hop_len"] == hops]
        k, n = sum(map(is_right, of_hop)), len(of_hop)
        low, high = wilson(k, n)
        shown = f"{100 * k / n:.1f} % {100 * low:.1f}\u2013{100 * high:.1f}, n = {n}"
        assert cell["text"] == shown
        hatched[cell["phase"], hops] = cell["hatched"]
    assert hatched == {
        (phase, hops): n < 30 for phase in ("base", "sft", "rsft") for hops, n in UNEVEN.items()
    }
    assert set(hatched.values()) == {True, False}


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
