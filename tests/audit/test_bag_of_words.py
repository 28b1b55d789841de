"""The bag of words: finds a planted cue, finds nothing in noise, and is the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.audit.bag_of_words import features_of, fit, scores_of, words_of
from graphtutor.audit.shortcuts_guess import guess_credit
from graphtutor.audit.table import OptionTable


def noise(n: int, seed: int, words: int = 60) -> OptionTable:
    """Random options, random answers: nothing can be learnt."""
    draw = np.random.default_rng(seed)
    options = np.array([draw.permutation(words)[:4] for _ in range(n)], dtype=np.int64)
    names = [tuple(f"Thing{draw_.item()}Part" for draw_ in row) for row in options]
    return OptionTable(
        ids=[f"t{i}" for i in range(n)],
        questions=[f"Start{i % 40} is moved by rel{draw.integers(5)} to what?" for i in range(n)],
        names=names,  # type: ignore[arg-type]
        options=options,
        right=draw.integers(4, size=n),
        start=np.arange(n) % 40,
        answer_hops=np.full(n, 4),
        last_relation=np.full(n, -1),
    )


def planted(table: OptionTable, share: float, seed: int) -> OptionTable:
    """In ``share`` of the tasks the right option is the one that ends in the question's cue."""
    draw = np.random.default_rng(seed)
    names, questions = [list(four) for four in table.names], list(table.questions)
    for row, right in enumerate(table.right.tolist()):
        cue = row % 3
        questions[row] += f" cue{cue}"
        if draw.random() < share:
            for column in range(4):
                names[row][column] += f"Kind{cue if column == right else (cue + 1) % 3}"
    return OptionTable(
        ids=table.ids,
        questions=questions,
        names=[tuple(four) for four in names],  # type: ignore[misc]
        options=table.options,
        right=table.right,
        start=table.start,
        answer_hops=table.answer_hops,
        last_relation=table.last_relation,
    )


def learnt(train: OptionTable, test: OptionTable) -> float:
    weights = fit(features_of(train), train.right)
    return float(guess_credit(scores_of(weights, features_of(test)), test.right).mean())


def test_words_are_split_at_capitals_and_underscores() -> None:
    assert words_of("HTTPServer2 runs on_Linux, HTTPServer2") == [
        "http", "server2", "httpserver2", "runs", "on", "linux", "on_linux",
    ]  # fmt: skip


def test_planted_cue_between_question_and_option_is_found() -> None:
    """The cue is in no option alone: each kind is right as often as it is wrong."""
    train, test = planted(noise(1500, 1), 0.8, 2), planted(noise(500, 3), 0.8, 4)
    assert learnt(train, test) > 0.6


def test_answers_that_are_always_one_word_are_found() -> None:
    train, test = noise(600, 1), noise(300, 2)
    for table in (train, test):
        for row, right in enumerate(table.right.tolist()):
            four = list(table.names[row])
            four[right] = "TheAnswer"
            table.names[row] = tuple(four)  # type: ignore[index]
    assert learnt(train, test) == 1.0


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_found_in_noise(seed: int) -> None:
    """1,000 tasks: a quarter, plus or minus three standard errors of 1.4 points."""
    assert abs(learnt(noise(1000, 10 + seed), noise(1000, 20 + seed)) - 0.25) < 0.042


def test_the_same_tasks_give_the_same_weights_and_rows_stand_alone() -> None:
    table = noise(100, 5)
    features = features_of(table)
    assert np.array_equal(fit(features, table.right), fit(features_of(table), table.right))
    weights = np.random.default_rng(0).normal(size=1 << 18)
    some = np.array([3, 90, 17])
    alone = scores_of(weights, features_of(table, some))
    assert np.allclose(alone, scores_of(weights, features)[some])


@given(st.lists(st.text(max_size=30), min_size=4, max_size=4), st.text(max_size=60))
def test_any_text_has_features(names: list[str], question: str) -> None:
    """Empty names and questions included: each option has at least its own name as a feature."""
    table = OptionTable(
        ids=["t"],
        questions=[question],
        names=[(names[0], names[1], names[2], names[3])],
        options=np.full((1, 4), -1),
        right=np.array([2]),
        start=np.array([-1]),
        answer_hops=np.array([-1]),
        last_relation=np.array([-1]),
    )
    features = features_of(table)
    assert len(features) == 1
    assert (np.diff(features.first) > 0).all()
    scores = scores_of(fit(features, table.right), features)
    assert scores.shape == (1, 4)
    assert np.isfinite(scores).all()
