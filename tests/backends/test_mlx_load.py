"""What the mlx engine reads as transformers does, and what it says of what it cannot read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.base import TrainRequest
from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig, TrainConfig
from graphtutor.errors import BackendError, GraphtutorError, ModelError

torch = pytest.importorskip("torch")

from tests.backends.mlx_library import mx, trees  # noqa: E402

TEXT = (
    "Which tool stops Leak? Pump is it. Which cause has Alarm? Storm is it. Name the last effect."
)


def _load(folder: Path | str, adapter: Path | None = None, **changes: Any) -> Any:
    model = ModelConfig(**{"name": str(folder), "backend": "mlx", "device": "cpu", **changes})
    return get_backend(model.backend).load(model, adapter)


def _one_line(problem: GraphtutorError) -> str:
    text = str(problem)
    assert "\n" not in text
    assert "wanted" in text
    assert "got" in text
    return text


def _change(folder: Path, name: str = "config.json", **changes: Any) -> None:
    path = folder / name
    settings = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**settings, **changes}), "utf-8")


def _difference(folder: Path, adapter: Path | None = None) -> float:
    """Return the largest difference of log-probabilities between torch and mlx."""
    read = [
        next(iter(_load(folder, adapter, backend=library, precision="fp32").log_probs([TEXT])))
        for library in ("torch", "mlx")
    ]
    return float(abs(read[0].log_probs - read[1].log_probs).max())


@pytest.fixture
def copied(llama_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may spoil."""
    return Path(shutil.copytree(llama_folder, tmp_path / "copied"))


@pytest.mark.parametrize(
    "rope",
    [
        {"rope_type": "default", "rope_theta": 300.0},
        {"rope_type": "linear", "rope_theta": 300.0, "factor": 4.0},
        {
            "rope_type": "llama3",
            "rope_theta": 300.0,
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32,
        },
    ],
)
def test_rotary_settings_as_transformers_writes_them(copied: Path, rope: Any) -> None:
    """mlx-lm looks for them elsewhere and would take the default base of 10000."""
    plain = next(iter(_load(copied).log_probs([TEXT]))).log_probs
    _change(copied, rope_parameters=rope)
    assert _difference(copied) < 1e-4
    changed = next(iter(_load(copied).log_probs([TEXT]))).log_probs
    assert abs(plain - changed).max() > 1e-2


@pytest.mark.parametrize("missing", ["tie_word_embeddings", "rms_norm_eps"])
def test_settings_that_a_file_leaves_to_transformers(copied: Path, missing: str) -> None:
    """mlx-lm has defaults of its own: a tied head, for one, and no epsilon at all."""
    path = copied / "config.json"
    settings = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({k: v for k, v in settings.items() if k != missing}))
    assert _difference(copied) < 1e-4


def _saved(folder: Path, architecture: str, **changes: Any) -> Path:
    from transformers import CONFIG_MAPPING, AutoModelForCausalLM

    from graphtutor.models.nano import build_tokenizer

    tokenizer = build_tokenizer()
    shape = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 16,
        "max_position_embeddings": 256,
        "initializer_range": 0.2,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    torch.manual_seed(0)
    config = CONFIG_MAPPING[architecture](**{**shape, **changes})
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("architecture", ["qwen2", "qwen3", "mistral", "llama"])
def test_the_architectures_of_the_presets(architecture: str, tied: bool, tmp_path: Path) -> None:
    """Read as torch reads them, trained whole, saved and read by transformers."""
    base = _saved(tmp_path / "base", architecture, tie_word_embeddings=tied)
    assert _difference(base) < 1e-4
    model = _load(base)
    config = TrainConfig(method="full", steps=2, lr=1e-2, warmup=0.0)
    model.train(TrainRequest([model.encode("Leak?", "Pump.")], [[0], [0]], config, 1))
    model.save_adapter(tmp_path / "saved")
    assert _difference(base, tmp_path / "saved") < 1e-4
    settings = json.loads((tmp_path / "saved" / "config.json").read_text("utf-8"))
    assert settings["tie_word_embeddings"] is tied
    assert settings["dtype"] == "float32"


def test_a_sliding_window_that_mlx_has_not_is_the_window(tmp_path: Path) -> None:
    """Up to its width full attention is the same; what is longer is refused, not read otherwise."""
    wide = _saved(tmp_path / "wide", "mistral", sliding_window=None)
    assert _load(wide).window() == 256
    narrow = _saved(tmp_path / "narrow", "mistral", sliding_window=64)
    assert _load(narrow).window() == 64
    with pytest.raises(ModelError, match="wanted 2 to 64 tokens each"):
        _load(narrow).log_probs(["x " * 80])


def test_what_mlx_holds_in_another_form_is_not_trained_whole(tmp_path: Path) -> None:
    """It could be written in no form that anything else reads; an adapter could not be either."""
    shape = {"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 16}
    model = _load(_saved(tmp_path / "experts", "qwen3_moe", **shape))
    example = model.encode("a", "b")
    for method, expected in (("full", "in one form only"), ("lora", "a mixture of experts")):
        config = TrainConfig(steps=1, method=method)
        with pytest.raises(BackendError, match=expected) as caught:
            model.train(TrainRequest([example], [[0]], config, 0))
        _one_line(caught.value)


def test_every_end_token_ends(copied: Path) -> None:
    """The tokenizer's end and all that generation_config.json lists, as one number or several."""
    prompt, limit = [Prompt("a", TEXT)], Sampling(max_new_tokens=8)
    [[free]] = _load(copied).generate(prompt, limit)
    assert free.tokens == 8
    first = _load(copied).tokenizer(free.text, add_special_tokens=False)["input_ids"][0]
    for ends in (first, [9, first]):
        _change(copied, "generation_config.json", eos_token_id=ends)
        [[empty]] = _load(copied).generate(prompt, limit)
        assert (empty.text, empty.tokens, empty.cut) == ("", 0, False)


def test_precision_is_that_of_the_weights(copied: Path) -> None:
    """On a CPU float32 unless told otherwise; an adapter's weights always."""
    for precision, kind in (("auto", "float32"), ("bf16", "bfloat16"), ("fp16", "float16")):
        model = _load(copied, precision=precision)
        assert {x.dtype for _, x in trees.tree_flatten(model.network.parameters())} == {
            getattr(mx, kind)
        }
        assert model.about().endswith(f"million weights, {kind}, on cpu")
        config = TrainConfig(steps=3, lr=1e-2, warmup=0.0)
        losses: list[float] = []
        request = TrainRequest(
            [model.encode("Leak?", "Pump.")],
            [[0]] * 3,
            config,
            1,
            on_step=lambda log, losses=losses: losses.append(log.loss),
        )
        model.train(request)
        assert losses[-1] < losses[0]
        trained = trees.tree_flatten(model.network.trainable_parameters())
        assert {x.dtype for _, x in trained} == {mx.float32}
    with pytest.raises(BackendError, match=r"model\.precision: wanted auto, .* got 4bit"):
        _load(copied, precision="4bit")


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        _load(tmp_path / "nowhere")


def test_a_hub_id_without_a_network() -> None:
    """The tests are offline, as a user may be; the message says that a network is needed."""
    with pytest.raises(ModelError, match="needs a network the first time") as caught:
        _load("nobody/no-such-model")
    _one_line(caught.value)


def test_a_hub_model_in_the_cache(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name and by revision, whole or in parts, as the hub's own client has stored it."""
    from transformers import AutoModelForCausalLM

    cache, revision = tmp_path / "hub", "0123456789abcdef0123456789abcdef01234567"
    snapshot = cache / "models--owner--name" / "snapshots" / revision
    shutil.copytree(copied, snapshot)
    refs = cache / "models--owner--name" / "refs"
    refs.mkdir()
    (refs / "main").write_text(revision)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("transformers.utils.hub.constants.HF_HUB_CACHE", str(cache))
    wanted = next(iter(_load(copied).log_probs([TEXT]))).log_probs
    for changes in ({}, {"revision": revision}):
        model = _load("owner/name", **changes)
        assert (next(iter(model.log_probs([TEXT]))).log_probs == wanted).all()
    (snapshot / "model.safetensors").unlink()
    network = AutoModelForCausalLM.from_pretrained(copied)
    network.save_pretrained(snapshot, max_shard_size="300KB")
    assert len([*snapshot.glob("model-*.safetensors")]) > 1
    model = _load("owner/name")
    assert (next(iter(model.log_probs([TEXT]))).log_probs == wanted).all()
    model.train(TrainRequest([model.encode("a", "b")], [[0]], TrainConfig(steps=1), 0))
    model.save_adapter(tmp_path / "adapter")
    settings = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text("utf-8"))
    assert settings["base_model_name_or_path"] == "owner/name"


@pytest.mark.parametrize("device", ["banana", "cuda", "mps", "gpu"])
def test_a_device_that_is_not_there(llama_folder: Path, device: str) -> None:

    if device == "gpu" and mx.is_available(mx.gpu):
        pytest.skip("it is there")
    with pytest.raises(BackendError, match=f"model.device: wanted .*cpu.*, got '{device}'"):
        _load(llama_folder, device=device)


def test_weights_that_a_kill_has_cut_short(copied: Path) -> None:
    weights = copied / "model.safetensors"
    for size in (1000, weights.stat().st_size - 1000):
        weights.write_bytes(weights.read_bytes()[:size])
        with pytest.raises(ModelError) as caught:
            _load(copied)
        _one_line(caught.value)


def test_weights_that_do_not_fill_the_model(copied: Path) -> None:
    _change(copied, num_hidden_layers=3)
    with pytest.raises(ModelError, match=r"Missing 9 parameters: model\.layers\.2\.") as caught:
        _load(copied)
    _one_line(caught.value)


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
    torch.save({}, copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="No safetensors found"):
        _load(copied)


@pytest.mark.parametrize("how", ["auto_map", "model_file"])
def test_code_that_comes_with_a_model_is_not_run(copied: Path, how: str) -> None:
    """Even where config.json asks for it, in the way of transformers or in that of mlx-lm."""
    (copied / "own.py").write_text("raise SystemExit('code was run')\n")
    if how == "auto_map":
        _change(copied, model_type="own", auto_map={"AutoModelForCausalLM": "own.Model"})
    else:
        _change(copied, model_file="own.py")
    with pytest.raises(ModelError):
        _load(copied)


def test_adapters_that_do_not_fit(llama_folder: Path, tmp_path: Path) -> None:
    """One of another model, by its shapes or by its layers."""
    model = _load(llama_folder)
    config = TrainConfig(steps=1, lora_r=2)
    model.train(TrainRequest([model.encode("a", "b")], [[0]], config, seed=0))
    model.save_adapter(tmp_path / "adapter")
    wider = _saved(tmp_path / "wider", "llama", hidden_size=48)
    shorter = _saved(tmp_path / "shorter", "llama", num_hidden_layers=1)
    for base in (wider, shorter):
        with pytest.raises(ModelError, match="wanted a LoRA adapter of this base") as caught:
            _load(base, tmp_path / "adapter")
        assert "adapter" in _one_line(caught.value)


@pytest.mark.parametrize(("first", "second"), [("full", "lora"), ("lora", "full")])
def test_one_method_cannot_go_on_from_the_other(
    llama_folder: Path, first: str, second: str, tmp_path: Path
) -> None:
    model = _load(llama_folder)
    example = model.encode("a", "b")
    model.train(TrainRequest([example], [[0]], TrainConfig(steps=1, method=first), seed=0))
    model.save_adapter(tmp_path / "first")
    request = TrainRequest([example], [[0]], TrainConfig(steps=1, method=second), 0)
    for started in (model, _load(llama_folder, tmp_path / "first")):
        with pytest.raises(BackendError, match=f"wanted method {first}.* got {second}"):
            started.train(request)


def test_chat_models_get_the_prompt_through_their_template(copied: Path) -> None:
    """The same tokens as in torch, and the mask on the completion."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(copied)
    tokenizer.chat_template = (
        "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }} [end]{% endfor %}"
        "{% if add_generation_prompt %}[assistant] {% endif %}"
    )
    tokenizer.save_pretrained(copied)
    chat = _load(copied)
    example = chat.encode("Leak?", "Pump.")
    assert example == _load(copied, backend="torch").encode("Leak?", "Pump.")
    head = example.mask.index(True)
    assert chat.tokenizer.decode(example.tokens[:head]) == "[user] Leak? [end][assistant] "
    assert chat.chat_template() == tokenizer.chat_template


MISSING = """
import sys
sys.modules["mlx_lm"] = None
from graphtutor.backends.registry import get_backend
from graphtutor.config import ModelConfig
from graphtutor.errors import BackendError
try:
    get_backend("mlx").load(ModelConfig(name="nano", backend="mlx"))
except BackendError as problem:
    print(problem)
"""


def test_a_missing_library_is_one_line_with_the_command() -> None:
    """In a process of its own: what is imported once stays."""
    done = subprocess.run(
        [sys.executable, "-c", MISSING],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    assert done.stdout.count("\n") == 1
    assert "backend mlx: wanted the packages mlx and mlx-lm" in done.stdout
    assert "pip install 'graphtutor[mlx]'" in done.stdout
