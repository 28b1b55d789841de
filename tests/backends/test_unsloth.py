"""What the unsloth engine keeps beside the contract: the same results as torch, and its refusals.

All but the message of a missing library needs the environment of 'make setup-unsloth'.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.base import StepLog, TrainRequest
from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig, TrainConfig
from graphtutor.errors import BackendError, GraphtutorError, ModelError

Pairs = list[tuple[str, str]]
Prompts = list[Prompt]
Saved = Callable[[Path], dict[str, bytes]]

needs_unsloth = pytest.mark.skipif(find_spec("unsloth") is None, reason="no unsloth here")

GREEDY = Sampling(max_new_tokens=24)
DRAWN = Sampling(n=3, temperature=1.0, top_p=0.9, max_new_tokens=12, seed=5)
LORA = TrainConfig(lr=2e-2, lora_alpha=32, lora_dropout=0.05, warmup=0.0, checkpoint_every=2)


def _load(
    folder: Path, adapter: Path | None = None, backend: str = "unsloth", **settings: Any
) -> Any:
    model = ModelConfig(name=str(folder), **{"device": "cpu", "backend": backend, **settings})
    return get_backend(backend).load(model, adapter)


def _request(model: Any, pairs: Pairs, config: TrainConfig = LORA, **changes: Any) -> TrainRequest:
    examples = [model.encode(prompt, answer) for prompt, answer in pairs]
    batches = [[(2 * step + k) % 4 for k in range(2)] for step in range(6)]
    request = TrainRequest(examples, batches, config.model_copy(update={"steps": 6}), seed=1)
    return replace(request, **changes)


def _texts(rows: list[list[Any]]) -> list[list[tuple[str, int, bool]]]:
    return [[(c.text, c.tokens, c.cut) for c in row] for row in rows]


def _end_often(model: Any) -> Any:
    """One token in nine ends a completion: rows end at different lengths."""
    model.network.generation_config.eos_token_id = list(range(2, len(model.tokenizer), 9))
    return model


def _one_line(problem: GraphtutorError) -> str:
    text = str(problem)
    assert "\n" not in text
    assert "wanted" in text
    assert "got" in text
    return text


@pytest.fixture
def copied(llama_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may spoil."""
    return Path(shutil.copytree(llama_folder, tmp_path / "copied"))


@pytest.fixture
def adapter(llama_folder: Path, tmp_path: Path, pairs: Pairs) -> Path:
    """What a short LoRA training by unsloth has saved."""
    model = _load(llama_folder)
    model.train(_request(model, pairs))
    model.save_adapter(tmp_path / "adapter")
    return tmp_path / "adapter"


def test_a_missing_library_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment of everything else, where unsloth must not be."""
    monkeypatch.setitem(sys.modules, "unsloth", None)
    with pytest.raises(BackendError, match="wanted the package unsloth") as caught:
        get_backend("unsloth").load(ModelConfig(name="nano", backend="unsloth"))
    assert "make setup-unsloth, then .venv-unsloth/bin/graphtutor" in _one_line(caught.value)


@needs_unsloth
def test_the_same_weights_say_the_same_as_in_torch(
    llama_folder: Path, prompts: Prompts, pairs: Pairs
) -> None:
    """Same masks; the same completions, greedy and drawn, ended and cut."""
    ours, theirs = (_end_often(_load(llama_folder, backend=b)) for b in ("unsloth", "torch"))
    assert [ours.encode(*pair) for pair in pairs] == [theirs.encode(*pair) for pair in pairs]
    ended: set[bool] = set()
    for sampling in (GREEDY, DRAWN, replace(DRAWN, max_new_tokens=4)):
        said = _texts(ours.generate(prompts, sampling))
        assert said == _texts(theirs.generate(prompts, sampling))
        ended |= {cut for row in said for _, _, cut in row}
    assert ended == {False, True}


@needs_unsloth
def test_adapters_go_from_one_engine_to_the_other(
    llama_folder: Path, adapter: Path, prompts: Prompts, pairs: Pairs, tmp_path: Path
) -> None:
    """What unsloth saved answers the same in torch, and the other way round; PEFT's layout."""
    trained = _load(llama_folder, adapter)
    said = _texts(trained.generate(prompts, GREEDY))
    assert said != _texts(_load(llama_folder).generate(prompts, GREEDY))
    assert _texts(_load(llama_folder, adapter, "torch").generate(prompts, GREEDY)) == said
    notes = json.loads((adapter / "adapter_config.json").read_text())
    assert notes["base_model_name_or_path"] == str(llama_folder)
    assert sorted(notes["target_modules"]) == [
        *("down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj")
    ]
    other = _load(llama_folder, backend="torch")
    other.train(_request(other, pairs))
    other.save_adapter(tmp_path / "torch")
    again = _load(llama_folder, tmp_path / "torch")
    assert _texts(again.generate(prompts, GREEDY)) == _texts(other.generate(prompts, GREEDY))


@needs_unsloth
def test_training_goes_as_in_torch(llama_folder: Path, pairs: Pairs) -> None:
    """The same losses, step by step: nothing of the recipe is lost on the way through unsloth."""
    losses: dict[str, list[float]] = {"torch": [], "unsloth": []}
    for backend, found in losses.items():
        model = _load(llama_folder, backend=backend, precision="fp32")

        def note(log: StepLog, found: list[float] = found) -> None:
            found.append(log.loss)

        config = LORA.model_copy(update={"lora_dropout": 0.0})
        model.train(_request(model, pairs, config, on_step=note))
    assert losses["unsloth"][-1] < losses["unsloth"][0]
    assert losses["unsloth"] == pytest.approx(losses["torch"], rel=1e-4)


@needs_unsloth
def test_an_adapter_that_is_loaded_goes_on(
    llama_folder: Path, adapter: Path, pairs: Pairs, tmp_path: Path, saved: Saved
) -> None:
    """Its own matrices are trained further, whatever base it was told of when it was saved."""
    notes = json.loads((adapter / "adapter_config.json").read_text())
    notes["base_model_name_or_path"] = "/a/folder/of/another/machine"
    (adapter / "adapter_config.json").write_text(json.dumps(notes))
    model = _load(llama_folder, adapter)
    model.save_adapter(tmp_path / "same")
    assert saved(tmp_path / "same") == saved(adapter)
    model.train(_request(model, pairs, seed=2))
    model.save_adapter(tmp_path / "further")
    assert saved(tmp_path / "further") != saved(adapter)
    assert json.loads((adapter / "adapter_config.json").read_text()) == notes


@needs_unsloth
def test_what_a_model_brings_for_generation_is_left_out(copied: Path, prompts: Prompts) -> None:
    """Qwen's files ask for a repetition penalty; other engines do not apply it. Ends are kept."""
    plain = _texts(_load(copied).generate(prompts, GREEDY))
    settings = json.loads((copied / "generation_config.json").read_text())
    wishes = {"repetition_penalty": 3.0, "do_sample": True, "top_k": 2, "min_new_tokens": 20}
    (copied / "generation_config.json").write_text(json.dumps(settings | wishes))
    model = _load(copied)
    assert model.network.generation_config.repetition_penalty == 3.0
    assert _texts(model.generate(prompts, GREEDY)) == plain
    assert model.network.generation_config.repetition_penalty == 3.0


@needs_unsloth
def test_fewer_activations_give_the_same_weights(
    llama_folder: Path, pairs: Pairs, prompts: Prompts, tmp_path: Path, saved: Saved
) -> None:
    """unsloth's checkpointing is on in every step, also after an evaluation in between."""
    kept: dict[bool, list[bool]] = {False: [], True: []}
    for less, seen in kept.items():
        model = _load(llama_folder, precision="fp32")
        config = LORA.model_copy(update={"gradient_checkpointing": less})

        def look(log: StepLog, seen: list[bool] = seen, model: Any = model) -> None:
            layers = model.network.get_base_model().model.layers
            seen.append(any(layer.gradient_checkpointing for layer in layers))

        def evaluate(step: int, model: Any = model) -> None:
            model.generate(prompts[:2], GREEDY)

        model.train(
            _request(model, pairs, config, on_step=look, evaluate_at=(2, 4), on_evaluate=evaluate)
        )
        model.save_adapter(tmp_path / str(less))
    assert kept == {False: [False] * 6, True: [True] * 6}
    assert saved(tmp_path / "True") == saved(tmp_path / "False")


@needs_unsloth
def test_all_weights_can_be_trained(
    llama_folder: Path, pairs: Pairs, prompts: Prompts, tmp_path: Path
) -> None:
    """A whole model comes out, which torch reads too, goes on, and takes no adapter any more."""
    config = LORA.model_copy(update={"method": "full", "lr": 1e-2})
    model = _load(llama_folder)
    model.train(_request(model, pairs, config))
    model.save_adapter(tmp_path / "whole")
    said = _texts(model.generate(prompts, GREEDY))
    again = _load(llama_folder, tmp_path / "whole")
    assert _texts(again.generate(prompts, GREEDY)) == said
    assert (
        _texts(_load(llama_folder, tmp_path / "whole", "torch").generate(prompts, GREEDY)) == said
    )
    again.train(_request(again, pairs, config))
    assert _texts(again.generate(prompts, GREEDY)) != said
    with pytest.raises(BackendError, match="wanted method full, as the model that it starts from"):
        again.train(_request(again, pairs))


@needs_unsloth
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"device": "cuda"}, "model.device: wanted auto or cpu.*got 'cuda'"),
        ({"device": "mps"}, "model.device: wanted auto or cpu.*got 'mps'"),
        ({"precision": "4bit"}, "model.precision: wanted a precision that cpu can do, got 4bit"),
        ({"precision": "fp16"}, "wanted auto, fp32 or bf16 with unsloth on a CPU, got fp16"),
    ],
)
def test_what_a_cpu_cannot_do(llama_folder: Path, settings: dict[str, str], message: str) -> None:
    _load(llama_folder)  # settles for the CPU, also where a card is
    with pytest.raises(BackendError, match=message) as caught:
        _load(llama_folder, **settings)
    _one_line(caught.value)


@needs_unsloth
def test_models_that_cannot_be_used(copied: Path, adapter: Path, tmp_path: Path) -> None:
    """Pickles, missing layers, adapters of another shape: refused, where unsloth would go on."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    other = LlamaConfig.from_pretrained(copied)
    other.hidden_size = 48
    LlamaForCausalLM(other).save_pretrained(tmp_path / "other")
    AutoTokenizer.from_pretrained(copied).save_pretrained(tmp_path / "other")
    with pytest.raises(ModelError, match="adapter: wanted weights of this base") as caught:
        _load(tmp_path / "other", adapter)
    _one_line(caught.value)
    (adapter / "adapter_config.json").write_text("[1, 2]")
    with pytest.raises(ModelError, match="adapter: wanted weights of this base"):
        _load(copied, adapter)

    settings = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps(settings | {"num_hidden_layers": 3}))
    with pytest.raises(ModelError, match=r"missing, for instance model\.layers\.2\."):
        _load(copied)
    (copied / "config.json").write_text(json.dumps(settings))
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(ModelError, match="wanted a causal language model") as caught:
        _load(copied)
    _one_line(caught.value)


_WATCHED = """
import sys
calls = []
sys.addaudithook(lambda event, args: calls.append((event, args))
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname") else None)
from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig
model = get_backend("unsloth").load(ModelConfig(name=sys.argv[1], backend="unsloth", device="cpu"))
model.generate([Prompt("p", "Short.")], Sampling(max_new_tokens=4))
assert not calls, calls
"""


@needs_unsloth
def test_nothing_is_sent_printed_or_left_behind(
    llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process of its own, online as far as it knows: no address is looked up, no file made."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "UNSLOTH_DISABLE_STATISTICS"):
        monkeypatch.delenv(name, raising=False)
    command = [sys.executable, "-c", _WATCHED, str(llama_folder)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []
