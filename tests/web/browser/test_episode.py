"""One episode: subgraph, reward, statement check, options, comparison of phases, quiz."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.web.browser.conftest import Open, state
from tests.web.browser.runs import RUN, is_right

pytestmark = pytest.mark.browser

Read = Callable[..., list[dict[str, Any]]]
READY = "[data-testid=subgraph] svg"

OVERLAPS = """() => {
  const svg = document.querySelector('[data-testid=subgraph] svg');
  const outer = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')].map((t) => t.getBoundingClientRect());
  const boxes = [
    ...[...svg.querySelectorAll('.node .shape')].map((n) => n.getBoundingClientRect()),
    ...[...svg.querySelectorAll('.edge-label text')].map((n) => n.getBoundingClientRect()),
  ];
  let met = 0;
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (x > 1 && y > 1) met += 1;
  }));
  const outside = [...boxes, ...texts].filter((b) =>
    b.left < outer.left - 1 || b.right > outer.right + 1 ||
    b.top < outer.top - 1 || b.bottom > outer.bottom + 1).length;
  const small = [...svg.querySelectorAll('text')].filter(
    (t) => parseFloat(getComputedStyle(t).fontSize) < 18).length;
  const kinds = {};
  for (const node of svg.querySelectorAll('.node')) kinds[node.dataset.id] = node.dataset.kind;
  return { met, outside, small, kinds };
}"""


def go_to(page: Any, index: int, ex_id: str) -> None:
    page.evaluate(
        """(at) => {
          const slider = document.querySelector('[data-testid=player-scrubber]');
          slider.value = String(at);
          slider.dispatchEvent(new Event('input', { bubbles: true }));
        }""",
        index,
    )
    page.wait_for_function(
        f"() => window.__state().frame && window.__state().frame.ex_id === {ex_id!r}"
    )


def kinds_of(record: dict[str, Any]) -> dict[str, str]:
    """The classes of the nodes by set algebra on the record."""
    path = record["parsed"]["path_entities"]
    named = record["parsed"]["trace_entities"]
    kinds = {one: "mentioned" if one in named else "missed" for one in path}
    for one in named:
        kinds.setdefault(one, "off_path")
    return kinds


@pytest.mark.parametrize(("phase", "width"), [("sft", 1280), ("rsft", 1920), ("rsft", 390)])
def test_nothing_in_the_subgraph_meets_and_its_classes_follow_from_the_record(
    visit: Open, episodes: Read, phase: str, width: int
) -> None:
    page = visit(f"#/inference?run={RUN}&phase={phase}", ready=READY, width=width)
    for index, record in enumerate(episodes(phase)):
        go_to(page, index, record["ex_id"])
        seen = page.evaluate(OVERLAPS)
        where = (phase, record["ex_id"])
        assert (seen["met"], seen["outside"], seen["small"]) == (0, 0, 0), where
        wanted = kinds_of(record)
        if len(wanted) <= 18:
            assert {k: v for k, v in seen["kinds"].items() if k in wanted} == wanted, where


def test_kinds_differ_in_shape_and_dash_too(visit: Open) -> None:
    page = visit(f"#/inference?run={RUN}&phase=base", ready="[data-testid=legend]")
    dashes = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('[data-testid=legend] .edge')]
          .map((e) => [e.getAttribute('class'), getComputedStyle(e).strokeDasharray]))"""
    )
    assert len(set(dashes.values())) == 3, "said and claimed differ in width"
    shapes = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=legend] .shape')]
          .map((e) => e.getAttribute('d').includes('A') + getComputedStyle(e).strokeDasharray)"""
    )
    assert len(set(shapes)) == 3


def test_the_shown_terms_sum_to_the_total(visit: Open, episodes: Read) -> None:
    page = visit(f"#/inference?run={RUN}&phase=rsft", ready="[data-testid=reward-bars]")
    for index, record in enumerate(episodes("rsft")):
        go_to(page, index, record["ex_id"])
        page.wait_for_function(
            "() => !document.getAnimations().some((a) => a.playState === 'running')"
        )
        rows = page.evaluate(
            """() => [
              ...document.querySelectorAll('[data-testid=reward] .reward-row')].map((row) => ({
              term: row.dataset.term, shown: Number(row.dataset.shown),
              width: parseFloat(row.querySelector('.reward-bar').style.width),
              text: row.querySelector('.reward-value').textContent }))"""
        )
        terms = [row for row in rows if row["term"] != "total"]
        total = next(row for row in rows if row["term"] == "total")
        assert abs(sum(row["shown"] for row in terms) - total["shown"]) <= 0.005
        assert abs(total["shown"] - record["reward"]["total"]) <= 0.005
        scales = {round(row["width"] / abs(row["shown"]), 3) for row in rows if row["shown"]}
        assert len(scales) <= 1, "widths are proportional to values"


def test_bars_move_in_300_ms_and_not_at_all_where_motion_is_unwanted(visit: Open) -> None:
    duration = (
        "getComputedStyle(document.querySelector('.reward-bar')).transitionDuration.split(',')[0]"
    )
    page = visit(f"#/inference?run={RUN}", ready=".reward-bar")
    assert page.evaluate(duration) == "0.3s"
    still = visit(f"#/inference?run={RUN}", ready=".reward-bar", reduced_motion="reduce")
    assert still.evaluate(duration) == "0s"


def test_an_answer_out_of_format_says_so(visit: Open) -> None:
    page = visit(f"#/inference?run={RUN}&phase=base", ready="[data-testid=reward-invalid]")
    assert "Out of format" in page.inner_text("[data-testid=reward-invalid]")


def test_the_statement_check_shows_the_recorded_verdicts(visit: Open, episodes: Read) -> None:
    page = visit(f"#/inference?run={RUN}&phase=rsft", ready="[data-testid=hop-check]")
    for index, record in enumerate(episodes("rsft")[:15]):
        go_to(page, index, record["ex_id"])
        shown = page.evaluate(
            "[...document.querySelectorAll('[data-testid=hop-check] li')]"
            ".map((e) => e.dataset.verdict)"
        )
        assert shown == [hop["verdict"] for hop in record["hops"]]


def test_a_wrong_answer_marks_both_options(visit: Open, episodes: Read) -> None:
    record = next(
        one for one in episodes("rsft") if one["parsed"].get("answer") and not is_right(one)
    )
    page = visit(
        f"#/inference?run={RUN}&phase=rsft&ex={record['ex_id']}", ready="[data-testid=options]"
    )
    page.wait_for_function(f"() => window.__state().frame?.ex_id === {record['ex_id']!r}")
    states = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('[data-testid=options] li')]
          .map((e) => [e.dataset.letter, e.dataset.state]))"""
    )
    assert states[record["answer_star"]] == "right"
    assert states[record["parsed"]["answer"]] == "chosen"


def test_a_quiz_hides_answer_and_graph_until_asked(visit: Open) -> None:
    page = visit(f"#/inference?run={RUN}&quiz=1", ready="[data-testid=reveal]")
    assert page.locator("[data-testid=subgraph]").count() == 0
    assert page.locator("[data-testid=options] li:not([data-state=none])").count() == 0
    page.click("[data-testid=reveal]")
    page.wait_for_selector(READY)
    assert page.locator("[data-testid=options] li:not([data-state=none])").count() >= 1
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[data-testid=reveal]")


def test_phases_stand_side_by_side_and_changes_are_counted(visit: Open, episodes: Read) -> None:
    before = {one["ex_id"]: is_right(one) for one in episodes("sft")}
    after = {one["ex_id"]: is_right(one) for one in episodes("rsft")}
    fixed = [one for one in after if after[one] and not before[one]]
    regressed = [one for one in after if before[one] and not after[one]]
    page = visit(
        f"#/inference?run={RUN}&phase=rsft&against=sft&mode=compare", ready="[data-testid=changes]"
    )
    assert page.inner_text("[data-testid=fixed-count]").startswith(f"fixed {len(fixed)} ")
    assert page.inner_text("[data-testid=regressed-count]").startswith(
        f"regressed {len(regressed)} "
    )
    for phase in ("base", "sft", "rsft"):
        assert page.locator(f"[data-testid=compare-{phase}]").count() == 1
    chosen, wanted = ("fixed", fixed) if fixed else ("regressed", regressed)
    if wanted:
        page.click(f"[data-testid={chosen}-count]")
        page.wait_for_function(f"() => window.__state().player.count === {len(wanted)}")
    page.wait_for_function("() => window.__state().frame")
    ex_id = state(page)["frame"]["ex_id"]
    page.wait_for_selector("[data-testid=compare-sft] h2 button")
    page.click("[data-testid=compare-sft] h2 button")
    page.wait_for_function(
        f"() => window.__state().mode === 'one' && window.__state().frame?.phase === 'sft'"
        f" && window.__state().frame.ex_id === {ex_id!r}"
    )


def test_the_table_searches_filters_and_sorts(visit: Open, episodes: Read) -> None:
    records = episodes("rsft")
    page = visit(f"#/inference?run={RUN}&phase=rsft", ready="[data-testid=episode-row]")
    assert page.locator("[data-testid=episode-row]").count() <= 100
    page.fill("[data-testid=search]", records[7]["ex_id"])
    page.wait_for_function("() => window.__state().player.count === 1")
    page.wait_for_function(f"() => window.__state().frame.ex_id === {records[7]['ex_id']!r}")
    page.fill("[data-testid=search]", "")
    right = sum(map(is_right, records))
    page.wait_for_function("() => window.__state().player.count === 40")
    page.select_option("[data-testid=filter]", "right")
    page.wait_for_function(f"() => window.__state().player.count === {right}")
    page.select_option("[data-testid=filter]", "all")
    page.fill("[data-testid=where]", "hop >= 5 and not right")
    wanted = sum(one["hop_len"] >= 5 and not is_right(one) for one in records)
    page.wait_for_function(f"() => window.__state().player.count === {wanted}")
    page.fill("[data-testid=where]", "hop >>")
    page.wait_for_selector("[data-testid=episodes] [role=alert]")
    page.fill("[data-testid=where]", "")
    page.select_option("[data-testid=sort]", "reward")
    lowest = min(one["reward"]["total"] for one in records)
    page.wait_for_function(f"() => window.__state().frame?.reward?.total === {lowest}")
