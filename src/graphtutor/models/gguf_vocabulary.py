"""The tokenizer of a Hugging Face folder as GGUF knows it.

llama.cpp has two tokenizers that occur here. ``gpt2`` merges bytes within pieces of the text, and
how text falls into pieces is compiled into it under a name (``llama-bpe``, ``qwen2``, ...): a
tokenizer that splits by another pattern cannot be told to it. ``llama`` is SentencePiece: the text
is one piece, spaces are "▁", unknown characters are bytes, and of all neighbours that make a token
together the pair with the best score is joined first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from graphtutor.errors import ModelError

__all__ = ["Vocabulary", "add_vocabulary", "pre_tokenizer_name", "read_vocabulary"]

_APOSTROPHES: Final = (
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)",
    "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])",
)
_TAIL: Final = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA_3: Final = r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + _TAIL
_QWEN_2: Final = r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + _TAIL
_SCORE_OF_NOTHING: Final = -1e9


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Tokens in the order of their ids, one a row of the embedding.

    ``kinds`` are gguf.TokenType numbers. ``merges`` is empty for SentencePiece, ``scores`` for
    byte-level BPE. ``pre`` names the splitting; ``exact`` says that llama.cpp splits text so.
    """

    model: str
    pre: str
    exact: bool
    tokens: tuple[str, ...]
    kinds: tuple[int, ...]
    merges: tuple[str, ...]
    scores: tuple[float, ...]
    space_prefix: bool
    begins: bool
    specials: Mapping[str, int]
    template: str


def read_vocabulary(folder: Path, rows: int) -> Vocabulary:
    """Read the tokenizer of ``folder`` for an embedding of ``rows`` rows.

    Rows without a token get dummies; tokens without a row are left out, for the model cannot read
    them. Raises ModelError for a tokenizer that is neither byte-level BPE nor SentencePiece BPE.
    """
    from transformers import AutoTokenizer

    loader: Any = AutoTokenizer
    tokenizer: Any = loader.from_pretrained(str(folder), trust_remote_code=False)
    file = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    if file["model"].get("type") != "BPE":
        raise _unknown(f"a tokenizer of type {file['model'].get('type')}")
    sentencepiece = bool(file["model"].get("byte_fallback"))
    tokens, kinds = _tokens(file, rows, sentencepiece)
    known = {token: index for index, token in enumerate(tokens)}
    merges = [_pair(merge) for merge in file["model"]["merges"]]
    merges = [(left, right) for left, right in merges if left + right in known]
    name = None if sentencepiece else pre_tokenizer_name(file)
    return Vocabulary(
        model="llama" if sentencepiece else "gpt2",
        pre="default" if sentencepiece else name or "gpt-2",
        exact=sentencepiece or name is not None,
        tokens=tokens,
        kinds=kinds,
        merges=() if sentencepiece else tuple(f"{left} {right}" for left, right in merges),
        scores=_scores(tokens, merges) if sentencepiece else (),
        space_prefix=sentencepiece and _space_prefix(file, tokenizer),
        begins=_begins(tokenizer),
        specials=_specials(tokenizer, folder, rows),
        template=str(getattr(tokenizer, "chat_template", None) or ""),
    )


def add_vocabulary(writer: Any, vocabulary: Vocabulary) -> None:
    """Add the tokenizer's fields to a GGUFWriter."""
    writer.add_tokenizer_model(vocabulary.model)
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(list(vocabulary.tokens))
    writer.add_token_types(list(vocabulary.kinds))
    if vocabulary.scores:
        writer.add_token_scores(list(vocabulary.scores))
    if vocabulary.merges:
        writer.add_token_merges(list(vocabulary.merges))
    for name, number in vocabulary.specials.items():
        getattr(writer, f"add_{name}_token_id")(number)
    writer.add_add_bos_token(vocabulary.begins)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(vocabulary.space_prefix)
    if vocabulary.template:
        writer.add_chat_template(vocabulary.template)


def pre_tokenizer_name(file: Mapping[str, Any]) -> str | None:
    """Return llama.cpp's name for how the tokenizer.json ``file`` splits text; None if it has none.

    >>> bytes_only = {"type": "ByteLevel", "use_regex": True, "add_prefix_space": False}
    >>> pre_tokenizer_name({"pre_tokenizer": bytes_only, "model": {}})
    'gpt-2'
    """
    if any(s.get("type") != "NFC" for s in _steps(file.get("normalizer"), "normalizers")):
        return None
    steps = _steps(file.get("pre_tokenizer"), "pretokenizers")
    if not steps or steps[-1].get("type") != "ByteLevel" or steps[-1].get("add_prefix_space"):
        return None
    *before, last = steps
    if last.get("use_regex", True):
        if not before:
            return "gpt-2"
        digits = len(before) == 1 and before[0].get("type") == "Digits"
        return "smollm" if digits and before[0].get("individual_digits") else None
    if len(before) != 1 or before[0].get("type") != "Split":
        return None
    return _split_name(before[0], whole_words=bool(file["model"].get("ignore_merges")))


def _split_name(step: Mapping[str, Any], *, whole_words: bool) -> str | None:
    """Return the name of a Split; ``whole_words`` are looked up before anything is merged."""
    if step.get("behavior") != "Isolated" or step.get("invert"):
        return None
    pattern = str(step["pattern"].get("Regex", ""))
    start = next((start for start in _APOSTROPHES if pattern.startswith(start)), None)
    rest = pattern.removeprefix(start) if start else ""
    if rest == _LLAMA_3:
        return "llama-bpe" if whole_words else "smaug-bpe"
    return "qwen2" if rest == _QWEN_2 and not whole_words else None


def _tokens(
    file: Mapping[str, Any], rows: int, sentencepiece: bool
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    from gguf import TokenType

    names = {number: token for token, number in file["model"]["vocab"].items()}
    added = {entry["id"]: entry for entry in file["added_tokens"]}
    unknown = file["model"].get("unk_token")
    tokens: list[str] = []
    kinds: list[int] = []
    for number in range(rows):
        token = added[number]["content"] if number in added else names.get(number)
        if token is None:
            kind, token = TokenType.UNUSED, f"[PAD{number}]"
        elif sentencepiece and token == unknown:
            kind = TokenType.UNKNOWN
        elif number in added:
            kind = TokenType.CONTROL if added[number]["special"] else TokenType.USER_DEFINED
        elif sentencepiece and len(token) == 6 and token.startswith("<0x"):
            kind = TokenType.BYTE
        else:
            kind = TokenType.NORMAL
        tokens.append(token)
        kinds.append(int(kind))
    return tuple(tokens), tuple(kinds)


def _scores(tokens: tuple[str, ...], merges: list[tuple[str, str]]) -> tuple[float, ...]:
    """Score each token by the rank of the first merge that makes it: earlier ranks score higher."""
    ranks: dict[str, int] = {}
    for rank, (left, right) in enumerate(merges):
        ranks.setdefault(left + right, rank)
    single = {token for token in tokens if len(token) == 1}
    return tuple(
        0.0
        if token in single
        else -float(ranks[token]) - 1
        if token in ranks
        else _SCORE_OF_NOTHING
        for token in tokens
    )


def _pair(merge: str | list[str]) -> tuple[str, str]:
    left, right = merge.split(" ", 1) if isinstance(merge, str) else merge
    return left, right


def _space_prefix(file: Mapping[str, Any], tokenizer: Any) -> bool:
    """Tell whether a prompt gets a space before it, or after a special token, that it has not.

    llama.cpp adds one at all these places or at none; transformers has four ways, and which of them
    it is makes a difference only where the chat template leaves room for it. So it is tried out.
    """
    from tokenizers import Tokenizer

    without = json.loads(json.dumps(file))
    for step in _steps(without.get("pre_tokenizer"), "pretokenizers"):
        if step.get("type") == "Metaspace":
            step["prepend_scheme"] = "never"
    kept = [s for s in _steps(without["normalizer"], "normalizers") if s.get("type") != "Prepend"]
    without["normalizer"] = {"type": "Sequence", "normalizers": kept} if kept else None
    text = "x"
    if getattr(tokenizer, "chat_template", None):
        asked = [{"role": "user", "content": text}]
        text = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    plain: Any = Tokenizer.from_str(json.dumps(without))
    ids: list[int] = list(tokenizer(text, add_special_tokens=False)["input_ids"])
    return ids != list(plain.encode(text, add_special_tokens=False).ids)


def _steps(part: Any, key: str) -> list[dict[str, Any]]:
    if not part:
        return []
    return cast("list[dict[str, Any]]", part.get(key, [part]))


def _begins(tokenizer: Any) -> bool:
    """Tell whether the tokenizer puts its begin token before plain text."""
    ids: list[int] = list(tokenizer("x")["input_ids"])
    return tokenizer.bos_token_id is not None and ids[0] == tokenizer.bos_token_id


def _specials(tokenizer: Any, folder: Path, rows: int) -> dict[str, int]:
    """Return the special tokens by GGUF's names; further ends of a completion as eot and eom."""
    found = {
        name: getattr(tokenizer, f"{attribute}_token_id")
        for name, attribute in (("bos", "bos"), ("eos", "eos"), ("unk", "unk"), ("pad", "pad"))
    }
    settings = folder / "generation_config.json"
    ends = (
        json.loads(settings.read_text("utf-8")).get("eos_token_id") if settings.exists() else None
    )
    several = cast("list[int | None]", ends if isinstance(ends, list) else [ends])
    others = [end for end in several if end is not None and end != found["eos"]]
    found |= dict(zip(("eot", "eom"), others, strict=False))
    return {name: int(i) for name, i in found.items() if i is not None and int(i) < rows}


def _unknown(got: str) -> ModelError:
    return ModelError(
        "--to gguf",
        wanted="a byte-level or SentencePiece tokenizer of type BPE in tokenizer.json",
        got=got,
        remedy="export it with --to hf",
    )
