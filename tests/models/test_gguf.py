"""GGUF files, run by llama.cpp itself: the same tokens and the same greedy completions as torch."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.models.families import SPLIT_LLAMA_3, SPLIT_QWEN_2

from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig
from graphtutor.errors import ModelError
from graphtutor.export.llama_cpp import LlamaCpp
from graphtutor.models.gguf import write_gguf
from graphtutor.models.gguf_shape import read_shape
from graphtutor.models.gguf_tensors import gguf_name, open_weights, permuted
from graphtutor.models.gguf_vocabulary import pre_tokenizer_name, read_vocabulary
from graphtutor.models.nano import nano_folder

pytest.importorskip("gguf")
LIMIT = 24
_BOTH_CASES = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
Make = Callable[..., Path]


def load(folder: Path) -> Any:
    from graphtutor.backends.registry import get_backend

    return get_backend("torch").load(ModelConfig(name=str(folder), device="cpu", precision="fp32"))


def prompt_ids(model: Any, text: str) -> list[int]:
    example = model.encode(text, "")
    pairs = zip(example.tokens, example.mask, strict=True)
    return [token for token, trained in pairs if not trained]


def run(file: Path, model: Any) -> LlamaCpp:
    pytest.importorskip("xllamacpp")

    def to_text(ids: Any) -> str:
        return model.tokenizer.decode(ids, skip_special_tokens=True)

    return LlamaCpp(file, lambda text: prompt_ids(model, text), to_text, window=512, threads=1)


def rendered(model: Any, text: str) -> str:
    if not model.chat_template():
        return text
    asked = [{"role": "user", "content": text}]
    return model.tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)


def answers(engine: Any, texts: list[str]) -> list[str]:
    prompts = [Prompt(str(i), text) for i, text in enumerate(texts)]
    return [row[0].text for row in engine.generate(prompts, Sampling(max_new_tokens=LIMIT))]


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "gpt-2": ("gpt-2", {}),
    "biases": ("gpt-2", {"attention_bias": True, "mlp_bias": True}),
    "smollm": ("smollm", {}),
    "qwen2": ("qwen2", {}),
    "qwen2-padded": ("qwen2", {"vocab_size": 448}),
    "qwen3": ("qwen3", {}),
    "mistral": ("mistral", {}),
    "llama-3": ("llama-3", {}),
    "llama-3.1": (
        "llama-3",
        {
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 10000.0,
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            }
        },
    ),
    "linear": (
        "gpt-2",
        {"rope_parameters": {"rope_type": "linear", "rope_theta": 5000.0, "factor": 4.0}},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_llama_cpp_reads_and_answers_as_torch(
    case: str, make_folder: Make, texts: list[str], tmp_path: Path
) -> None:
    """Token ids of 26 prompts, and 26 greedy completions of 24 tokens."""
    kind, changes = CASES[case]
    folder = make_folder(kind, **changes)
    vocabulary = write_gguf(folder, tmp_path / "model.gguf")
    assert vocabulary.exact
    model = load(folder)
    engine = run(tmp_path / "model.gguf", model)
    for text in texts:
        special = not model.chat_template()
        theirs = engine.token_ids(rendered(model, text), add_special=special)
        assert theirs == prompt_ids(model, text), text
    assert answers(engine, texts) == answers(model, texts)


LEGACY = {
    "type": "Sequence",
    "normalizers": [
        {"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    ],
}


@pytest.mark.parametrize("chat", [True, False])
@pytest.mark.parametrize("way", ["first", "always", "never", "legacy"])
def test_every_way_of_adding_a_space_is_told_to_llama_cpp(
    way: str, chat: bool, make_folder: Make, texts: list[str], tmp_path: Path
) -> None:
    """SentencePiece tokenizers put a space before a text, or after special tokens, or nowhere.

    Where none is in its place, llama.cpp adds it to one that is there, so such texts are left out.
    """
    folder = Path(shutil.copytree(make_folder("mistral"), tmp_path / "copy"))
    file = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    if way == "legacy":
        file |= {"pre_tokenizer": None, "normalizer": LEGACY}
    else:
        file["pre_tokenizer"]["prepend_scheme"] = way
    (folder / "tokenizer.json").write_text(json.dumps(file), "utf-8")
    if not chat:
        (folder / "chat_template.jinja").unlink()
    vocabulary = write_gguf(folder, tmp_path / "model.gguf")
    assert vocabulary.space_prefix == (way == "legacy" or (way != "never" and not chat))
    model = load(folder)
    engine = run(tmp_path / "model.gguf", model)
    for text in texts:
        if not text.startswith(" "):
            theirs = engine.token_ids(rendered(model, text), add_special=not chat)
            assert theirs == prompt_ids(model, text), text


@pytest.mark.parametrize("kind", ["fp16", "bf16", "q8_0"])
def test_coarser_weights_are_near(kind: str, make_folder: Make, tmp_path: Path) -> None:
    """What is read back is the weight, up to the steps of its type; vectors stay as they are."""
    import gguf

    folder = make_folder("gpt-2")
    shape = read_shape(folder)
    write_gguf(folder, tmp_path / "model.gguf", kind)
    steps = {"fp16": 2**-11, "bf16": 2**-8, "q8_0": 2**-7}[kind]
    reader: Any = gguf.GGUFReader
    found = {tensor.name: tensor for tensor in reader(tmp_path / "model.gguf").tensors}
    with open_weights(folder) as weights:
        for name in weights.files:
            wanted, tensor = weights.read(name), found[gguf_name(name)]
            if "q_proj" in name or "k_proj" in name:
                wanted = permuted(wanted, shape.heads if "q_proj" in name else shape.groups)
            got = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(wanted.shape)
            if wanted.ndim == 1:
                assert (got == wanted).all()
            else:
                assert not (got == wanted).all()
                assert np.abs(got - wanted).max() <= steps * np.abs(wanted).max()


def test_rows_without_a_token_get_dummies_and_tokens_without_a_row_go(make_folder: Make) -> None:
    folder = make_folder("qwen2")
    exact = read_vocabulary(folder, 400)
    more = read_vocabulary(folder, 403)
    assert more.tokens == (*exact.tokens, "[PAD400]", "[PAD401]", "[PAD402]")
    assert more.kinds[400:] == (5, 5, 5)  # gguf.TokenType.UNUSED
    fewer = read_vocabulary(folder, 390)
    assert fewer.tokens == exact.tokens[:390]
    assert set(fewer.merges) < set(exact.merges)
    assert all("".join(merge.split(" ")) in fewer.tokens for merge in fewer.merges)


def test_an_unknown_splitting_is_told() -> None:
    """nano splits CamelCase, which none of llama.cpp's patterns does."""
    vocabulary = read_vocabulary(nano_folder(), 5632)
    assert not vocabulary.exact
    assert vocabulary.pre == "gpt-2"


SPLITS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "without the letters' case": (
        "qwen2",
        {"Regex": SPLIT_QWEN_2.replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)", _BOTH_CASES)},
    ),
    "another number of digits": (None, {"Regex": SPLIT_LLAMA_3.replace("{1,3}", "{1,2}")}),
    "a string": (None, {"String": " "}),
}


@pytest.mark.parametrize("case", SPLITS)
def test_a_pattern_is_known_by_every_character(case: str) -> None:
    wanted, pattern = SPLITS[case]
    split = {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}
    last = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
    file = {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, last]}, "model": {}}
    assert pre_tokenizer_name(file) == wanted
    assert pre_tokenizer_name({**file, "normalizer": {"type": "NFC"}}) == wanted
    assert pre_tokenizer_name({**file, "normalizer": {"type": "Lowercase"}}) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"architectures": ["GPT2LMHeadModel"]}, "LlamaForCausalLM, MistralForCausalLM, Qwen2"),
        ({"hidden_act": "gelu"}, "got hidden_act gelu"),
        (
            {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}},
            "dynamic",
        ),
    ],
)
def test_what_llama_cpp_computes_otherwise_is_refused(
    changes: dict[str, Any], expected: str, make_folder: Make, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(make_folder("gpt-2"), tmp_path / "copy"))
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, **changes}), "utf-8")
    with pytest.raises(ModelError, match=re.escape(expected)):
        write_gguf(folder, tmp_path / "model.gguf")
    assert not (tmp_path / "model.gguf").exists()


def test_a_sliding_window_bounds_the_context(make_folder: Make) -> None:
    """llama.cpp looks back without end here, so only what lies within the window is the same."""
    assert read_shape(make_folder("mistral", sliding_window=64)).context == 64
    assert read_shape(make_folder("mistral", sliding_window=None)).context == 512
    assert read_shape(make_folder("qwen2", sliding_window=64)).context == 512  # not used there


def test_weights_in_several_files(make_folder: Make, tmp_path: Path) -> None:
    """The same file comes out of a folder with one weights' file and of one with many."""
    from transformers import AutoModelForCausalLM

    whole = make_folder("smollm")
    parts = Path(shutil.copytree(whole, tmp_path / "parts"))
    (parts / "model.safetensors").unlink()
    network: Any = AutoModelForCausalLM.from_pretrained(whole)
    network.save_pretrained(parts, max_shard_size="50KB")
    assert len(list(parts.glob("*.safetensors"))) > 2
    write_gguf(whole, tmp_path / "a.gguf", name="same")
    write_gguf(parts, tmp_path / "b.gguf", name="same")
    assert (tmp_path / "a.gguf").read_bytes() == (tmp_path / "b.gguf").read_bytes()
