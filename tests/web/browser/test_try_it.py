"""Try It: loading, answer, queue, cancel, errors; scored only where the right answer is known."""

from __future__ import annotations

import statistics
import time
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from tests.web.browser.conftest import Open, served
from tests.web.browser.runs import RUN

from graphtutor.cli.serve import load_phase

pytestmark = pytest.mark.browser

READY = "[data-testid=examples]"


def test_an_example_is_loaded_answered_and_scored_by_both_phases(visit: Open) -> None:
    page = visit(f"#/try?run={RUN}", ready=READY)
    page.select_option("[data-testid=examples]", index=1)
    assert page.input_value("[data-testid=try-question]")
    page.click("[data-testid=ask]")
    page.wait_for_selector("[data-testid=job-state][data-state=loading]")
    page.wait_for_selector("[data-testid=job-state][data-state=running]")
    page.wait_for_selector("[data-testid=job-state][data-state=done]", timeout=20_000)
    for phase in ("sft", "rsft"):
        told = page.locator(f"[data-testid=answer-{phase}]")
        assert told.locator("[data-testid=reward-bars]").count() == 1
        assert "not scored" not in told.inner_text()


def test_an_answer_is_seen_as_it_is_spoken(visit: Open) -> None:
    """Word by word, each time more of the same text, and in the end the whole of it."""
    page = visit(f"#/try?run={RUN}&ask=rsft", ready=READY)
    page.select_option("[data-testid=examples]", index=1)
    page.evaluate(
        """() => {
          window.heard = [];
          new MutationObserver(() => {
            const told = document.querySelector('[data-testid=stream]');
            if (told) window.heard.push(told.textContent);
          }).observe(document.body, { childList: true, characterData: true, subtree: true });
        }"""
    )
    page.click("[data-testid=ask]")
    page.wait_for_selector("[data-testid=job-state][data-state=done]", timeout=20_000)
    heard = [text for text in dict.fromkeys(page.evaluate("window.heard")) if text.strip()]
    assert len(heard) >= 3
    assert all(later.startswith(text) for text, later in pairwise(heard))
    assert heard[-1].replace("\n", " ").split()[-1] in page.inner_text("[data-testid=answer-rsft]")


def test_an_own_question_is_never_scored(visit: Open) -> None:
    page = visit(f"#/try?run={RUN}&ask=sft", ready=READY)
    page.fill("[data-testid=try-question]", "Which thing does Thing01 call?")
    for letter in "ABCD":
        page.fill(f"[data-testid=try-option-{letter}]", f"Thing0{ord(letter) - 60}")
    page.click("[data-testid=ask]")
    page.wait_for_selector("[data-testid=job-state][data-state=done]", timeout=20_000)
    told = page.locator("[data-testid=answer-sft]")
    assert "not scored" in told.inner_text()
    assert told.locator("[data-testid=reward-bars]").count() == 0
    assert told.locator("[data-state=right], [data-state=both]").count() == 0


def test_ten_questions_at_once_queue_and_block_nothing(visit: Open) -> None:
    page = visit(f"#/try?run={RUN}&ask=sft", ready=READY)
    ask = """async (run) => {
      const body = JSON.stringify({ run, phases: ['sft'], question: 'Which?', ex_id: null,
        options: { A: 'Thing01', B: 'Thing02', C: 'Thing03', D: 'Thing04' }, max_new_tokens: 20 });
      const asked = await Promise.all(Array.from({ length: 10 }, () => fetch('api/infer', {
        method: 'POST', headers: { 'content-type': 'application/json' }, body })));
      return asked.map((one) => one.status);
    }"""
    statuses = page.evaluate(ask, RUN)
    assert statuses.count(202) == 9
    assert statuses.count(429) == 1
    took = page.evaluate(
        """async () => {
          const took = [];
          for (let time = 0; time < 9; time++) {
            const began = performance.now();
            await (await fetch('api/runs')).json();
            took.push(performance.now() - began);
          }
          return took;
        }"""
    )
    assert statistics.median(took) < 100, "while a model answers"
    page.fill("[data-testid=try-question]", "One more?")
    page.click("[data-testid=ask]")
    page.wait_for_selector("[role=alert]")
    assert "queue" in page.inner_text("[role=alert]")
    page.wait_for_function("() => fetch('api/health').then((r) => r.ok)", timeout=5_000)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        page.click("[data-testid=ask]")
        page.wait_for_timeout(700)
        if page.locator("[role=alert]").count() == 0:
            break
    page.click("[data-testid=cancel]")
    page.wait_for_selector("[data-testid=job-state][data-state=cancelled]")


@pytest.mark.parametrize("status", [404, 429, 503])
def test_a_refused_question_is_an_alert(visit: Open, status: int) -> None:
    page = visit(f"#/try?run={RUN}&ask=sft", ready=READY)
    page.route(
        "**/api/infer",
        lambda route: route.fulfill(
            status=status,
            content_type="application/json",
            body='{"error": {"where": "phase", "wanted": "a saved model", "got": "none"}}',
        ),
    )
    page.fill("[data-testid=try-question]", "Which?")
    page.click("[data-testid=ask]")
    page.wait_for_selector("[role=alert]")
    assert "a saved model" in page.inner_text("[role=alert]")


class Hanging:
    """A model that says one word and then nothing, until the test is over."""

    def __init__(self, inner: Any, over: Event) -> None:
        self._inner, self._over = inner, over

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def stream(self, prompt: Any, sampling: Any) -> Any:
        yield "TRACE:"
        self._over.wait(60)
        [[whole]] = self._inner.generate([prompt], sampling)
        return whole


def test_an_engine_that_hangs_is_an_alert_and_the_next_question_is_answered(
    browser: Any, root: Path
) -> None:
    over, loaded = Event(), []

    def load(run: Any, phase: str) -> Any:
        loaded.append(phase)
        inner = load_phase(run, phase)
        return Hanging(inner, over) if len(loaded) == 1 else inner

    served_here = served(root, load=load, quiet_seconds=1.0)
    visit = Open(browser, next(served_here), [], [])
    page = visit(f"#/try?run={RUN}&ask=sft", ready=READY)
    page.select_option("[data-testid=examples]", index=1)
    page.click("[data-testid=ask]")
    page.wait_for_selector("[data-testid=job-state][data-state=running]")
    page.wait_for_selector("[data-testid=job-state][data-state=failed]", timeout=20_000)
    told = page.inner_text("[role=alert]")
    assert "sign of life" in told
    assert page.locator(".spinner").count() == 0
    assert page.locator("[data-testid=cancel]").count() == 0
    page.click("[data-testid=ask]")
    page.wait_for_selector("[data-testid=job-state][data-state=done]", timeout=20_000)
    assert page.locator("[role=alert]").count() == 0
    assert page.locator("[data-testid=answer-sft] [data-testid=reward-bars]").count() == 1
    over.set()
    visit.close()
    next(served_here, None)
    assert visit.errors == []
