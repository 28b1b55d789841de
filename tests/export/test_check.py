"""The verdict on an export: what is equal, what is right, what is borne."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphtutor.errors import ModelError
from graphtutor.export.check import Comparison, answers, compare, refuse_different
from graphtutor.tasks.task import Options, PathStar, Reference, Task, TaskMeta

SAME = Comparison("transformers", n=20, own_right=15, right=15, same=20)


def task(number: int, letter: str) -> Task:
    return Task(
        id=f"t{number}",
        split="eval",
        hop_len=1,
        question="?",
        options=Options(A="W", B="X", C="Y", D="Z"),
        answer_star=letter,  # pyright: ignore[reportArgumentType]
        path_star=PathStar(entities=("S", "X"), edges=()),
        prompt=f"prompt {number}",
        ref=Reference(trace=""),
        meta=TaskMeta(),
    )


def test_letters_are_counted_and_texts_compared() -> None:
    tasks = [task(0, "A"), task(1, "B"), task(2, "C")]
    own = ["TRACE: x\nANSWER: A", "TRACE: x\nANSWER: A", "no format"]
    other = ["TRACE: y\nANSWER: A", "TRACE: x\nANSWER: B", "no format"]
    found = compare("mlx-lm", tasks, own, other)
    assert found == Comparison("mlx-lm", n=3, own_right=1, right=2, same=1)
    assert str(found) == (
        "3 tasks asked of both: own model 1 right, export (mlx-lm) 2 right, 1 completions equal"
    )
    assert str(replace(found, read_otherwise=1)).endswith(", 2 prompts read as the same tokens")


def test_answers_are_greedy_and_in_order() -> None:
    from graphtutor.backends.fake import FakeBackend
    from graphtutor.config import ModelConfig

    model = FakeBackend().load(ModelConfig(name="none", backend="fake"))
    tasks = [task(0, "A"), task(1, "B")]
    told: list[int] = []
    first = answers(model, tasks, 40, told.append)
    assert first == answers(model, tasks[:1], 40) + answers(model, tasks[1:], 40)
    assert sum(told) == 2


@pytest.mark.parametrize(
    ("found", "exact", "tolerance", "ids_only", "expected"),
    [
        (SAME, True, 0, False, None),
        (replace(SAME, same=19), True, 5, False, "got 1 others by transformers"),
        (replace(SAME, same=3), False, 0, False, None),
        (replace(SAME, same=3, right=14), False, 1, False, None),
        (replace(SAME, same=3, right=13), False, 1, False, "at least 14 of 20"),
        (replace(SAME, same=3, right=20), False, 0, False, None),
        (replace(SAME, read_otherwise=2), True, 0, False, "got others for 2 of 20"),
        (replace(SAME, read_otherwise=2), True, 0, True, None),
        (replace(SAME, read_otherwise=2, same=0), True, 0, True, "got 20 others"),
    ],
)
def test_what_is_refused(
    found: Comparison, exact: bool, tolerance: int, ids_only: bool, expected: str | None
) -> None:
    if expected is None:
        refuse_different(found, exact=exact, tolerance=tolerance, ids_only=ids_only)
        return
    with pytest.raises(ModelError, match=expected):
        refuse_different(found, exact=exact, tolerance=tolerance, ids_only=ids_only)
