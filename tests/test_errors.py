"""Errors say where, what was wanted, what came and what to do, in that order."""

from __future__ import annotations

import pytest

from graphtutor import errors
from graphtutor.errors import GraphtutorError, LeakError, TaskError

CLASSES = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("error", CLASSES)
def test_message_has_four_parts(error: type[GraphtutorError]) -> None:
    """Every class speaks the same way and leads to the same exit code."""
    problem = error("kg.json line 4", wanted="an id", got="7", remedy="quote it")
    assert str(problem) == "kg.json line 4: wanted an id, got 7. What to do: quote it"
    assert problem.exit_code == 2
    assert isinstance(problem, GraphtutorError)


def test_message_without_advice_ends_with_what_came() -> None:
    """No dangling "What to do" where there is nothing to advise."""
    assert str(TaskError("t", wanted="a", got="b")) == "t: wanted a, got b"


def test_a_leak_is_a_task_error() -> None:
    """Whoever handles bad task files handles training on the evaluation file too."""
    assert issubclass(LeakError, TaskError)
