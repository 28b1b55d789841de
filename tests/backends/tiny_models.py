"""Tiny random models of the architectures, tokenizer types and chat templates of the presets.

A hub cannot be asked in a test, and need not be: what breaks with real models is how their parts
fit together, and the parts are all here. The templates are written from the documented formats of
the families (ChatML, Llama 3, Mistral's instruction tokens, Qwen 3 with its thinking block).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORDS = (
    "You must answer with a trace and one letter. Options: A Pump B Rope C Drill D Valve ANSWER: "
    "Which tool stops Leak? Name the last effect. What ends it? Dusk Dawn Noon Night is it. "
)

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CHATML_WITH_SYSTEM = (
    "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant."
    "<|im_end|>\n' }}{% endif %}" + CHATML
)
QWEN3 = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\n' }}{% if enable_thinking is defined and enable_thinking is false "
    "%}{{ '<think>\n\n</think>\n\n' }}{% endif %}{% endif %}"
)
LLAMA3 = (
    "{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + "
    "'<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' %}"
    "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}"
    "{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}"
    "{{ '[INST] ' + message['content'] + '[/INST]' }}{% else %}"
    "{{ ' ' + message['content'] + eos_token }}{% endif %}{% endfor %}"
)


@dataclass(frozen=True)
class Kind:
    """One family: which network, which tokenizer, which template, and the marks around it."""

    network: str
    tokenizer: str
    template: str | None
    bos: str | None
    eos: str
    marks: tuple[str, ...] = ()


KINDS = {
    "plain": Kind("llama", "bytes", None, None, "<|endoftext|>"),
    "smollm": Kind("llama", "bytes", CHATML, "<|im_start|>", "<|im_end|>", ("<|endoftext|>",)),
    "qwen2": Kind(
        "qwen2", "bytes", CHATML_WITH_SYSTEM, None, "<|im_end|>", ("<|im_start|>", "<|endoftext|>")
    ),
    "qwen3": Kind(
        "qwen3",
        "bytes",
        QWEN3,
        None,
        "<|im_end|>",
        ("<|im_start|>", "<|endoftext|>", "<think>", "</think>"),
    ),
    "llama3": Kind(
        "llama",
        "bytes",
        LLAMA3,
        "<|begin_of_text|>",
        "<|eot_id|>",
        ("<|start_header_id|>", "<|end_header_id|>"),
    ),
    "mistral": Kind("mistral", "pieces", MISTRAL, "<s>", "</s>", ("[INST]", "[/INST]")),
}


def save_tiny(kind: str, folder: Path, window: int = 512) -> Path:
    """Write a random model of ``kind`` into ``folder`` as the hub would hold it."""
    from transformers import AutoModelForCausalLM

    from graphtutor.models.pretrained import import_torch

    torch = import_torch()
    tokenizer = _tokenizer(KINDS[kind])
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(_config(KINDS[kind].network, tokenizer, window))
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _config(network: str, tokenizer: Any, window: int) -> Any:
    from transformers import LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config

    kinds: dict[str, Callable[..., Any]] = {
        "llama": LlamaConfig,
        "mistral": MistralConfig,
        "qwen2": Qwen2Config,
        "qwen3": Qwen3Config,
    }
    return kinds[network](
        # Real vocabularies are padded to a round number of rows.
        vocab_size=-(-len(tokenizer) // 32) * 32,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=window,
        initializer_range=0.2,
        tie_word_embeddings=network != "mistral",
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _tokenizer(kind: Kind) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    marks = [m for m in dict.fromkeys((kind.bos, kind.eos, *kind.marks)) if m]
    text = [WORDS[i : i + 40] for i in range(0, len(WORDS), 20)]
    if kind.tokenizer == "bytes":
        core = Tokenizer(models.BPE())
        core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        core.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=marks,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
    else:
        # As Mistral's: pieces with a mark for the space, bytes for what has no piece.
        fallback = [f"<0x{byte:02X}>" for byte in range(256)]
        core = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
        core.pre_tokenizer = pre_tokenizers.Metaspace(
            replacement="▁", prepend_scheme="first", split=False
        )
        core.decoder = decoders.Sequence(
            [
                decoders.Replace("▁", " "),
                decoders.ByteFallback(),
                decoders.Fuse(),
                decoders.Strip(" ", 1, 0),
            ]
        )
        trainer = trainers.BpeTrainer(
            vocab_size=600, special_tokens=["<unk>", *marks, *fallback], show_progress=False
        )
    core.train_from_iterator(text, trainer)
    if kind.tokenizer == "pieces":
        plain = [AddedToken(mark, normalized=False, special=True) for mark in marks]
        core.add_special_tokens(plain)
    if kind.bos and kind.network != "smollm" and kind.tokenizer == "pieces":
        core.post_processor = TemplateProcessing(
            single=f"{kind.bos} $A", special_tokens=[(kind.bos, core.token_to_id(kind.bos))]
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token=kind.bos,
        eos_token=kind.eos,
        pad_token=kind.marks[0] if kind.marks else kind.eos,
        clean_up_tokenization_spaces=False,
    )
    if kind.template:
        tokenizer.chat_template = kind.template
    return tokenizer
