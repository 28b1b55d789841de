"""Training checkpoints: what was saved comes back bit by bit, whole or not at all, no pickle."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from graphtutor.errors import ModelError
from graphtutor.models.checkpoint import load_checkpoint, save_checkpoint

torch = pytest.importorskip("torch")


def _trained(steps: int) -> tuple[dict[str, Any], Any]:
    """Two weights after some steps of AdamW on a fixed problem."""
    torch.manual_seed(0)
    weights = {
        "a": torch.nn.Parameter(torch.randn(3, 2)),
        "b.c": torch.nn.Parameter(torch.randn(4)),
    }
    optimiser = torch.optim.AdamW(weights.values(), lr=0.1)
    for _ in range(steps):
        _step(weights, optimiser)
    return weights, optimiser


def _step(weights: dict[str, Any], optimiser: Any) -> None:
    optimiser.zero_grad()
    sum((weight**2).sum() for weight in weights.values()).backward()
    optimiser.step()


def test_training_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    """Weights and both moments, and the optimiser's own count of steps."""
    path = tmp_path / "new" / "folder" / "checkpoint.safetensors"
    weights, optimiser = _trained(3)
    save_checkpoint(path, 3, weights, optimiser)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    again, fresh = _trained(0)
    assert load_checkpoint(path, again, fresh) == 3
    for _ in range(2):
        _step(weights, optimiser)
        _step(again, fresh)
    for name, weight in weights.items():
        assert torch.equal(weight, again[name])


def test_without_a_file_training_begins_at_zero(tmp_path: Path) -> None:
    weights, optimiser = _trained(1)
    before = weights["a"].clone()
    assert load_checkpoint(tmp_path / "none.safetensors", weights, optimiser) == 0
    assert torch.equal(weights["a"], before)


def test_other_weights_are_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, 1, *_trained(1))
    weights, optimiser = _trained(0)
    del weights["b.c"]
    before = weights["a"].clone()
    with pytest.raises(
        ModelError, match="wanted a checkpoint of these 1 weights, got one of 2 others"
    ):
        load_checkpoint(path, weights, optimiser)
    assert torch.equal(weights["a"], before)


def test_weights_of_other_shapes_are_refused(tmp_path: Path) -> None:
    """The same names in a model of another width."""
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, 1, *_trained(1))
    weights = {
        "a": torch.nn.Parameter(torch.zeros(3, 5)),
        "b.c": torch.nn.Parameter(torch.zeros(4)),
    }
    optimiser = torch.optim.AdamW(weights.values())
    with pytest.raises(ModelError, match=r"checkpoint\.safetensors"):
        load_checkpoint(path, weights, optimiser)
    assert not weights["a"].any()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x08\0\0\0\0\0\0\0{broken}"])
def test_a_file_that_is_no_checkpoint_is_named(content: bytes, tmp_path: Path) -> None:
    """A disk may lose what a rename has already announced."""
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"checkpoint\.safetensors"):
        load_checkpoint(path, *_trained(1))


def test_a_kill_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file takes its name when it is whole."""
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, 1, *_trained(1))

    def kill(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", kill)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(path, 2, *_trained(2))
    assert load_checkpoint(path, *_trained(0)) == 1
