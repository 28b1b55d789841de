"""Adapters from one layout to the other: the same bits, the same function, or a refusal."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.errors import ModelError
from graphtutor.models.adapter_tensors import Tensor, read_tensors, write_tensors
from graphtutor.models.adapters import (
    Adapter,
    layout_of,
    mlx_to_peft,
    peft_to_mlx,
    read_adapter,
    write_adapter,
)

pytest.importorskip("safetensors")

PLACES = ("self_attn.q_proj", "mlp.down_proj")
PEFT, MLX, SETTINGS = "adapter_model.safetensors", "adapters.safetensors", "adapter_config.json"
LINEAR = {
    **dict.fromkeys(["q_proj", "k_proj", "v_proj", "o_proj"], "self_attn"),
    **dict.fromkeys(["gate_proj", "up_proj", "down_proj"], "mlp"),
}
WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}


def _tensor(rows: int, columns: int, kind: str = "F32", seed: int = 0) -> Tensor:
    """Random bits: numbers, infinities and every kind of NaN."""
    draw = np.random.default_rng([seed, rows, columns]).bytes(rows * columns * WIDTHS[kind])
    items = np.frombuffer(draw, dtype=f"<u{WIDTHS[kind]}").reshape(rows, columns)
    return Tensor(kind, items)


def _adapter(layers: range = range(2), kind: str = "F32", **changes: Any) -> Adapter:
    """Rank 4 on a model of width 6, whose second kind of layer is 10 wide."""
    modules = {
        f"model.layers.{layer}.{place}": (
            _tensor(4, 6 + 4 * n, kind, layer),
            _tensor(6, 4, kind, layer),
        )
        for layer in layers
        for n, place in enumerate(PLACES)
    }
    values = {"rank": 4, "alpha": 8, "dropout": 0.05, "modules": modules, "base": "owner/base"}
    return Adapter(**{**values, **changes})


def _settings(folder: Path, **changes: Any) -> Any:
    """Change the settings in ``folder`` and return them."""
    path = folder / SETTINGS
    settings = json.loads(path.read_text("utf-8")) | changes
    path.write_text(json.dumps(settings), "utf-8")
    return settings


@pytest.fixture(params=["named", "all-linear"])
def peft_folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """What PEFT itself writes for a Llama with 2 layers; of "all-linear" it writes whole paths."""
    torch, peft = pytest.importorskip("torch"), pytest.importorskip("peft")
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=32,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
    )
    settings = peft.LoraConfig(
        r=4,
        lora_alpha=8,
        lora_dropout=0.1,
        target_modules=list(LINEAR) if request.param == "named" else "all-linear",
        task_type="CAUSAL_LM",
        init_lora_weights=False,  # random B as well
    )
    network = LlamaForCausalLM(shape)
    network.name_or_path = "owner/base"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft uses what transformers will rename
        peft.get_peft_model(network, settings).save_pretrained(
            tmp_path / "peft", save_embedding_layers=False
        )
    return tmp_path / "peft"


def test_there_and_back_gives_the_file_that_peft_wrote(peft_folder: Path, tmp_path: Path) -> None:
    """Not only the same tensors: the same bytes, header and all."""
    peft_to_mlx(peft_folder, tmp_path / "mlx")
    mlx_to_peft(tmp_path / "mlx", tmp_path / "back")
    assert (tmp_path / "back" / PEFT).read_bytes() == (peft_folder / PEFT).read_bytes()
    before, after = _settings(peft_folder), _settings(tmp_path / "back")
    for key in ("peft_type", "task_type", "r", "lora_alpha", "lora_dropout", "bias"):
        assert after[key] == before[key], key
    assert after["target_modules"] == sorted(before["target_modules"])
    assert after["base_model_name_or_path"] == "owner/base"


def test_the_layout_of_mlx(peft_folder: Path, tmp_path: Path) -> None:
    """Names, transposes and settings as mlx-lm writes them."""
    peft_to_mlx(peft_folder, tmp_path / "mlx", base="other/base")
    theirs, ours = read_tensors(peft_folder / PEFT), read_tensors(tmp_path / "mlx" / MLX)
    assert len(ours) == len(theirs) == 2 * 7 * 2
    name = "model.layers.1.mlp.up_proj"
    for ending, letter in (("lora_a", "A"), ("lora_b", "B")):
        wanted = theirs[f"base_model.model.{name}.lora_{letter}.weight"].items.T
        assert (ours[f"{name}.{ending}"].items == wanted).all()
    settings = _settings(tmp_path / "mlx")
    assert settings["fine_tune_type"] == "lora"
    assert settings["num_layers"] == -1
    assert settings["model"] == "other/base"
    shape = settings["lora_parameters"]
    assert (shape["rank"], shape["scale"], shape["dropout"]) == (4, 2.0, 0.1)
    places = {f"{part}.{name}" for name, part in LINEAR.items()}
    whole = {f"model.layers.{layer}.{place}" for layer in range(2) for place in places}
    named = "q_proj" in _settings(peft_folder)["target_modules"]
    assert shape["keys"] == sorted(places if named else whole)


@given(
    kind=st.sampled_from(sorted(WIDTHS)),
    layers=st.sampled_from([range(1), range(3), range(1, 3), range(11)]),
    rank=st.integers(1, 5),
    alpha=st.one_of(st.integers(1, 512), st.floats(0.01, 512)),
)
def test_any_adapter_goes_there_and_back(
    kind: str, layers: range, rank: int, alpha: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every bit of every type, some layers or all, and the scale to the last bit but one."""
    folder = tmp_path_factory.mktemp("any")
    modules = {
        f"model.layers.{layer}.{PLACES[0]}": (_tensor(rank, 3, kind), _tensor(7, rank, kind))
        for layer in layers
    }
    write_adapter(_adapter(rank=rank, alpha=alpha, modules=modules), folder / "a", "peft")
    peft_to_mlx(folder / "a", folder / "b")
    mlx_to_peft(folder / "b", folder / "c")
    assert (folder / "c" / PEFT).read_bytes() == (folder / "a" / PEFT).read_bytes()
    one, two = _settings(folder / "a"), _settings(folder / "c")
    assert two["lora_alpha"] / rank == pytest.approx(one["lora_alpha"] / rank, rel=4e-16)
    if isinstance(alpha, int):
        assert two["lora_alpha"] == alpha
        assert isinstance(two["lora_alpha"], int)
    assert two["target_modules"] == one["target_modules"]


def test_an_adapter_of_some_layers_names_them(tmp_path: Path) -> None:
    """mlx-lm adapts the last layers only, unless told otherwise; PEFT has to hear which."""
    write_adapter(_adapter(range(1, 3)), tmp_path / "mlx", "mlx")
    _settings(
        tmp_path / "mlx",
        num_layers=2,
        lora_parameters={"rank": 4, "scale": 2.0, "dropout": 0.0, "keys": list(PLACES)},
    )
    mlx_to_peft(tmp_path / "mlx", tmp_path / "peft")
    wanted = sorted(f"model.layers.{layer}.{place}" for layer in (1, 2) for place in PLACES)
    assert _settings(tmp_path / "peft")["target_modules"] == wanted
    peft_to_mlx(tmp_path / "peft", tmp_path / "again")
    assert _settings(tmp_path / "again")["lora_parameters"]["keys"] == wanted


def test_rank_stabilised_scales_are_kept(tmp_path: Path) -> None:
    """There alpha is divided by the root of the rank; mlx-lm keeps the scale itself."""
    write_adapter(_adapter(), tmp_path / "peft", "peft")
    _settings(tmp_path / "peft", use_rslora=True)
    peft_to_mlx(tmp_path / "peft", tmp_path / "mlx")
    assert _settings(tmp_path / "mlx")["lora_parameters"]["scale"] == 8 / math.sqrt(4)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"peft_type": "LOHA"}, "wanted peft_type LORA, got LOHA"),
        ({"use_dora": True}, "got use_dora true"),
        ({"bias": "lora_only"}, 'got bias "lora_only"'),
        ({"lora_bias": True}, "got lora_bias true"),
        ({"modules_to_save": ["embed_tokens"]}, "got modules_to_save"),
        ({"trainable_token_indices": [1]}, "got trainable_token_indices"),
        ({"rank_pattern": {"q_proj": 8}}, "got rank_pattern"),
        ({"alpha_pattern": {"q_proj": 8}}, "got alpha_pattern"),
        ({"layer_replication": [[0, 2]]}, "got layer_replication"),
        ({"init_lora_weights": "pissa"}, 'got init_lora_weights "pissa"'),
        ({"target_parameters": ["experts.w"]}, "got target_parameters"),
        ({"a_setting_of_tomorrow": 1}, "got a_setting_of_tomorrow 1"),
        ({"target_modules": ["q_proj"]}, "got some of model.layers.0.mlp.down_proj"),
        ({"target_modules": "model.*q_proj"}, "got some of model.layers.0.mlp.down_proj"),
        ({"target_modules": "("}, "wanted target_modules as names or a pattern"),
        ({"r": 8}, "wanted an A and a B of rank 8"),
        ({"r": "4"}, "wanted r, a number above 0, got '4'"),
        ({"r": 4.5}, "wanted r, a whole number"),
        ({"lora_alpha": 0}, "wanted lora_alpha, a number above 0, got 0"),
        ({"lora_alpha": math.inf}, "wanted lora_alpha, a number above 0, got inf"),
    ],
)
def test_what_is_not_plain_lora_is_refused(
    changes: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    """And nothing is written: half an adapter would be loaded without a word."""
    write_adapter(_adapter(), tmp_path / "peft", "peft")
    _settings(tmp_path / "peft", **changes)
    with pytest.raises(ModelError) as caught:
        peft_to_mlx(tmp_path / "peft", tmp_path / "mlx")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "mlx").exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"fine_tune_type": "dora"}, "got dora"),
        ({"fine_tune_type": "full"}, "got full"),
        ({"lora_parameters": {"rank": 4, "alpha": 8}}, "wanted scale, a number above 0, got None"),
        ({"lora_parameters": {"rank": 2, "scale": 1.0}}, "wanted an A and a B of rank 2"),
        ({"model": ""}, "wanted the name of the base model, got none"),
    ],
)
def test_what_peft_cannot_express_is_refused(
    changes: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    write_adapter(_adapter(), tmp_path / "mlx", "mlx")
    _settings(tmp_path / "mlx", **changes)
    with pytest.raises(ModelError) as caught:
        mlx_to_peft(tmp_path / "mlx", tmp_path / "peft")
    assert expected in str(caught.value)
    assert not (tmp_path / "peft").exists()


@pytest.mark.parametrize(
    "name",
    [
        "base_model.model.model.embed_tokens.lora_embedding_A",
        "base_model.model.model.embed_tokens.lora_A.weight",
        "base_model.model.lm_head.weight",
        "base_model.model.model.layers.0.mlp.down_proj.lora_magnitude_vector.weight",
        "base_model.model.model.layers.0.mlp.up_proj.lora_A.weight",
    ],
)
def test_other_weights_in_the_file_are_refused(name: str, tmp_path: Path) -> None:
    """Embeddings, whole layers, magnitudes, half of a pair."""
    write_adapter(_adapter(), tmp_path / "peft", "peft")
    path = tmp_path / "peft" / PEFT
    write_tensors(path, {**read_tensors(path), name: _tensor(4, 6)}, "pt")
    with pytest.raises(ModelError, match=r"wanted (A and B|an A and a B) of"):
        peft_to_mlx(tmp_path / "peft", tmp_path / "mlx")


def test_layouts_are_told_apart(tmp_path: Path) -> None:
    """By what stands in the settings, whose file has the same name in both."""
    for layout in ("peft", "mlx"):
        write_adapter(_adapter(), tmp_path / layout, layout)
        assert layout_of(tmp_path / layout) == layout
    assert layout_of(tmp_path) is None
    with pytest.raises(ModelError, match="layout of peft, got one of mlx"):
        peft_to_mlx(tmp_path / "mlx", tmp_path / "out")
    with pytest.raises(ModelError, match="layout of mlx, got one of peft"):
        mlx_to_peft(tmp_path / "peft", tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (SETTINGS, b"{broken", "wanted JSON"),
        (SETTINGS, b"[]", "wanted a JSON object, got list"),
        (SETTINGS, b'{"r": 4}', "wanted settings with peft_type"),
        (PEFT, b"", "wanted a whole safetensors file"),
        (PEFT, b"\x08\0\0\0\0\0\0\0{broken}", "wanted a whole safetensors file"),
        (PEFT, None, "wanted a whole safetensors file"),
    ],
)
def test_damaged_adapters_are_named(
    name: str, content: bytes | None, expected: str, tmp_path: Path
) -> None:
    write_adapter(_adapter(), tmp_path / "peft", "peft")
    path = tmp_path / "peft" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=expected) as caught:
        read_adapter(tmp_path / "peft")
    assert str(path) in str(caught.value)


def test_folders_without_an_adapter(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"wanted an adapter: .* got a folder without"):
        read_adapter(tmp_path)
    with pytest.raises(ModelError, match="got no such folder"):
        read_adapter(tmp_path / "nowhere")


def test_a_tensor_file_reads_as_the_library_reads_it(tmp_path: Path) -> None:
    """Written by hand, for bfloat16; the library has to find the same numbers."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    tensors = {kind: _tensor(3, 5, kind) for kind in WIDTHS}
    write_tensors(tmp_path / "x.safetensors", tensors, "pt")
    assert [path.name for path in tmp_path.iterdir()] == ["x.safetensors"]
    kinds = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16}
    for kind, tensor in load_file(tmp_path / "x.safetensors").items():
        assert tensor.dtype == kinds.get(kind, torch.bfloat16)
        raw = tensor.contiguous().view(torch.uint8).numpy().tobytes()
        assert raw == tensors[kind].items.tobytes()
