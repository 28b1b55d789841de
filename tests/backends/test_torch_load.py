"""What the torch engine says of models that cannot be used: one line, before anything is done."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.base import TrainRequest
from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig, TrainConfig
from graphtutor.errors import BackendError, GraphtutorError, ModelError

pytest.importorskip("torch")


def _load(folder: Path | str, adapter: Path | None = None, device: str = "cpu") -> Any:
    return get_backend("torch").load(ModelConfig(name=str(folder), device=device), adapter)


@pytest.fixture
def copied(llama_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may spoil."""
    return Path(shutil.copytree(llama_folder, tmp_path / "copied"))


def _one_line(problem: GraphtutorError) -> str:
    text = str(problem)
    assert "\n" not in text
    assert "wanted" in text
    assert "got" in text
    return text


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder") as caught:
        _load(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in _one_line(caught.value)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"got a folder without config\.json"):
        _load(tmp_path)


def test_a_hub_id_without_a_network() -> None:
    """The tests are offline, as a user may be; the message says that a network is needed."""
    with pytest.raises(ModelError, match="needs a network the first time") as caught:
        _load("nobody/no-such-model")
    _one_line(caught.value)


@pytest.mark.parametrize("device", ["banana", "cuda", "mps"])
def test_a_device_that_is_not_there(
    llama_folder: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(BackendError, match=f"model.device: wanted .*cpu, got '{device}'"):
        _load(llama_folder, device=device)
    assert _load(llama_folder, device="auto").network.device.type == "cpu"


def test_weights_that_a_kill_has_cut_short(copied: Path) -> None:
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError) as caught:
        _load(copied)
    _one_line(caught.value)


def test_weights_that_do_not_fill_the_model(copied: Path) -> None:
    """transformers would draw the missing layer at random and say nothing at all."""
    settings = json.loads((copied / "config.json").read_text())
    settings["num_hidden_layers"] = 3
    (copied / "config.json").write_text(json.dumps(settings))
    with pytest.raises(ModelError, match=r"missing, for instance model\.layers\.2\."):
        _load(copied)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.json", "{broken"),
        ("config.json", '{"model_type": "no-such-architecture"}'),
        ("tokenizer.json", "{broken"),
    ],
)
def test_broken_files(copied: Path, name: str, text: str) -> None:
    (copied / name).write_text(text)
    with pytest.raises(ModelError) as caught:
        _load(copied)
    assert str(copied) in _one_line(caught.value)


def test_weights_in_pickle_are_not_read(copied: Path) -> None:
    """A pickle can run any code: a model that has nothing else is refused."""
    import torch

    torch.save({}, copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()
    with pytest.raises(ModelError):
        _load(copied)


def test_code_that_comes_with_a_model_is_not_run(copied: Path) -> None:
    """Even where config.json asks for it."""
    settings = json.loads((copied / "config.json").read_text())
    settings |= {"model_type": "own", "auto_map": {"AutoModelForCausalLM": "own.Model"}}
    (copied / "config.json").write_text(json.dumps(settings))
    (copied / "own.py").write_text("raise SystemExit('code was run')\n")
    with pytest.raises(ModelError):
        _load(copied)


def test_an_adapter_of_another_model(llama: Any, llama_folder: Path, tmp_path: Path) -> None:
    """Its matrices do not fit; torch's own message for that is forty lines long."""
    example = llama.encode("a", "b")
    config = TrainConfig(steps=1, lora_r=2)
    llama.train(TrainRequest([example], [[0]], config, seed=0))
    llama.save_adapter(tmp_path / "adapter")
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    other = LlamaConfig.from_pretrained(llama_folder)
    other.hidden_size = 48
    LlamaForCausalLM(other).save_pretrained(tmp_path / "other")
    AutoTokenizer.from_pretrained(llama_folder).save_pretrained(tmp_path / "other")
    with pytest.raises(ModelError, match="adapter: wanted a LoRA adapter of this base") as caught:
        _load(tmp_path / "other", tmp_path / "adapter")
    _one_line(caught.value)


@pytest.mark.parametrize(("first", "second"), [("full", "lora"), ("lora", "full")])
def test_one_method_cannot_go_on_from_the_other(
    llama: Any, llama_folder: Path, first: str, second: str, tmp_path: Path
) -> None:
    """An adapter over fully trained weights would be loaded onto the base, which is another model.

    That gave a model that had forgotten its SFT without a word.
    """
    example = llama.encode("a", "b")
    llama.train(TrainRequest([example], [[0]], TrainConfig(steps=1, method=first), seed=0))
    llama.save_adapter(tmp_path / "first")
    again = _load(llama_folder, tmp_path / "first")
    for model in (llama, again):
        with pytest.raises(BackendError, match=f"wanted method {first}.* got {second}"):
            model.train(TrainRequest([example], [[0]], TrainConfig(steps=1, method=second), 0))


CHAT = (
    "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }} [end]{% endfor %}"
    "{% if add_generation_prompt %}[assistant] {% endif %}"
)


def test_chat_models_get_the_prompt_through_their_template(
    llama: Any, copied: Path, pairs: list[tuple[str, str]]
) -> None:
    """Rendered once, the same for training and generation; the mask stays on the completion."""
    llama.tokenizer.chat_template = CHAT
    llama.tokenizer.save_pretrained(copied)
    chat = _load(copied)
    assert chat.chat_template() == CHAT
    prompt, completion = pairs[0]
    rendered = f"[user] {prompt} [end][assistant] "
    example = chat.encode(prompt, completion)
    head = example.mask.index(True)
    assert chat.tokenizer.decode(example.tokens[:head]) == rendered
    assert chat.tokenizer.decode(example.tokens[head:-1]) == completion
    assert example.mask[head:] == (True,) * (len(example.tokens) - head)
    plain = _load(llama.network.config.name_or_path)
    assert plain.chat_template() == ""
    limit = Sampling(max_new_tokens=10)
    [[through_template]] = chat.generate([Prompt("a", prompt)], limit)
    [[by_hand]] = plain.generate([Prompt("a", rendered)], limit)
    [[untemplated]] = plain.generate([Prompt("a", prompt)], limit)
    assert through_template.text == by_hand.text
    assert through_template.text != untemplated.text
