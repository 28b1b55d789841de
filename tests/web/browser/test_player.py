"""The player: a fake clock moves it, and its place is in the address."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.web.browser.conftest import Open, state
from tests.web.browser.random_run import RANDOM
from tests.web.browser.runs import RUN

pytestmark = pytest.mark.browser

INFERENCE = f"#/inference?run={RUN}&phase=sft"
READY = "[data-testid=question]"
DWELL = 3000


def place(page: Any) -> int:
    return state(page)["player"]["position"]


def test_ten_ticks_are_ten_episodes_and_pause_holds(visit: Open) -> None:
    page = visit(INFERENCE, ready=READY, clock=True)
    page.click("[data-testid=player-toggle]")
    page.clock.run_for(10 * DWELL + 50)
    assert place(page) == 10
    page.click("[data-testid=player-toggle]")
    page.clock.run_for(20 * DWELL)
    assert place(page) == 10
    page.click("[data-testid=player-toggle]")
    page.clock.run_for(DWELL + 50)
    assert place(page) == 11


def test_starting_and_stopping_twenty_times_leaves_one_timer(visit: Open) -> None:
    page = visit(INFERENCE, ready=READY, clock=True)
    for _ in range(20):
        page.click("[data-testid=player-toggle]")
        page.click("[data-testid=player-toggle]")
    page.clock.run_for(5 * DWELL)
    assert place(page) == 0, "stopped is stopped"
    page.click("[data-testid=player-toggle]")
    page.clock.run_for(5 * DWELL + 50)
    assert place(page) == 5, "one timer, not twenty-one"
    for _ in range(20):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
    page.clock.run_for(5 * DWELL + 50)
    assert place(page) == 10, "each step by hand begins the clock anew, and leaves one"
    page.click("[data-testid=player-toggle]")
    page.clock.run_for(5 * DWELL)
    assert place(page) == 10


@pytest.mark.parametrize("speed", [0.5, 1, 2, 5, 10, 20, 50])
def test_speed_is_what_it_says_within_five_per_cent(visit_random: Open, speed: float) -> None:
    page = visit_random(f"#/inference?run={RANDOM}", ready=READY, clock=True)
    page.select_option("[data-testid=player-speed]", f"{speed:g}")
    began = page.evaluate(
        "() => { document.querySelector('[data-testid=player-toggle]').click();"
        " return performance.now(); }"
    )
    page.clock.run_for((400 if speed == 50 else 40) * DWELL / speed)
    now, shown = page.evaluate("[performance.now(), window.__state().player]")
    # By the clock of the page: beside what the test adds, it runs on while the test waits.
    wanted = (now - began) * speed / DWELL
    assert wanted >= 40
    assert abs(shown["position"] - wanted) <= 0.05 * wanted
    assert shown["speed"] == speed


def test_first_previous_next_last_and_scrubber(visit: Open) -> None:
    page = visit(INFERENCE, ready=READY)
    counter = page.locator("[data-testid=player-counter]")
    page.click("[data-testid=player-last]")
    assert counter.inner_text() == "40/40"
    assert page.is_disabled("[data-testid=player-next]")
    page.click("[data-testid=player-prev]")
    assert counter.inner_text() == "39/40"
    page.click("[data-testid=player-first]")
    assert counter.inner_text() == "1/40"
    page.locator("[data-testid=player-scrubber]").fill("36")
    assert counter.inner_text() == "37/40"
    page.click("[data-testid=player-next]")
    assert counter.inner_text() == "38/40"


def test_it_stops_at_the_end(visit: Open) -> None:
    page = visit(INFERENCE, ready=READY, clock=True)
    page.click("[data-testid=player-last]")
    page.click("[data-testid=player-prev]")
    page.click("[data-testid=player-toggle]")
    page.clock.run_for(4 * DWELL)
    assert place(page) == 39
    assert state(page)["player"]["playing"] is False


def test_keys_drive_it_and_are_left_alone_in_fields(visit: Open) -> None:
    page = visit(INFERENCE, ready=READY)
    for key in ("ArrowRight", "j", "J"):
        page.keyboard.press(key)
    assert place(page) == 3
    for key in ("ArrowLeft", "k"):
        page.keyboard.press(key)
    assert place(page) == 1
    page.keyboard.press("Space")
    assert state(page)["player"]["playing"] is True
    page.keyboard.press("Space")
    page.keyboard.press("/")
    page.wait_for_function("() => document.activeElement.dataset.testid === 'search'")
    page.keyboard.type("j 3?")
    assert page.input_value("[data-testid=search]") == "j 3?"
    assert state(page)["view"] == "inference"
    page.keyboard.press("Escape")
    for number, view in enumerate(
        ("runs", "training", "inference", "try", "distribution", "audit"), start=1
    ):
        page.keyboard.press(str(number))
        assert state(page)["view"] == view
    page.keyboard.press("?")
    page.wait_for_selector("[data-testid=help-overlay] h2")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-testid=help-overlay] h2", state="detached")


def test_the_verdict_is_announced(visit: Open) -> None:
    page = visit(INFERENCE, ready=READY)
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "() => document.querySelector('[data-testid=live-region]')"
        ".textContent.includes('Episode 2 of 40')"
    )


def test_focus_is_seen(visit: Open) -> None:
    page = visit(INFERENCE, ready=READY)
    for _ in range(6):
        page.keyboard.press("Tab")
        width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert width == "3px"


SETTLED = "() => window.__state().player.position === {at} && window.__state().layout"


def test_a_copied_link_leads_to_the_same_state(visit: Open) -> None:
    page = visit(
        f"#/inference?run={RUN}&phase=rsft&filter=wrong&where=hop%20%3E%3D%204&speed=5",
        ready=READY,
        permissions=["clipboard-read", "clipboard-write"],
    )
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.click("[data-testid=copy-link]")
    page.wait_for_selector(".toast:has-text('Link copied')")
    link = page.evaluate("navigator.clipboard.readText()")
    page.wait_for_function(SETTLED.format(at=2))
    before = state(page)
    assert before["frame"]["ex_id"] in link
    assert before["filters"]["where"] == "hop >= 4"
    page.wait_for_timeout(600)
    page.reload()
    page.wait_for_selector(READY)
    page.wait_for_function(SETTLED.format(at=2))
    assert state(page) == before
    assert link.startswith(visit.address)
    other = visit(link.removeprefix(visit.address), ready=READY)
    other.wait_for_function(SETTLED.format(at=2))
    assert state(other) == before


def test_back_and_forward(visit: Open) -> None:
    page = visit(INFERENCE, ready="[data-testid=episode-row]")
    page.wait_for_function("() => window.__state().layout")  # the rows may come before it
    first = state(page)
    page.locator("[data-testid=episode-row]").nth(4).click()
    page.wait_for_function(SETTLED.format(at=4))
    picked = state(page)
    assert picked["frame"]["ex_id"] != first["frame"]["ex_id"]
    page.select_option("[data-testid=filter]", "wrong")
    page.wait_for_function("() => window.__state().player.count < 40 && window.__state().layout")
    page.wait_for_timeout(200)
    filtered = state(page)
    page.click("[data-testid=tab-audit]")
    page.wait_for_selector("[data-testid=audit-verdict]")
    for move, wanted in (
        (page.go_back, filtered),
        (page.go_back, picked),
        (page.go_back, first),
        (page.go_forward, picked),
        (page.go_forward, filtered),
    ):
        move()
        until = time.monotonic() + 10
        while state(page) != wanted and time.monotonic() < until:
            page.wait_for_timeout(50)
        assert state(page) == wanted
    page.go_forward()
    page.wait_for_selector("[data-testid=audit-verdict]")


def test_who_leaves_at_once_comes_back_to_the_same_episode(visit: Open) -> None:
    """The address follows the player with a rest of 400 ms; nobody has to wait for it."""
    page = visit(INFERENCE, ready="[data-testid=episode-row]")
    page.wait_for_function("() => window.__state().layout")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => window.__state().player.position === 2")
    page.keyboard.press("6")
    page.wait_for_selector("[data-testid=audit-verdict]")
    page.go_back()
    page.wait_for_function(SETTLED.format(at=2))
