"""A file is either the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphtutor.io.atomic import atomic_open, write_text


def test_text_is_written_with_its_folders(tmp_path: Path) -> None:
    """UTF-8, line ends as given, parents made, no temporary file left."""
    path = tmp_path / "a" / "b.txt"
    write_text(path, "grün\nβ\n")
    assert path.read_bytes() == "grün\nβ\n".encode()
    assert list(path.parent.iterdir()) == [path]


def _fail_half_way(path: Path) -> None:
    with atomic_open(path) as stream:
        stream.write("half of it")
        raise RuntimeError("power cut")


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    """Half-written output must not replace what was there, nor lie beside it."""
    path = tmp_path / "kg.json"
    path.write_text("old", "utf-8")
    with pytest.raises(RuntimeError, match="power cut"):
        _fail_half_way(path)
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_no_new_file(tmp_path: Path) -> None:
    """Where there was nothing, there is nothing."""
    with pytest.raises(RuntimeError):
        _fail_half_way(tmp_path / "new.txt")
    assert list(tmp_path.iterdir()) == []


def test_readers_see_the_old_file_until_the_end(tmp_path: Path) -> None:
    """The move is the last thing that happens."""
    path = tmp_path / "x.txt"
    write_text(path, "old")
    with atomic_open(path) as stream:
        stream.write("new")
        stream.flush()
        assert path.read_text("utf-8") == "old"
    assert path.read_text("utf-8") == "new"


@pytest.mark.skipif(os.name == "nt", reason="POSIX file modes")
def test_the_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    """Temporary files are private; what others should read must not stay so."""
    plain, atomic = tmp_path / "plain", tmp_path / "atomic"
    plain.write_text("", "utf-8")
    write_text(atomic, "")
    assert atomic.stat().st_mode == plain.stat().st_mode
