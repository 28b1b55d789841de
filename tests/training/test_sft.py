"""SFT: reference traces, drawn by hop length, handed to the engine as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphtutor.config import TrainConfig
from graphtutor.tasks.task import Task
from graphtutor.training.progress import TrainProgress
from graphtutor.training.sft import hop_groups, sft_pairs, train_sft

MakeTask = Callable[..., Task]


def test_pairs_are_prompt_and_reference(make_task: MakeTask) -> None:
    task = make_task()
    assert sft_pairs([task]) == [(task.prompt, task.ref.trace)]
    assert task.ref.trace == (
        "TRACE: Alarm is caused by Leak, which leads to Flood, which is fixed by Pump.\nANSWER: B"
    )


def test_hop_groups_hold_positions(make_task: MakeTask) -> None:
    """One, two, and three or more: longer tasks count as long ones."""
    tasks = [make_task(n, hops) for n, hops in enumerate((1, 3, 2, 1))]
    tasks.append(tasks[1].model_copy(update={"hop_len": 5}))
    assert hop_groups(tasks) == ([0, 3], [2], [1, 4])
    assert hop_groups([]) == ([], [], [])


def test_training_draws_by_hop_weight(
    make_task: MakeTask, scripted: Callable[..., Any], tmp_path: Path
) -> None:
    """The request holds every example once, and batches in the proportions that were asked for."""
    tasks = [make_task(n, 1 + n % 3) for n in range(9)]
    config = TrainConfig(steps=5, batch_size=8, hop_weights=(1, 0, 3))
    model, said = scripted({}), []
    progress = TrainProgress(said.append, (2,), said.append, tmp_path)
    train_sft(model, tasks, config, 7, progress)
    [request] = model.trained
    assert [len(e.tokens) for e in request.examples] == [
        len(task.prompt) + len(task.ref.trace) for task in tasks
    ]
    drawn = Counter(tasks[index].hop_len for batch in request.batches for index in batch)
    assert drawn == {1: 10, 3: 30}
    assert (request.config, request.seed, request.checkpoints) == (config, 7, tmp_path)
    assert (request.on_step, request.evaluate_at) == (said.append, (2,))


def test_a_second_training_sees_another_order(
    make_task: MakeTask, scripted: Callable[..., Any]
) -> None:
    """sft_more is the control of RSFT: further steps, not the same steps again."""
    tasks = [make_task(n, 1 + n % 3) for n in range(30)]
    model, config = scripted({}), TrainConfig(steps=3, batch_size=8)
    for seed, stream in ((0, "sft"), (0, "sft"), (0, "sft_more"), (1, "sft")):
        train_sft(model, tasks, config, seed, TrainProgress(), stream=stream)
    first, same, more, other = (request.batches for request in model.trained)
    assert first == same
    assert first != more
    assert first != other
