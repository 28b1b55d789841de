"""Expanded data load unchanged in the trainers that they are made for.

TRL, mlx-lm and Hugging Face's datasets are the real libraries. Axolotl is not run: it needs CUDA
libraries. Its rules for a row, as documented, are applied instead.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from graphtutor.blueprint.dataset import PREFERENCE_FILES, ROW_FILES, make_dataset, write_dataset
from graphtutor.blueprint.load import load_domain, load_framework
from graphtutor.blueprint.rows import iter_rows

# ChatML, with what TRL needs to find the assistant's tokens.
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['role'] == 'assistant' %}"
    "{% generation %}{{ m['content'] }}{{ eos_token }}{% endgeneration %}"
    "{% else %}{{ m['content'] }}\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
QUIET: dict[str, Any] = {
    "max_steps": 1,
    "per_device_train_batch_size": 4,
    "max_length": 512,
    "use_cpu": True,
    "bf16": False,
    "report_to": "none",
    "save_strategy": "no",
    "dataloader_pin_memory": False,
    "disable_tqdm": True,
    "logging_steps": 1,
    "activation_checkpointing": False,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set as ``expand`` writes it."""
    path = tmp_path_factory.mktemp("expanded") / "data"
    write_dataset(
        path, make_dataset([(load_domain("physics"), load_framework("first-principles"))])
    )
    return path


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama with 2 layers of 32, random weights and nano's tokenizer with a chat template."""
    torch = pytest.importorskip("torch")
    from transformers import LlamaConfig, LlamaForCausalLM

    from graphtutor.models.nano import build_tokenizer

    torch.set_num_threads(1)
    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    tokenizer.chat_template = TEMPLATE
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    shape |= {"num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 512}
    config = LlamaConfig(
        vocab_size=len(tokenizer), pad_token_id=0, bos_token_id=1, eos_token_id=2, **shape
    )
    path = tmp_path_factory.mktemp("llama")
    LlamaForCausalLM(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@cache
def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def loaded(folder: Path, names: tuple[str, str], cache_folder: Path) -> Any:
    datasets = pytest.importorskip("datasets")
    files = {name: str(folder / file) for name, file in zip(("train", "valid"), names, strict=True)}
    return datasets.load_dataset("json", data_files=files, cache_dir=str(cache_folder))


@pytest.mark.parametrize("names", [ROW_FILES, PREFERENCE_FILES])
def test_datasets_infers_one_schema_and_changes_nothing(
    names: tuple[str, str], folder: Path, tmp_path: Path
) -> None:
    data = loaded(folder, names, tmp_path)
    assert data["train"].features == data["valid"].features
    for side, name in zip(("train", "valid"), names, strict=True):
        assert data[side].to_list() == rows(folder / name)


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")
def test_trl_trains_on_the_assistants_tokens_and_no_others(
    folder: Path, model_folder: Path, tmp_path: Path
) -> None:
    """One step of the real SFTTrainer on the file as it is."""
    pytest.importorskip("trl")
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    data = loaded(folder, ROW_FILES, tmp_path / "cache")["train"].select(range(16))
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(model_folder),
        args=SFTConfig(
            output_dir=str(tmp_path / "out"),
            assistant_only_loss=True,
            **(QUIET | {"max_length": None}),
        ),
        train_dataset=data,
        processing_class=tokenizer,
    )
    answers = {row["messages"][-1]["content"] for row in data.to_list()}
    seen = 0
    for batch in trainer.get_train_dataloader():
        for tokens, labels in zip(batch["input_ids"], batch["labels"], strict=True):
            learned = tokenizer.decode(tokens[labels != -100])
            assert learned.removesuffix(tokenizer.eos_token) in answers
            assert learned.endswith(tokenizer.eos_token)
            seen += 1
    assert seen == len(data)
    trainer.train()
    losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    assert len(losses) == 1
    assert losses[0] > 0


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")
def test_trl_prefers_the_chosen_after_a_step(
    folder: Path, model_folder: Path, tmp_path: Path
) -> None:
    """One step of the real DPOTrainer on the file as it is."""
    pytest.importorskip("trl")
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    data = loaded(folder, PREFERENCE_FILES, tmp_path / "cache")["train"].select(range(8))
    trainer = DPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(model_folder),
        ref_model=AutoModelForCausalLM.from_pretrained(model_folder),
        args=DPOConfig(output_dir=str(tmp_path / "out"), **QUIET),
        train_dataset=data,
        processing_class=tokenizer,
    )
    for row, made in zip(data.to_list(), trainer.train_dataset, strict=True):
        for side in ("chosen", "rejected"):
            text = tokenizer.decode(made[f"{side}_ids"])
            assert text == row[side][0]["content"] + tokenizer.eos_token
        assert row["prompt"][1]["content"] in tokenizer.decode(made["prompt_ids"])
    trainer.train()
    (line,) = [line for line in trainer.state.log_history if "rewards/margins" in line]
    assert line["loss"] == pytest.approx(0.693, abs=0.01)


def test_mlx_lm_reads_the_folder_and_masks_the_prompt(folder: Path, model_folder: Path) -> None:
    """The real loader of ``mlx_lm.lora --data FOLDER --mask-prompt``."""
    pytest.importorskip("mlx_lm")
    from mlx_lm.tuner.datasets import ChatDataset, load_local_dataset
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    train, valid, test = load_local_dataset(folder, tokenizer, SimpleNamespace(mask_prompt=True))
    assert test == []
    for side, name in ((train, "train.jsonl"), (valid, "valid.jsonl")):
        assert isinstance(side, ChatDataset)
        assert len(side) == len(rows(folder / name))
        for number, row in enumerate(rows(folder / name)[:50]):
            tokens, offset = side.process(side[number])
            answer = row["messages"][-1]["content"]
            assert tokenizer.decode(tokens[offset:]) == answer + tokenizer.eos_token


def test_the_rules_of_axolotl_for_a_chat_row_hold(folder: Path) -> None:
    """``type: chat_template`` on OpenAI messages, as docs/dataset-formats/conversation.qmd has it.

    The conversation stands under ``field_messages`` (by default ``messages``), each message has the
    properties ``role`` and ``content``, roles are known, the last turn is one that is trained on,
    and no key that Axolotl reads besides (``system``, ``tools``) is in the way.
    """
    for name in ROW_FILES:
        for row in rows(folder / name):
            assert not {"system", "tools", "conversations", "images"} & set(row)
            said = row["messages"]
            assert all(set(message) == {"role", "content"} for message in said)
            assert all(isinstance(m["content"], str) and m["content"] for m in said)
            assert [message["role"] for message in said] == ["system", "user", "assistant"]


def test_the_rules_of_axolotl_for_a_pair_hold(folder: Path) -> None:
    """``type: chat_template.default`` under ``rl: dpo``, as docs/rlhf.qmd has it.

    ``field_messages`` names the conversation, here ``prompt``; ``chosen`` and ``rejected`` are an
    assistant's message, or (in its source) a list of which the last is taken.
    """
    for name in PREFERENCE_FILES:
        for row in rows(folder / name):
            assert [message["role"] for message in row["prompt"]] == ["system", "user"]
            for side in ("chosen", "rejected"):
                assert row[side][-1]["role"] == "assistant"
                assert set(row[side][-1]) == {"role", "content"}
                assert row[side][-1]["content"]


def test_our_own_reader_takes_the_files_back(folder: Path) -> None:
    for name in ROW_FILES:
        read = list(iter_rows(folder / name))
        assert [row.meta["key"] for row in read] == [r["meta"]["key"] for r in rows(folder / name)]
