"""One episode: reward, statement check, options, comparison of phases, quiz."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.web.browser.conftest import Open, state
from tests.web.browser.runs import RUN, is_right

pytestmark = pytest.mark.browser

Read = Callable[..., list[dict[str, Any]]]
READY = "[data-testid=subgraph] svg"


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
        assert len(scales) == 1, "widths are proportional to values"


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


def test_fixed_and_regressed_are_those_of_the_records_and_either_column_opens(
    visit: Open, episodes: Read
) -> None:
    before = {one["ex_id"]: is_right(one) for one in episodes("sft", "changed")}
    after = {one["ex_id"]: is_right(one) for one in episodes("rsft", "changed")}
    sets = {
        "fixed": [one for one in after if after[one] and not before[one]],
        "regressed": [one for one in after if before[one] and not after[one]],
    }
    assert {name: len(found) for name, found in sets.items()} == {"fixed": 3, "regressed": 2}
    page = visit(
        "#/inference?run=changed&phase=rsft&against=sft&mode=compare", ready="[data-testid=changes]"
    )
    for phase in ("base", "sft", "rsft"):
        assert page.locator(f"[data-testid=compare-{phase}]").count() == 1
    for name, wanted in sets.items():
        told = page.inner_text(f"[data-testid={name}-count]")
        assert told == f"{name} {len(wanted)} ({100 * len(wanted) / 40:.1f} %)"
        for column in ("sft", "rsft"):
            page.click(f"[data-testid={name}-count]")
            page.wait_for_function(f"() => window.__state().player.count === {len(wanted)}")
            rows = page.locator("[data-testid=episode-row]")
            page.wait_for_function(
                "() => [...document.querySelectorAll('[data-testid=episode-row]')]"
                ".every((e) => e.dataset.ex)"
            )
            shown = [rows.nth(at).get_attribute("data-ex") for at in range(rows.count())]
            assert shown == wanted
            rows.last.click()
            page.wait_for_selector(f"[data-testid=compare] .note:has-text('{wanted[-1]}')")
            right = {"sft": name == "regressed", "rsft": name == "fixed"}[column]
            opened = page.locator(f"[data-testid=compare-{column}]")
            assert opened.locator(".chip[data-tone=good]:has-text('right')").count() == right
            opened.locator("h2 button").click()
            page.wait_for_function(
                "([phase, ex]) => window.__state().mode === 'one'"
                " && window.__state().frame?.phase === phase"
                " && window.__state().frame.ex_id === ex",
                arg=[column, wanted[-1]],
            )
            assert state(page)["frame"]["right"] is right
            page.go_back()
            page.wait_for_selector("[data-testid=changes]")


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
