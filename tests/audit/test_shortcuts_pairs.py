"""Guessers that throw out what training pairs with the start: by hand, and against theory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graphtutor.audit.shortcuts_guess import guess_credit
from graphtutor.audit.shortcuts_known import known_of
from graphtutor.audit.shortcuts_pairs import pair_guesses
from graphtutor.audit.table import OptionTable


def table_of(
    start: list[int], options: list[list[int]], right: list[int], hops: int
) -> OptionTable:
    return OptionTable(
        ids=[f"t{i}" for i in range(len(start))],
        questions=[f"q{i}" for i in range(len(start))],
        names=[tuple(f"n{o}" for o in row) for row in options],  # type: ignore[misc]
        options=np.array(options),
        right=np.array(right),
        start=np.array(start),
        answer_hops=np.full(len(start), hops),
        last_relation=np.zeros(len(start), dtype=np.int64),
    )


def accuracies(table: OptionTable, *train: OptionTable) -> dict[str, float]:
    known = known_of({str(i): one for i, one in enumerate(train)}, {"eval": table})
    found: dict[str, float] = {}
    for guess in pair_guesses(table, known):
        assert guess.scores is not None, guess.note
        rows = ~np.isnan(guess.scores).any(axis=1)
        found[guess.name] = guess_credit(guess.scores[rows], table.right[rows]).mean()
    return found


def test_by_hand() -> None:
    """Start 0 has 1 by an edge and 2 by two hops: one of two left, and one of three."""
    table = table_of([0], [[1, 2, 3, 4]], [2], hops=4)
    edges = table_of([0, 9], [[1, 5, 6, 7], [4, 5, 6, 7]], [0, 0], hops=1)
    longer = table_of([0], [[2, 5, 6, 4]], [0], hops=2)
    assert accuracies(table, edges, longer) == {
        "untaught-with-start": pytest.approx(1 / 2),
        "untaught-with-start-edge": pytest.approx(1 / 3),
    }


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_theory(share: float) -> None:
    """Each wrong option is taught with probability p: the credit is (1 - p^4) / (4 (1 - p)).

    With k of three wrong options left the credit is 1 / (1 + k), k binomial with 1 - p; the mean of
    1 / (1 + k) is (1 - p^4) / (4 (1 - p)).
    """
    draw = np.random.default_rng(3)
    n = 4000
    options = np.arange(4 * n).reshape(n, 4)
    taught = draw.random((n, 4)) < share
    taught[:, 0] = False
    start, entity = np.nonzero(taught)
    wrong = np.full((len(start), 3), 4 * n)
    train = table_of(
        [*start.tolist(), n],
        [*np.column_stack([options[start, entity], wrong]).tolist(), [4 * n] * 4],
        [0] * (len(start) + 1),
        hops=3,
    )
    table = table_of(list(range(n)), options.tolist(), [0] * n, hops=5)
    found = accuracies(table, train)
    expected = 1.0 if share == 1 else (1 - share**4) / (4 * (1 - share))
    assert found["untaught-with-start"] == pytest.approx(expected, abs=0.01)
    assert found["untaught-with-start-edge"] == 0.25


def test_one_hop_tasks_and_unknown_entities_are_left_out() -> None:
    table = table_of([0, 0, -1], [[1, 2, 3, 4]] * 3, [0] * 3, hops=4)
    table = replace(table, answer_hops=np.array([1, 4, 4]))
    train = table_of([0], [[2, 1, 3, 4]], [0], hops=1)
    [guess, _] = pair_guesses(table, known_of({"train": train}, {"eval": table}))
    assert guess.scores is not None
    assert np.isnan(guess.scores).any(axis=1).tolist() == [True, False, True]
    assert "2 tasks" in guess.note


def test_without_training_or_starts_a_note_says_so() -> None:
    table = table_of([0], [[1, 2, 3, 4]], [0], hops=4)
    strange = replace(table, start=np.array([-1]))
    for known in (known_of({}, {"eval": table}), known_of({"train": strange}, {"eval": table})):
        assert all(g.scores is None and g.note for g in pair_guesses(table, known))
