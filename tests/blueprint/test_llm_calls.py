"""What calls cost and what is kept of them: estimate, budget, the log of calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphtutor.blueprint.llm_build import estimate
from graphtutor.blueprint.llm_cache import open_log
from graphtutor.blueprint.llm_server import Budget
from graphtutor.errors import RunError

from .llm_orders import OUTLINE, TOPICS, made, order, whole
from .llm_tutor import Fault, Tutor


def test_the_estimate_is_what_is_left_to_ask(tmp_path: Path) -> None:
    with open_log(tmp_path / "out.calls.jsonl") as log:
        before = estimate(order(), log)
    with Tutor() as tutor:
        tutor.faults[TOPICS[4]] = [Fault(content="no")] * 2
        made(tutor, tmp_path, order(tries=2))
    with open_log(tmp_path / "out.calls.jsonl") as log:
        after, done = estimate(order(tries=4), log), estimate(order(tries=2), log)
    assert (before.calls, after.calls, done.calls) == (7, 1, 0)
    assert before.about.sent < before.most.sent
    assert after.most.written == 2000


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("most", [0.005, 0.0085])
def test_the_budget_is_never_exceeded(tmp_path: Path, concurrency: int, most: float) -> None:
    """At no moment, with what is under way at its most, and what was lost as if it was billed."""
    price = Budget(1.0, 1.0, most)
    with Tutor() as tutor:
        tutor.faults[TOPICS[0]] = [Fault(cut=True)]
        built = made(tutor, tmp_path, budget=price, concurrency=concurrency)
        assert f"--budget: wanted at most {most} spent" in str(built.problem)
        assert len(tutor.requests) == built.usage.calls < 7
        log = (tmp_path / "out.calls.jsonl").read_text()
        lines = [json.loads(line) for line in log.splitlines()]
        held: dict[str, int] = {}
        spent = 0
        for line in lines:
            tokens = line["sent"] + line["written"]
            spent += tokens - (held.pop(line["key"]) if line["event"] != "asked" else 0)
            held |= {line["key"]: tokens} if line["event"] == "asked" else {}
            assert spent / 1e6 <= most
        assert price.cost(built.usage.tokens) == pytest.approx(spent / 1e6)
        # A second try within the same budget sends nothing, a larger budget goes on.
        calls = len(tutor.requests)
        assert made(tutor, tmp_path, budget=price).problem
        assert len(tutor.requests) == calls
        assert whole(made(tutor, tmp_path, budget=Budget(1.0, 1.0, 1.0)))
        assert len(tutor.requests) <= 8


def test_a_reply_without_a_count_costs_the_most(tmp_path: Path) -> None:
    with Tutor() as tutor:
        tutor.always = Fault(usage=False)
        built = made(tutor, tmp_path, order(OUTLINE))
    assert built.domain
    assert built.usage.tokens.written == 4 * 2000


def test_a_torn_line_is_cut_and_a_strange_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.calls.jsonl"
    with Tutor() as tutor:
        whole_build = made(tutor, tmp_path)
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:-1]) + lines[-1][:40])
        assert made(tutor, tmp_path).domain == whole_build.domain
        assert len(tutor.requests) == 8
    path.write_text('{"event": "guessed"}\n')
    with pytest.raises(RunError, match="line 1"), open_log(path):
        pass


def test_two_builds_of_one_file_do_not_pay_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "out.calls.jsonl"
    with open_log(path), pytest.raises(RunError, match="one that is running"), open_log(path):
        pass
