"""Filter expressions: what they mean, that nothing else gets through, that they never crash."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.web.index import EpisodeIndex, IndexBuilder
from graphtutor.web.matching import mask_where
from graphtutor.web.problem import BadRequest
from graphtutor.web.where import And, Comparison, Expression, Not, Or, parse_where

from .records import line, write_lines


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> EpisodeIndex:
    """Five episodes; the last lacks what can lack."""
    path = tmp_path_factory.mktemp("log") / "episodes.jsonl"
    bare: dict[str, Any] = line("rsft", "task_4", None)
    for name in ("hop_len", "tier", "tokens", "grounded", "cut", "reward"):
        del bare[name]
    bare["parsed"]["path_entities"] = []
    lines = [
        line("sft", "task_0", "A", hop_len=4, tokens=10),
        line("sft", "task_1", "B", hop_len=5, tokens=20, grounded=True),
        line("rsft", "task_0", "B", hop_len=4, tokens=30, grounded=True),
        line("rsft", "task_1", "D", hop_len=5, tokens=40, cut=True),
        bare,
    ]
    write_lines(path, lines)
    return IndexBuilder(path).read_on()


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("right", [1, 2]),
        ("not right", [0, 3, 4]),
        ("right = true and hop >= 5", [1]),
        ("hop>=5 or answer='A'", [0, 1, 3]),
        ("not (hop >= 5 or answer = A)", [2, 4]),
        ("phase = sft and right or cut", [1, 3]),
        ("phase = sft and (right or cut)", [1]),
        ("phase in (rsft, dpo) and tokens < 35", [2]),
        ("tokens in (10, 40)", [0, 3]),
        ('id ~ "TASK_1"', [1, 3]),
        ("id != task_0", [1, 3, 4]),
        ("answer = null", [4]),
        ("grounded = null", [4]),
        ("grounded != null and not grounded", [0, 3]),
        ("hop", [0, 1, 2, 3]),
        ("reward < -1.9 or reward = null", [4]),
        ("reward <= -1.5", [0, 3]),
        ("star = B", [0, 1, 2, 3, 4]),
        ("valid = 0", [4]),
        ("i = 0", [0, 2]),
        ("NOT right AND hop > 1", [0, 3]),
    ],
)
def test_what_an_expression_means(index: EpisodeIndex, source: str, rows: list[int]) -> None:
    assert mask_where(parse_where(source), index).nonzero()[0].tolist() == rows


@pytest.mark.parametrize(
    "source",
    [
        "right and",
        "and right",
        "(right",
        "right)",
        "hop >",
        "hop 4",
        "colour = 1",
        "hop in ()",
        "hop in (1, 2",
        "hop = hop)",
        "__import__('os')",
        "right; drop",
        "hop == 4 ** 9",
        "lambda: 1",
        "(" * 100 + "right" + ")" * 100,
        " or ".join(["right"] * 200),
        "not " * 200 + "right",
        "x" * 2000,
        "'right",
    ],
)
def test_anything_else_is_refused_with_the_place(source: str) -> None:
    with pytest.raises(BadRequest, match="where, character"):
        parse_where(source)


@pytest.mark.parametrize(
    "source", ["phase > 3", "hop = four", "hop ~ 4", "right > false", "right = 7", "hop < null"]
)
def test_a_value_that_its_column_cannot_have_is_refused(index: EpisodeIndex, source: str) -> None:
    with pytest.raises(BadRequest, match="where, "):
        mask_where(parse_where(source), index)


@given(st.text(max_size=60))
def test_no_text_crashes_the_parser(source: str) -> None:
    # Any other exception fails the test.
    with suppress(BadRequest):
        parse_where(source)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 9).map(float),
    st.sampled_from(["sft", "rsft", "A", "task_0"]),
)
COMPARISONS = st.builds(
    Comparison,
    st.sampled_from(["right", "hop", "phase", "id", "reward", "answer", "tokens"]),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "~"]),
    st.tuples(VALUES),
)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(Not, inner), st.builds(And, inner, inner), st.builds(Or, inner, inner)
    ),
    max_leaves=6,
)


def written(expression: Expression) -> str:
    """Write an expression as a person would, every part in parentheses."""
    if isinstance(expression, Comparison):
        value = expression.values[0]
        text = f'"{value}"' if isinstance(value, str) else json.dumps(value)
        return f"{expression.column} {expression.operator} {text}"
    if isinstance(expression, Not):
        return f"not ({written(expression.item)})"
    word = "and" if isinstance(expression, And) else "or"
    return f"({written(expression.left)}) {word} ({written(expression.right)})"


@given(EXPRESSIONS)
def test_what_is_written_is_read_again(expression: Expression) -> None:
    assert parse_where(written(expression)) == expression


@given(EXPRESSIONS, EXPRESSIONS)
def test_the_laws_of_logic_hold(index: EpisodeIndex, left: Expression, right: Expression) -> None:
    try:
        first, second = mask_where(left, index), mask_where(right, index)
    except BadRequest:
        return
    assert (mask_where(Not(And(left, right)), index) == (~first | ~second)).all()
    assert (mask_where(Or(left, Not(left)), index)).all()


def test_the_log_is_not_touched(index: EpisodeIndex) -> None:
    assert index.column("hop").flags.writeable is False
    assert Path(index.path).exists()
