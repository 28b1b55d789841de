"""The files of a data set: all of one, all of another, or no report that vouches for them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from graphtutor.blueprint.dataset import REPORT_FILE, Dataset, make_dataset, write_dataset
from graphtutor.blueprint.domain import Domain
from graphtutor.blueprint.load import load_framework
from graphtutor.blueprint.template import TEMPLATE
from graphtutor.errors import RunError


@cache
def made(seed: int = 0, with_preferences: bool = True) -> Dataset:
    domain = Domain.model_validate(yaml.safe_load(TEMPLATE))
    pairs = [(domain, load_framework(domain.framework))]
    return make_dataset(pairs, seed=seed, with_preferences=with_preferences)


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in folder.iterdir()}


def test_what_is_written_is_read_back_and_the_same_again_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    assert write_dataset(folder, made())
    assert contents(folder) == dict(made().texts)
    assert os.listdir(folder.parent) == ["data"]
    mask = os.umask(0)
    os.umask(mask)
    assert folder.stat().st_mode & 0o777 == 0o777 & ~mask
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert not write_dataset(folder, made())
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == before


def test_another_data_set_is_overwritten_only_when_forced(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write_dataset(folder, made())
    (folder / "mine.txt").write_text("keep", "utf-8")
    other = made(with_preferences=False)
    with pytest.raises(RunError, match=r"got one with another train\.jsonl, valid"):
        write_dataset(folder, other)
    assert contents(folder) == {**made().texts, "mine.txt": "keep"}
    assert write_dataset(folder, other, force=True)
    # The pairs of the old one went with it.
    assert contents(folder) == {**other.texts, "mine.txt": "keep"}
    assert os.listdir(tmp_path) == ["data"]


class Killed(BaseException):
    """Stands for a kill at any place: nothing may catch it."""


@pytest.mark.parametrize("after", range(13))
def test_a_kill_leaves_the_old_the_new_or_no_report(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever call that changes the file system is the last, there is no mixture."""
    folder = tmp_path / "data"
    old, new = made(), made(1)
    write_dataset(folder, old)
    calls = 0

    def dying(real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > after:
                raise Killed
            return real(*arguments, **named)

        return call

    for name in ("replace", "unlink", "rename"):
        monkeypatch.setattr(Path, name, dying(getattr(Path, name)))
    try:
        write_dataset(folder, new, force=True)
    except Killed:
        assert calls == after + 1
    else:
        assert calls <= after
    monkeypatch.undo()
    left = contents(folder)
    assert left.items() <= old.texts.items() or left.items() <= new.texts.items()
    assert REPORT_FILE not in left or left in (dict(old.texts), dict(new.texts))
    assert write_dataset(folder, new, force=True) or left == dict(new.texts)
    assert contents(folder) == dict(new.texts)


@pytest.mark.parametrize("after", range(7))
def test_a_kill_of_a_first_writing_leaves_nothing(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def dying(source: Any, target: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise Killed
        real(source, target)

    real = os.replace
    dataset = made()
    monkeypatch.setattr(os, "replace", dying)
    if after < len(dataset.texts):
        with pytest.raises(Killed):
            write_dataset(tmp_path / "data", dataset)
        assert list(tmp_path.iterdir()) == []
    else:
        assert write_dataset(tmp_path / "data", dataset)
