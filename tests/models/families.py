"""Tiny random models of each architecture, with a tokenizer of its type trained on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SPLIT_LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPLIT_QWEN_2 = SPLIT_LLAMA_3.replace(r"\p{N}{1,3}", r"\p{N}")
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA_3 = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] }}"
    "[/INST]{% else %} {{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)
WORDS = (
    "Question: Which tool stops the Leak that 1234 Alarms don't show? It's the HydraulicPump, isn't"
    " it?\nA) Pump\nB) Rope2\nC) DrillBit\nD) Valve\nTRACE: Rust causes Leak. Leak opens Alarm.\n"
    "ANSWER: B\n\n  two  spaces, 7 tabs\t\tand naïve café déjà-vu (brackets) [x] 99.5%\n"
)


def byte_level(kind: str) -> Any:
    """Return a tokenizers.Tokenizer of byte-level BPE that splits as ``kind`` does."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=kind in ("gpt-2", "smollm"))
    first: list[Any] = []
    if kind == "smollm":
        first = [pre_tokenizers.Digits(individual_digits=True)]
    if kind in ("llama-3", "qwen2"):
        pattern = SPLIT_LLAMA_3 if kind == "llama-3" else SPLIT_QWEN_2
        first = [pre_tokenizers.Split(Regex(pattern), behavior="isolated")]
    tokenizer: Any = Tokenizer(models.BPE(ignore_merges=kind == "llama-3"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*first, last]) if first else last
    tokenizer.decoder = decoders.ByteLevel()
    specials = {
        "gpt-2": ["<|endoftext|>"],
        "smollm": ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        "qwen2": ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        "llama-3": ["<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"],
    }[kind]
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([WORDS * 3], trainer)
    return tokenizer


def sentencepiece() -> Any:
    """Return a tokenizer of Mistral's kind: spaces as "▁", bytes for what is unknown.

    As in one converted from SentencePiece, every pair that makes a token is a merge.
    """
    import json

    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    trained: Any = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.Metaspace(split=True)
    trainer = trainers.BpeTrainer(
        vocab_size=200, special_tokens=["<unk>"], limit_alphabet=60, show_progress=False
    )
    trained.train_from_iterator([WORDS * 3], trainer)
    found = json.loads(trained.to_str())["model"]["vocab"]
    learned = [t for t, _ in sorted(found.items(), key=lambda item: item[1]) if t != "<unk>"]
    merged = [token for token in learned if len(token) > 1]
    pieces = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", *(f"<0x{i:02X}>" for i in range(256))]
    pieces += [*merged, *(token for token in learned if len(token) == 1)]
    ids = {piece: number for number, piece in enumerate(pieces)}
    merges = [
        (token[:i], token[i:])
        for token in merged
        for i in range(1, len(token))
        if token[:i] in ids and token[i:] in ids
    ]
    tokenizer: Any = Tokenizer(
        models.BPE(vocab=ids, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>", "[INST]", "[/INST]"])
    return tokenizer


_SPECIALS = {
    "gpt-2": {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"},
    "smollm": {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "chat_template": CHATML},
    "qwen2": {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "chat_template": CHATML},
    "llama-3": {
        "bos_token": "<|begin_of_text|>",
        "eos_token": "<|eot_id|>",
        "chat_template": LLAMA_3,
    },
    "mistral": {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "chat_template": MISTRAL,
    },
}


def wrapped(kind: str) -> Any:
    """Return the transformers tokenizer of ``kind``."""
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    inner = sentencepiece() if kind == "mistral" else byte_level(kind)
    if kind in ("mistral", "llama-3"):
        begin = _SPECIALS[kind]["bos_token"]
        inner.post_processor = TemplateProcessing(
            single=f"{begin} $A", special_tokens=[(begin, inner.token_to_id(begin))]
        )
    made: Any = PreTrainedTokenizerFast
    return made(tokenizer_object=inner, clean_up_tokenization_spaces=False, **_SPECIALS[kind])


def tiny(kind: str, tokenizer: Any, **changes: Any) -> Any:
    """Return a random model of 2 layers of the architecture that goes with ``kind``."""
    import torch
    import transformers

    name = {"mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3"}.get(kind, "Llama")
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32 if kind == "qwen3" else 16,
        "max_position_embeddings": 512,
        "initializer_range": 0.2,
        "tie_word_embeddings": kind in ("smollm", "qwen2"),
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        **changes,
    }
    model = getattr(transformers, f"{name}ForCausalLM")(
        getattr(transformers, f"{name}Config")(**sizes)
    )
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:  # biases begin as 0 and norms as 1: neither would be seen
                parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


def save_family(kind: str, folder: Path, **changes: Any) -> Path:
    """Write a tiny model of gpt-2, smollm, qwen2, qwen3, llama-3 or mistral into ``folder``."""
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    logging.disable_progress_bar()
    tokenizer = wrapped("qwen2" if kind == "qwen3" else kind)
    model = tiny(kind, tokenizer, **changes)
    if tokenizer.convert_tokens_to_ids("<|im_end|>"):
        # As Qwen's settings say. llama.cpp ends at this name whatever the settings say.
        ends = tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])
        model.generation_config.eos_token_id = ends
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
