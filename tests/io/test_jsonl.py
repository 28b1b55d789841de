"""JSONL: records come back as they were, and a bad line is named with file, line and field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from graphtutor.errors import RunError, TaskError
from graphtutor.io.jsonl import append_jsonl, iter_jsonl, read_jsonl, repair_jsonl, write_jsonl


class Note(BaseModel):
    """A small record with a required, a defaulted and an optional field."""

    text: str
    count: int = 0
    remark: str | None = None


NOTES = st.lists(
    st.builds(
        Note,
        text=st.text(st.characters(codec="utf-8")),
        count=st.integers(),
        remark=st.none() | st.text(st.characters(codec="utf-8")),
    )
)


@given(notes=NOTES)
def test_records_come_back(tmp_path_factory: pytest.TempPathFactory, notes: list[Note]) -> None:
    """Line separators, quotes and emoji inside a text do not break its line."""
    path = tmp_path_factory.mktemp("jsonl") / "notes.jsonl"
    assert write_jsonl(path, notes) == len(notes)
    assert read_jsonl(path, Note) == notes
    assert path.read_bytes().count(b"\n") == len(notes)


def test_absent_values_are_not_written(tmp_path: Path) -> None:
    """ "Not computed" is an absent field, not null."""
    path = tmp_path / "n.jsonl"
    write_jsonl(path, [Note(text="a")])
    assert path.read_text("utf-8") == '{"text":"a","count":0}\n'


def test_appending_goes_on_below(tmp_path: Path) -> None:
    """A log grows; what stands in it stays."""
    path = tmp_path / "logs" / "n.jsonl"
    append_jsonl(path, [Note(text="a")])
    append_jsonl(path, [Note(text="b"), Note(text="c")])
    assert [note.text for note in read_jsonl(path, Note)] == ["a", "b", "c"]


def test_a_failing_source_leaves_the_old_file(tmp_path: Path) -> None:
    """Records may come from a generator that fails after some of them."""
    path = tmp_path / "n.jsonl"
    write_jsonl(path, [Note(text="old")])

    def failing() -> Iterator[Note]:
        yield Note(text="new")
        raise RuntimeError("graph too small")

    with pytest.raises(RuntimeError, match="graph too small"):
        write_jsonl(path, failing())
    assert read_jsonl(path, Note) == [Note(text="old")]


@pytest.mark.parametrize(
    ("line", "where", "got"),
    [
        ("{not json", "line 3, the line", "{not json"),
        ('{"count": 1}', "line 3, text", '{"count": 1}'),
        ('{"text": "a", "count": "many"}', "line 3, count", "many"),
        ("[1, 2]", "line 3, the line", "[1, 2]"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, where: str, got: str) -> None:
    """Lines are counted as an editor counts them, blank ones too."""
    path = tmp_path / "n.jsonl"
    path.write_text(f'{{"text": "a"}}\n\n{line}\n', "utf-8")
    with pytest.raises(TaskError) as caught:
        read_jsonl(path, Note)
    assert str(caught.value).startswith(f"{path} {where}: wanted a valid Note (")
    assert got in caught.value.got


def test_a_long_bad_line_is_shortened(tmp_path: Path) -> None:
    """A message is read by a person."""
    path = tmp_path / "n.jsonl"
    path.write_text('{"text": ' + "x" * 5000 + "}\n", "utf-8")
    with pytest.raises(TaskError) as caught:
        read_jsonl(path, Note)
    assert len(str(caught.value)) < 500


def test_the_caller_chooses_the_error(tmp_path: Path) -> None:
    """A missing log is a matter of the run, not of the tasks."""
    with pytest.raises(RunError, match="wanted a readable JSONL file of Note records"):
        read_jsonl(tmp_path / "none.jsonl", Note, RunError)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are bad input, not a UnicodeDecodeError."""
    path = tmp_path / "n.jsonl"
    path.write_bytes(b'{"text": "\xff"}\n')
    with pytest.raises(TaskError, match="wanted UTF-8 text"):
        read_jsonl(path, Note)


def test_records_are_read_one_at_a_time(tmp_path: Path) -> None:
    """A broken line far down does not keep the ones above from being read."""
    path = tmp_path / "n.jsonl"
    path.write_text('{"text": "a"}\nbroken\n', "utf-8")
    records = iter_jsonl(path, Note)
    assert next(records).text == "a"
    with pytest.raises(TaskError, match="line 2"):
        next(records)


def test_a_torn_last_line_is_cut_at_every_place(tmp_path: Path) -> None:
    """Wherever the kill fell, what was whole stays and appending goes on below it."""
    path = tmp_path / "n.jsonl"
    notes = [Note(text="first"), Note(text="zweite ü")]
    write_jsonl(path, notes)
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        kept = 2 if length == len(whole) else int(length >= first)
        assert repair_jsonl(path) == kept
        append_jsonl(path, [Note(text="next")])
        assert read_jsonl(path, Note) == [*notes[:kept], Note(text="next")]


def test_there_is_nothing_to_repair_in_a_missing_file(tmp_path: Path) -> None:
    """A run that never began its log resumes at record 0."""
    assert repair_jsonl(tmp_path / "none.jsonl") == 0
    assert not (tmp_path / "none.jsonl").exists()
