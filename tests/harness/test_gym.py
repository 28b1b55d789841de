"""The reasoning-gym export in the real package."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.errors import ConfigError
from graphtutor.harness.source import read_source
from graphtutor.tasks.task import Task

pytest.importorskip("reasoning_gym")

import reasoning_gym
from reasoning_gym.factory import CURRICULA, DATASETS

from graphtutor.harness.gym_dataset import register


@pytest.fixture
def name(make_export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """The exported folder, registered by importing the file in it as its README says."""
    monkeypatch.setattr("reasoning_gym.factory.DATASETS", dict(DATASETS))
    folder = make_export("reasoning-gym", split="train_long")
    spec = importlib.util.spec_from_file_location("gym_data", folder / "gym_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert register(folder) == module.NAME  # again does no harm
    return module.NAME


def _questions(name: str, **config: Any) -> list[str]:
    return [item["question"] for item in reasoning_gym.create_dataset(name, **config)]


@pytest.mark.parametrize("source", ["file", "graph"])
def test_the_reference_scores_one_and_anything_wrong_zero(name: str, source: str) -> None:
    data = reasoning_gym.create_dataset(name, seed=1, size=20, source=source)
    assert len(data) == 20
    for index, item in enumerate(data):
        assert item["metadata"]["source_dataset"] == name
        assert item["metadata"]["source_index"] == index
        assert data.score_answer(item["answer"], item) == 1.0
        task = Task.model_validate(item["metadata"]["task"])
        wrong = "A" if task.answer_star != "A" else "B"
        assert data.score_answer(item["answer"][:-1] + wrong, item) == 0.0
        assert data.score_answer(task.answer_star, item) == 0.0
        assert data.score_answer(None, item) == 0.0
        guess = data.score_answer(f"TRACE: x.\nANSWER: {task.answer_star}", item)
        assert 0 < guess < 1
    assert reasoning_gym.get_score_answer_fn(name)(item["answer"], item) == 1.0


@pytest.mark.parametrize("source", ["file", "graph"])
def test_seeds_share_almost_nothing(name: str, source: str) -> None:
    """``Random(seed + index)`` would make item i + 1 of seed 1 the item i of seed 2."""
    one, two, again = (_questions(name, seed=s, size=60, source=source) for s in (1, 2, 1))
    assert one == again
    assert sum(a == b for a, b in zip(one, two, strict=True)) <= 12
    assert sum(a == b for a, b in zip(one[1:], two, strict=False)) <= 12
    assert _questions(name, seed=1, size=10, source=source) == one[:10]


def test_a_file_is_dealt_out_whole_before_anything_comes_again(
    name: str, task_folder: Path
) -> None:
    tasks = read_source(task_folder, "train_long").tasks
    found = _questions(name, seed=3, size=2 * len(tasks))
    assert sorted(found[: len(tasks)]) == sorted(task.prompt for task in tasks)
    assert found[: len(tasks)] != found[len(tasks) :]


def test_generated_tasks_stay_away_from_what_is_held_out(name: str, task_folder: Path) -> None:
    held = {
        (task.start, task.answer)
        for split in ("dev", "eval")
        for task in read_source(task_folder, split).tasks
    }
    data = reasoning_gym.create_dataset(name, seed=1, size=300, source="graph")
    found = [Task.model_validate(item["metadata"]["task"]) for item in data]
    assert {task.hop_len for task in found} == {4, 5}
    assert not held & {(task.start, task.answer) for task in found}
    short = reasoning_gym.create_dataset(name, seed=1, size=30, source="graph", hops=(2,))
    assert {item["metadata"]["difficulty"]["hops"] for item in short} == {2}


@pytest.mark.parametrize("config", [{"size": 0}, {"source": "web"}, {"profile": "best"}])
def test_unusable_settings_are_named(name: str, config: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(config))):
        reasoning_gym.create_dataset(name, **config)


def test_a_taken_name_is_refused(name: str, make_export: Callable[..., Path]) -> None:
    assert "chain_sum" in DATASETS
    assert name not in CURRICULA
    folder = make_export("reasoning-gym", name="other")
    with pytest.raises(ConfigError, match="chain_sum"):
        register(folder, "chain_sum")
