"""From a model's name to its folder: nano, a path, a hub id, or an error that says which."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphtutor.errors import ModelError
from graphtutor.models import registry
from graphtutor.models.registry import resolve_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    return tmp_path / "model"


def test_a_folder_with_a_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its absolute path, by a relative one, and from the home folder."""
    assert resolve_model(str(folder)) == str(folder)
    monkeypatch.chdir(folder.parent)
    assert resolve_model("model") == "model"
    monkeypatch.setenv("HOME", str(folder.parent))
    assert resolve_model("~/model") == str(folder)


def test_nano_is_the_embedded_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else is called nano in the working folder."""
    monkeypatch.setattr(registry, "nano_folder", lambda: folder)
    (folder.parent / "nano").mkdir()
    monkeypatch.chdir(folder.parent)
    assert resolve_model("nano") == str(folder)
    monkeypatch.setattr(registry, "nano_folder", lambda: folder.parent / "none")
    with pytest.raises(ModelError, match=r"model nano: .*'graphtutor pretrain' makes nano again"):
        resolve_model("nano")


def test_a_hub_id_is_left_to_the_hub(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless a folder of that name is there: then it was meant, model or not."""
    assert resolve_model("owner/name-1.5B_x") == "owner/name-1.5B_x"
    monkeypatch.chdir(folder.parent)
    (folder.parent / "owner" / "name").mkdir(parents=True)
    with pytest.raises(ModelError, match=r"got a folder without config\.json"):
        resolve_model("owner/name")


@pytest.mark.parametrize(
    "name",
    ["", "nowhere", "./owner/name", "/nowhere/at/all", "a/b/c", "a b/c", "../up/name", "-x/y"],
)
def test_what_is_neither_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="wanted nano, a folder with"):
        resolve_model(name)


@given(st.text(max_size=20))
@example("~0")  # a home that cannot be found
def test_any_text_gives_a_place_or_a_model_error(name: str) -> None:
    """Never another exception: the name comes straight from the command line."""
    try:
        place = resolve_model(name)
    except ModelError as problem:
        place = str(problem).removeprefix(f"model {name}")
        assert place != str(problem)  # noqa: PT017 - either outcome is right for some text
    assert place
