"""Merging in float32: the same model, in one piece, without a trace of where it was made."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.errors import ModelError
from graphtutor.models.merge import Merged, merge, save_merged

torch: Any = pytest.importorskip("torch")
Make = Callable[..., Path]
ASKED = ["Which tool stops the Leak?", "A) Pump\nB) Rope"]


@pytest.fixture(scope="module")
def base(make_folder: Make) -> Path:
    return make_folder("smollm")


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of all projections whose both matrices are random, so that it says something."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("adapter")
    torch.manual_seed(1)
    network: Any = AutoModelForCausalLM.from_pretrained(base)
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        joined: Any = get_peft_model(network, config)
    with torch.no_grad():
        for name, weight in joined.named_parameters():
            if "lora_" in name:
                weight.normal_(std=0.1)
    joined.save_pretrained(str(folder))
    return folder


def logits(network: Any, tokenizer: Any) -> Any:
    with torch.inference_mode():
        return torch.cat(
            [network(input_ids=torch.tensor([tokenizer(t)["input_ids"]])).logits[0] for t in ASKED]
        )


def joined_logits(base: Path, adapter: Path) -> Any:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    network: Any = AutoModelForCausalLM.from_pretrained(base)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        joined: Any = PeftModel.from_pretrained(network, str(adapter))
    return logits(joined.eval(), AutoTokenizer.from_pretrained(base))


def test_merged_computes_what_base_and_adapter_compute(base: Path, adapter: Path) -> None:
    merged = merge(str(base), adapter, ASKED)
    side_by_side = joined_logits(base, adapter)
    apart = (logits(merged.network, merged.tokenizer) - side_by_side).abs().max()
    assert merged.shift == pytest.approx(float(apart), abs=1e-9)
    assert 0 < float(apart) < 1e-4
    untouched = merge(str(base), None, ASKED)
    assert untouched.shift is None
    assert (logits(untouched.network, untouched.tokenizer) - side_by_side).abs().max() > 0.1


@pytest.mark.parametrize(("dtype", "most"), [("fp32", 0.0), ("bf16", 0.5), ("fp16", 0.1)])
def test_what_is_saved_is_what_was_merged(
    dtype: str, most: float, base: Path, adapter: Path, tmp_path: Path
) -> None:
    merged = merge(str(base), adapter, ASKED)
    wanted = logits(merged.network, merged.tokenizer)
    save_merged(merged, tmp_path / "out", dtype)
    again = merge(str(tmp_path / "out"), None, ())
    apart = float((logits(again.network, again.tokenizer) - wanted).abs().max())
    assert apart <= most
    assert (apart == 0) == (dtype == "fp32")
    config = json.loads((tmp_path / "out" / "config.json").read_text("utf-8"))
    assert config["dtype"] == {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}[dtype]
    assert not list((tmp_path / "out").glob("*.bin"))
    for file in (tmp_path / "out").iterdir():
        assert str(base).encode() not in file.read_bytes(), file.name


def test_an_adapter_of_mlx_is_merged_as_well(base: Path, adapter: Path, tmp_path: Path) -> None:
    from graphtutor.models.adapters import peft_to_mlx

    (tmp_path / "mlx").mkdir()
    peft_to_mlx(adapter, tmp_path / "mlx")
    theirs, ours = merge(str(base), tmp_path / "mlx", ASKED), merge(str(base), adapter, ASKED)
    one, other = (logits(m.network, m.tokenizer) for m in (theirs, ours))
    assert torch.equal(one, other)


def test_a_whole_model_takes_the_place_of_its_base(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    save_merged(merge(str(base), adapter, ()), tmp_path / "whole")
    passed = merge(str(base), tmp_path / "whole", ASKED)
    assert passed.shift is None
    first = merge(str(base), adapter, ())
    assert torch.equal(
        passed.network.model.layers[0].mlp.up_proj.weight,
        first.network.model.layers[0].mlp.up_proj.weight,
    )


def test_a_base_in_several_files_loads(base: Path, adapter: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    parts = Path(shutil.copytree(base, tmp_path / "parts"))
    (parts / "model.safetensors").unlink()
    network: Any = AutoModelForCausalLM.from_pretrained(base)
    network.save_pretrained(parts, max_shard_size="50KB")
    assert (parts / "model.safetensors.index.json").is_file()
    one, other = merge(str(base), adapter, ()), merge(str(parts), adapter, ())
    assert torch.equal(logits(one.network, one.tokenizer), logits(other.network, other.tokenizer))


def test_generation_ends_where_our_decoding_ends(base: Path, tmp_path: Path) -> None:
    """And is greedy, whatever the base model's settings say."""
    from transformers import AutoModelForCausalLM

    merged = merge(str(base), None, ())
    merged.network.generation_config.temperature = 0.7
    merged.network.generation_config.do_sample = True
    merged.network.generation_config.eos_token_id = 5
    save_merged(merged, tmp_path / "out", layout="mlx")
    network: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    settings = network.generation_config
    assert settings.eos_token_id == [merged.tokenizer.eos_token_id, 5]
    assert not settings.do_sample
    assert settings.temperature in (None, 1.0)


@pytest.mark.parametrize(
    ("matter", "license"),
    [
        ("---\nlicense: apache-2.0\nlanguage: en\n---\n# Model\n", "apache-2.0"),
        ("# Model\nlicense: none of this\n", ""),
        (None, ""),
    ],
)
def test_the_licence_is_what_the_bases_card_says(
    matter: str | None, license: str, base: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "base"))
    if matter is not None:
        (folder / "README.md").write_text(matter, "utf-8")
    assert merge(str(folder), None, ()).license == license


def test_what_is_no_adapter_is_refused(base: Path, adapter: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="a folder with neither"):
        merge(str(base), tmp_path / "empty", ())
    other = Path(shutil.copytree(adapter, tmp_path / "other"))
    settings = json.loads((other / "adapter_config.json").read_text("utf-8"))
    settings["r"] = 8
    (other / "adapter_config.json").write_text(json.dumps(settings), "utf-8")
    with pytest.raises(ModelError, match="that can be merged"):
        merge(str(base), other, ())
    with pytest.raises(ModelError, match="--dtype: wanted one of fp32, bf16, fp16"):
        save_merged(Merged(None, None, None, ""), tmp_path / "out", "int4")


@pytest.mark.parametrize("rope", ["default", "linear", "llama3"])
def test_positions_are_told_in_the_words_of_older_readers_too(
    rope: str, make_folder: Make, tmp_path: Path
) -> None:
    """mlx-lm passes over ``rope_parameters``: with another base than 10,000 it would go astray."""
    more = {
        "default": {},
        "linear": {"factor": 4.0},
        "llama3": {
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64,
        },
    }
    settings = {"rope_type": rope, "rope_theta": 500_000.0, **more[rope]}
    merged = merge(str(make_folder("smollm", rope_parameters=settings)), None, ASKED)
    wanted = logits(merged.network, merged.tokenizer)
    save_merged(merged, tmp_path / "out", "fp32")
    again = merge(str(tmp_path / "out"), None, ASKED)
    assert torch.equal(logits(again.network, again.tokenizer), wanted)
    mx: Any = pytest.importorskip("mlx.core")
    library: Any = pytest.importorskip("mlx_lm")
    network, _ = library.load(str(tmp_path / "out"))
    rows = [merged.tokenizer(text)["input_ids"] for text in ASKED]
    read = [torch.tensor(network(mx.array([row]))[0].tolist()) for row in rows]
    assert torch.allclose(torch.cat(read), wanted, atol=1e-4)
