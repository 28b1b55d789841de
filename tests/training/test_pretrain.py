"""The pretraining loop: all families, half precision, and the same end after a kill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from graphtutor.training import pretrain as module
from graphtutor.training.pretrain import FRAMES, PretrainSettings, pretrain

SETTINGS = PretrainSettings(
    steps=25,
    world_life=8,
    manners_from=16,
    mixtures=((6, (1, 1, 1, 1, 0)), (1 << 30, (2, 1, 1, 1, 1))),
    lookup_batch=4,
    lookup_steps=3,
    plain_steps=2,
    exact_steps=22,
    save_every=10,
    half=True,
)


@pytest.mark.slow
def test_a_killed_pretraining_ends_where_an_uninterrupted_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs: list[dict[str, Any]] = []
    pretrain(tmp_path / "whole", SETTINGS, logs.append)
    assert [log["step"] for log in logs] == [25]
    assert {"world_token", "facts_token", "binding_letter", "follow_letter"} <= logs[0].keys()

    encode, calls = module._encode, 0

    def killed(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 14:
            raise KeyboardInterrupt
        return encode(*args)

    monkeypatch.setattr(module, "_encode", killed)
    with pytest.raises(KeyboardInterrupt):
        pretrain(tmp_path / "killed", SETTINGS, logs.append)
    pretrain(tmp_path / "killed", SETTINGS, logs.append)
    assert calls == 14 + 15  # from the checkpoint at step 10

    whole, resumed = (
        load_file(tmp_path / name / "model" / "model.safetensors") for name in ("whole", "killed")
    )
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert all(weight.dtype == torch.float16 for weight in whole.values())


@pytest.mark.slow
def test_the_second_stage_begins_from_the_model_of_the_first(tmp_path: Path) -> None:
    """With a learning rate of nearly nothing, its weights are those it began from."""
    logs: list[dict[str, Any]] = []
    pretrain(tmp_path / "one", replace(SETTINGS, steps=2), logs.append)
    still = replace(FRAMES, start=str(tmp_path / "one" / "model"), steps=25, lr=1e-12, half=False)
    still = replace(still, mixtures=((1 << 30, (1, 1, 1, 1, 1)),))
    pretrain(tmp_path / "two", still, logs.append)
    one, two = (
        load_file(tmp_path / name / "model" / "model.safetensors") for name in ("one", "two")
    )
    assert all(torch.allclose(one[name], two[name], atol=1e-6) for name in one)
    assert {"world_token", "follow_token"} <= logs[-1].keys()
