"""The reward for TRL: what it returns, that it travels, and a GRPO training with it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.harness.folder import ExportFolder
from graphtutor.harness.trl import TaskReward
from graphtutor.reward.profiles import GROUNDED, SPEC


@pytest.fixture
def folder(make_export: Callable[..., Path]) -> Path:
    return make_export("trl", split="train_long")


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


@pytest.mark.parametrize("profile", [GROUNDED, SPEC])
def test_the_reward_is_the_scorers(folder: Path, profile: str) -> None:
    export = ExportFolder(folder)
    first, second = list(export.tasks.values())[:2]
    texts = [first.ref.trace, "TRACE: x.\nANSWER: A", "nothing", second.ref.trace, first.ref.trace]
    ids = [first.id, first.id, second.id, second.id, "not ours"]
    found = TaskReward(folder, profile)([first.prompt] * 5, texts, id=ids)
    wanted = [
        export.score(name, text).breakdown(profile).total
        for name, text in zip(ids[:4], texts, strict=False)
    ]
    assert found == [*wanted, None]


def test_conversations_are_read(folder: Path) -> None:
    reward = TaskReward(folder)
    task = next(iter(ExportFolder(folder).tasks.values()))
    plain = [{"role": "assistant", "content": task.ref.trace}]
    parts = [{"role": "assistant", "content": [{"type": "text", "text": task.ref.trace}]}]
    other = [{"role": "user", "content": task.ref.trace}]
    found = reward([""] * 3, [plain, parts, other], id=[task.id] * 3)
    assert found == [1.5, 1.5, -3.0]


def test_rows_without_an_id_are_not_ours(folder: Path) -> None:
    assert TaskReward(folder)(["p"], ["c"], answer=["B"]) == [None]


def test_the_reward_travels_to_another_process(folder: Path) -> None:
    task = next(iter(ExportFolder(folder).tasks.values()))
    reward = TaskReward(folder)
    before = reward([""], [task.ref.trace], id=[task.id])
    again = pickle.loads(pickle.dumps(reward))
    assert again.__name__ == reward.__name__ == "graphtutor_grounded_1_0"
    assert again([""], [task.ref.trace], id=[task.id]) == before == [1.5]


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")
@pytest.mark.parametrize("file", ["prompts.jsonl", "prompts_chat.jsonl"])
def test_grpo_trains_with_it(
    file: str, folder: Path, llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two steps of the real trainer; every reward it saw is what the scorer says."""
    pytest.importorskip("trl")
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    seen: list[tuple[str, Any, float | None]] = []

    class Watched(TaskReward):
        def __call__(self, prompts: Any, completions: Any, **columns: Any) -> list[float | None]:
            found = super().__call__(prompts, completions, **columns)
            seen.extend(zip(columns["id"], completions, found, strict=True))
            return found

    tokenizer = AutoTokenizer.from_pretrained(llama_folder)
    if file == "prompts_chat.jsonl":
        tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    config = GRPOConfig(
        output_dir=str(tmp_path / "out"),
        max_steps=2,
        per_device_train_batch_size=2,
        num_generations=2,
        max_completion_length=8,
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
        dataloader_pin_memory=False,
        disable_tqdm=True,
        logging_steps=1,
        activation_checkpointing=False,
    )
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(llama_folder),
        reward_funcs=Watched(folder),
        args=config,
        train_dataset=Dataset.from_list(_rows(folder, file)[:4]),
        processing_class=tokenizer,
    )
    trainer.train()
    logged = [line for line in trainer.state.log_history if "reward" in line]
    assert [line["rewards/graphtutor_grounded_1_0/mean"] for line in logged] == [-3.0, -3.0]
    export = ExportFolder(folder)
    texts = [c if isinstance(c, str) else c[0]["content"] for _, c, _ in seen]
    wanted = [
        export.score(name, text).breakdown(GROUNDED).total
        for (name, _, _), text in zip(seen, texts, strict=True)
    ]
    assert [reward for _, _, reward in seen] == wanted
    assert len(seen) == 4
