"""The embedded model: a small Llama with its own byte-level BPE, in plain Hugging Face format.

Everything that works for it works for a hub model of the same architecture. Its tokenizer is
trained on generic English words (``words.txt``: the most frequent words of the docstrings and
comments of Python's standard library). It splits CamelCase at the humps, so that names which share
a word share a token, and a space belongs to the word before it, so that a name has the same tokens
wherever it stands; an option's letter with its bracket is one token, right before the name. The
format rules of a prompt, which never change, are one token, whose meaning is learned in the user's
run. Nothing else in vocabulary or weights knows a domain or the output format.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphtutor.tasks.prompt import FORMAT_RULES

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

__all__ = ["NANO_SHAPE", "build_model", "build_tokenizer", "nano_folder", "words"]

NANO_SHAPE: Final[dict[str, Any]] = {
    "hidden_size": 192,
    "intermediate_size": 512,
    "num_hidden_layers": 4,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    # Looking a fixed number of tokens back needs queries that do not depend on the token.
    "attention_bias": True,
    # Binding a name to its letter is learned late, or not at all, from large embeddings.
    "initializer_range": 0.02,
}

_VOCABULARY: Final = 5632
_SPLIT: Final = r"\b[A-Za-z]\) |[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+ ?|\d|[^\sA-Za-z\d]+ ?|\s"
_EMBEDDING_SCALE: Final = 0.2
_WRITE_SCALE: Final = 0.1
_OUTPUT_SCALE: Final = 0.2
_COPY_SCALE: Final = 0.3
_PAIRS, _STRENGTH = 4, 5.0
_PAD, _BOS, _EOS = "<|pad|>", "<|bos|>", "<|eos|>"


def nano_folder() -> Path:
    """Return the folder of the checkpoint that ships with the package."""
    return Path(str(resources.files("graphtutor") / "models" / "nano"))


def words() -> list[str]:
    """Return the generic word list, the most frequent first."""
    text = (resources.files("graphtutor") / "models" / "words.txt").read_text("utf-8")
    return text.split()


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Train the tokenizer; the same words give the same tokenizer."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer: Any = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY - 1,
        special_tokens=[_PAD, _BOS, _EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_training_text(words()), trainer)
    tokenizer.add_tokens([AddedToken(FORMAT_RULES, normalized=False, special=False)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=_BOS,
        eos_token=_EOS,
        pad_token=_PAD,
        padding_side="left",
        model_max_length=NANO_SHAPE["max_position_embeddings"],
        clean_up_tokenization_spaces=False,
    )


def build_model(tokenizer: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """Return an untrained nano model, the same for the same ``seed``."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    engine: Any = torch
    engine.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer), pad_token_id=0, bos_token_id=1, eos_token_id=2, **NANO_SHAPE
    )
    model = LlamaForCausalLM(config)
    markers: Any = [tokenizer([f"{x}) ", x], add_special_tokens=False)["input_ids"] for x in "ABCD"]
    _start_copying(model, [(marker[0], letter[0]) for marker, letter in markers])
    return model


def _start_copying(model: Any, markers: Sequence[tuple[int, int]]) -> None:
    """Begin with the parts that copying and binding are made of; all is free to change in training.

    From the library's flat random start they emerge late or not at all (450 steps of lookups left
    the letter at chance). This is mimetic initialisation, after Trockman and Kolter 2023
    (arXiv 2305.09828), for these parts:

    - the heads of the first layer look 1, 2, ... tokens back, by biases alone: query and key
      rotated apart by so many positions agree most there;
    - in the next two layers queries and keys share their projection, so that a token looks at its
      like;
    - what these heads read they write back unturned, and the output matrix starts as the embedding,
      so that what is looked at is what is said;
    - an option's marker ("B) ") starts as its letter: ``markers`` are such pairs of tokens.
    """
    import torch

    engine: Any = torch
    heads, groups = NANO_SHAPE["num_attention_heads"], NANO_SHAPE["num_key_value_heads"]
    size = NANO_SHAPE["hidden_size"] // heads
    angle = NANO_SHAPE["rope_theta"] ** (-torch.arange(_PAIRS) * 2 / size)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("proj.weight"):
                weight.normal_(std=weight.shape[1] ** -0.5)
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                weight.mul_(_WRITE_SCALE)
        # What layers write must not drown the token itself, or like cannot look for like.
        embedding = model.model.embed_tokens.weight.normal_(std=_EMBEDDING_SCALE)
        for marker, letter in markers:
            embedding[marker] = embedding[letter]
        model.lm_head.weight.copy_(embedding * _OUTPUT_SCALE)
        first, *others = [layer.self_attn for layer in model.model.layers]
        key = first.k_proj.bias.view(groups, size)
        query = first.q_proj.bias.view(heads, size)
        key[:, :_PAIRS] = _STRENGTH
        for head in range(heads):
            back = head + 1
            query[head, :_PAIRS] = _STRENGTH * torch.cos(back * angle)
            query[head, size // 2 : size // 2 + _PAIRS] = -_STRENGTH * torch.sin(back * angle)
        read: Any = engine.linalg.qr(first.v_proj.weight.T)[0].T
        for number, layer in enumerate((first, *others[:2])):
            layer.v_proj.weight.copy_(read)
            copying = range(1) if number == 0 else range(heads)
            for head in copying:
                part: Any = read.view(groups, size, -1)[head * groups // heads]
                layer.o_proj.weight[:, head * size : (head + 1) * size] = _COPY_SCALE * part.T
        for layer in others[:2]:
            shared = layer.k_proj.weight.view(groups, 1, size, -1)
            layer.q_proj.weight.view(groups, heads // groups, size, -1).copy_(shared)


def _training_text(vocabulary: list[str]) -> Iterator[str]:
    # BPE merges the most frequent pairs first: the number of repetitions decides which words become
    # one token. Lower case serves phrases and nouns, capitals serve the parts of names.
    yield "Question: Which Name this is it? A) B) C) D) E) F) , , " * 3000
    for rank, word in enumerate(vocabulary):
        lower = 300 if rank < 150 else 60 if rank < 500 else 2
        capital = 120 if rank < 400 else 80 if rank < 1200 else 30 if rank < 2600 else 4
        yield f"{word} " * lower
        yield f"{word}." * (lower // 5)
        yield word.capitalize() * capital
