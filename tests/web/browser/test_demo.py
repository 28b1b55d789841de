"""Demo mode: the story of a run, told without a hand, with its pauses where they are computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.web.browser.conftest import Open, state
from tests.web.browser.runs import RUN, is_right

pytestmark = pytest.mark.browser

Record = dict[str, Any]
CARD, EPISODE, PAUSE = 4500, 2500, 7000
"""How long each stays, in ms."""
NOW = "performance.now()"
"""By the clock of the page, which the test moves."""


def gains(before: list[Record], records: list[Record]) -> list[int]:
    """Places of the three tasks that gained most by becoming right, grounded ones first."""
    earlier = {one["ex_id"]: one for one in before}
    fixed = [
        (not one["grounded"], earlier[one["ex_id"]]["reward"]["total"] - one["reward"]["total"], at)
        for at, one in enumerate(records)
        if is_right(one) and not is_right(earlier[one["ex_id"]])
    ]
    return [at for *_, at in sorted(fixed)[:3]]


def told(phases: dict[str, list[Record]]) -> list[tuple[str, str, str | None]]:
    """The episodes of the story, computed from the records: phase, task, reason to pause."""
    steps: list[tuple[str, str, str | None]] = []
    any_right, before = False, None
    for phase, records in phases.items():
        why: dict[int, str | None] = {0: None, 1: None}
        right = [at for at, one in enumerate(records) if is_right(one)]
        if right and not any_right:
            why[right[0]] = "first right"
            any_right = True
        for at in gains(before, records) if before is not None else []:
            why[at] = why.get(at) or "big gain"
        deep = [at for at in right if records[at]["hop_len"] >= 5]
        for at in sorted(deep, key=lambda at: (not records[at]["grounded"], at))[:2]:
            why[at] = why.get(at) or "five hops"
        steps += [(phase, records[at]["ex_id"], why[at]) for at in sorted(why)]
        before = records
    return steps


def test_the_story_is_told_without_a_hand_and_pauses_where_computed(
    visit: Open, episodes: Callable[..., list[Record]]
) -> None:
    steps = told({phase: episodes(phase, "changed") for phase in ("base", "sft", "rsft")})
    pauses = [(phase, ex_id, why) for phase, ex_id, why in steps if why]
    assert {why for *_, why in pauses} == {"first right", "big gain", "five hops"}
    assert {phase for phase, *_ in pauses} == {"sft", "rsft"}
    page = visit(
        "#/inference?run=changed&demo=1",
        ready="[data-testid=title-card]",
        clock=True,
        reduced_motion="reduce",
    )
    shown: list[str | None] = []
    began = page.evaluate(NOW)
    while not state(page)["demo"]["finished"] and page.evaluate(NOW) - began < 300_000:
        if state(page)["demo"]["step"] == len(shown):
            card = page.locator("[data-testid=title-card]").count() == 1
            if not card:
                _, ex_id, why = steps[sum(one is not None for one in shown)]
                page.wait_for_function(f"() => window.__state().frame?.ex_id === {ex_id!r}")
                foot = page.locator("[data-testid=demo-foot]")
                assert foot.get_attribute("data-pause") == (why or "")
            shown.append(None if card else ex_id)
        page.clock.run_for(500)
    took = page.evaluate(NOW) - began
    assert [one for one in shown if one] == [ex_id for _, ex_id, _ in steps]
    cards = shown.count(None)
    assert cards == 5, "the run, three phases, the end"
    now = state(page)["demo"]
    assert [(one["phase"], one["ex_id"], one["reason"]) for one in now["pauses"]] == pauses
    # The time that it took says that it stayed at each pause; a busy machine adds some.
    quick = len(steps) - len(pauses)
    wanted = CARD * cards + EPISODE * quick + PAUSE * len(pauses)
    assert abs(took - wanted) <= 0.05 * wanted


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
