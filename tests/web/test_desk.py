"""One worker: in order, one at a time, bounded, and it outlives work that hangs or fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, current_thread

import pytest

from graphtutor.web.desk import Desk, Say
from graphtutor.web.problem import Busy, Stuck


def until(holds: Callable[[], object]) -> None:
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.005)
    raise AssertionError("never")


def test_work_runs_on_one_thread_in_order_and_errors_reach_who_asked() -> None:
    desk, seen = Desk("desk"), list[int]()

    def broken(say: Say) -> None:
        raise KeyError("no")

    first = desk.do(lambda say: current_thread().name)
    with pytest.raises(KeyError):
        desk.do(broken)
    assert desk.do(lambda say: current_thread().name) == first == "desk"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: desk.do(lambda say: seen.append(n)), range(4)))
    assert sorted(seen) == [0, 1, 2, 3]
    assert (desk.doing, desk.waiting) == ("", 0)


def test_one_works_some_wait_one_more_is_refused() -> None:
    desk, go = Desk("desk", waiting=2), Event()

    def slow(say: Say) -> bool:
        say("loading")
        return go.wait(20)

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(desk.do, slow) for _ in range(3)]
        until(lambda: desk.waiting == 2 and desk.doing == "loading")
        with pytest.raises(Busy):
            desk.do(slow)
        go.set()
        assert all(one.result(20) for one in asked)


def test_a_thread_that_hangs_is_given_up_and_the_next_work_is_done() -> None:
    desk, go = Desk("desk", quiet_seconds=0.15), Event()
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(desk.do, lambda say: go.wait(20))
        until(lambda: desk.waiting == 0 and hanging.running())
        assert desk.do(lambda say: 7) == 7
        with pytest.raises(Stuck):
            hanging.result(20)
    go.set()


def test_signs_of_life_keep_a_slow_thread() -> None:
    desk = Desk("desk", quiet_seconds=0.4)

    def slow(say: Say) -> str:
        for step in range(8):
            time.sleep(0.1)
            say(str(step))
        return "done"

    assert desk.do(slow) == "done"


def test_after_three_that_hang_none_is_taken_until_one_comes_back() -> None:
    desk, go = Desk("desk", quiet_seconds=0.05), Event()
    for _ in range(3):
        with pytest.raises(Stuck):
            desk.do(lambda say: go.wait(20))
    with pytest.raises(Stuck, match="hang"):
        desk.do(lambda say: 1)
    go.set()

    def again() -> bool:
        try:
            return desk.do(lambda say: 1) == 1
        except Stuck:
            return False

    until(again)
