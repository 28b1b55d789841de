"""Chat data in anybody's form is read into one; what does not fit says where and why."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphtutor.blueprint.example import write_examples
from graphtutor.blueprint.expand import expand
from graphtutor.blueprint.load import load_domain, load_framework
from graphtutor.blueprint.rows import ChatRow, as_row, iter_rows
from graphtutor.errors import TaskError

# What JSON and UTF-8 can hold; a question of nothing but space is no question.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20).filter(
    lambda text: bool(text.strip())
)


def messages(system: str, user: str, assistant: str) -> dict[str, Any]:
    said = [("system", system)] if system else []
    said += [("user", user), ("assistant", assistant)]
    return {"messages": [{"role": role, "content": text} for role, text in said]}


def keyed(question: str, answer: str) -> Any:
    def write(system: str, user: str, assistant: str) -> dict[str, Any]:
        own = {"system": system} if system else {}
        return own | {question: user, answer: assistant}

    return write


KINDS = {
    "messages": messages,
    "response": keyed("prompt", "response"),
    "completion": keyed("prompt", "completion"),
    "output": keyed("instruction", "output"),
    "answer": keyed("question", "answer"),
}
ROWS = st.lists(
    st.tuples(
        st.sampled_from(sorted(KINDS)),
        st.one_of(st.just(""), TEXT),
        TEXT,
        TEXT,
        st.one_of(st.none(), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)),
    ),
    min_size=1,
    max_size=6,
)


def write(path: Path, rows: list[Any], array: bool = False) -> Path:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    text = "[" + ",\n".join(lines) + "]" if array else "\n\n".join(lines)
    path.write_text(text, "utf-8", newline="\n")
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, array=st.booleans())
def test_every_kind_is_read_mixed_and_in_order(
    rows: list[tuple[str, str, str, str, Any]], array: bool, tmp_path: Path
) -> None:
    written = [
        KINDS[kind](system, user, assistant) | ({} if meta is None else {"meta": meta})
        for kind, system, user, assistant, meta in rows
    ]
    read = list(iter_rows(write(tmp_path / "any.jsonl", written, array)))
    wanted = [ChatRow(system, user, answer, meta or {}) for _, system, user, answer, meta in rows]
    assert [(r.system, r.user, r.assistant, dict(r.meta)) for r in read] == [
        (w.system, w.user, w.assistant, dict(w.meta)) for w in wanted
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=40), st.text(max_size=40).map(lambda t: t.encode("utf-8", "replace"))
    )
)
def test_any_bytes_are_rows_or_one_clear_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any.jsonl"
    path.write_bytes(data)
    with pytest.raises(TaskError) as caught:
        list(iter_rows(path))
    assert str(path) in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("messages role content prompt response system meta input".split()),
            inner,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_row_or_an_error_that_names_its_place(value: Any) -> None:
    try:
        row = as_row(value, "here")
    except TaskError as problem:
        said = str(problem)
    else:
        said = f"here {row.user} {row.assistant}"
        assert row.user.strip()
        assert row.assistant.strip()
    assert said.startswith("here")


def test_an_expanded_file_comes_back_with_its_meta(tmp_path: Path) -> None:
    made = expand(load_domain("physics"), load_framework("first-principles"), 0).examples[:200]
    write_examples(tmp_path / "train.jsonl", made)
    read = list(iter_rows(tmp_path / "train.jsonl"))
    assert [(row.user, row.assistant) for row in read] == [(e.user, e.assistant) for e in made]
    assert [dict(row.meta) for row in read] == [e.meta.model_dump() for e in made]
    assert {row.system for row in read} == {load_domain("physics").style}


def test_an_input_follows_its_instruction_and_may_be_missing() -> None:
    row = {"instruction": "Add.", "input": "2 and 3", "output": "5"}
    assert as_row(row, "x").user == "Add.\n\n2 and 3"
    assert as_row(row | {"input": ""}, "x").user == "Add."
    assert as_row(row | {"input": None, "system": None}, "x") == ChatRow("", "Add.", "5", {})


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"question": "a", "answer": "b"}\r\n')
    assert [row.user for row in iter_rows(path)] == ["a"]
    path.write_bytes(b'\xef\xbb\xbf [{"question": "a", "answer": "b"}]')
    assert [row.user for row in iter_rows(path)] == ["a"]


Q = '{"question": "a", "answer": "b"}\n'
TURNS = [{"role": role, "content": "x"} for role in ("user", "assistant") * 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "any.jsonl: wanted at least one row, got an empty file"),
        ("\n \n", "any.jsonl: wanted at least one row"),
        ("[]", "any.jsonl: wanted at least one row"),
        (Q + "{", "any.jsonl line 2: wanted one JSON object a line"),
        (Q + "\n7", "any.jsonl line 3: wanted a JSON object, got a number"),
        ("[" + Q + ", 7]", "any.jsonl row 2: wanted a JSON object, got a number"),
        ("[" + Q, "any.jsonl: wanted one JSON object a line, or one array"),
        ("[" * 100_000, "any.jsonl: wanted one JSON object a line"),
        (
            '{"text": "a", "label": 1}',
            "line 1: wanted the keys messages, or prompt and response, prompt and completion, "
            "instruction and output, question and answer, got text, label",
        ),
        ("{}", "got no keys"),
        ('{"prompt": [], "chosen": [], "rejected": []}', "got prompt, chosen, rejected"),
        ('{"prompt": ["a"], "response": "b"}', "line 1, prompt: wanted text, got a list"),
        ('{"question": "a", "answer": null}', "line 1, answer: wanted text, got nothing"),
        ('{"question": " ", "answer": "b"}', "line 1, question: wanted text, got an empty one"),
        (r'{"question": "a\ud800", "answer": "b"}', "question: wanted text, got half a character"),
        ('{"messages": []}', "got no messages"),
        ('{"messages": "hello"}', "wanted messages with role and content, got text"),
        (
            json.dumps({"messages": TURNS}),
            "line 1: wanted one question and one answer: system (optional), user, assistant, "
            "got user, assistant, user, assistant. What to do: make a row of each question",
        ),
        (json.dumps({"messages": TURNS[:1]}), "got user. What to do: write the messages in that"),
        (
            json.dumps(messages("s", "u", "a") | {"system": "t"}),
            "wanted one system message, got one in messages and a key",
        ),
    ],
)
def test_what_does_not_fit_says_where_and_why(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "any.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(TaskError, match=re.escape(message)) as caught:
        list(iter_rows(path))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"none.jsonl: wanted a readable file of chat data"):
        list(iter_rows(tmp_path / "none.jsonl"))
    (tmp_path / "latin.jsonl").write_bytes(Q.encode() + '{"question": "é"}'.encode("latin-1"))
    with pytest.raises(TaskError, match="line 2: wanted UTF-8 text"):
        list(iter_rows(tmp_path / "latin.jsonl"))


def test_lines_are_read_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "any.jsonl"
    path.write_text(Q * 2 + "{", "utf-8")
    rows = iter_rows(path)
    assert [next(rows).user, next(rows).user] == ["a", "a"]
    with pytest.raises(TaskError):
        next(rows)
