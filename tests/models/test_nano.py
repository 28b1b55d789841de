"""The tokenizer of the embedded model: lossless, the same each time, names and letters whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.models.nano import NANO_SHAPE, words
from graphtutor.tasks.prompt import FORMAT_RULES, completion_text, prompt_text

pytest.importorskip("tokenizers")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    pytest.importorskip("transformers")
    from graphtutor.models.nano import build_tokenizer

    return build_tokenizer()


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


@given(text=st.text(max_size=60))
def test_any_text_comes_back_as_it_was(tokenizer: Any, text: str) -> None:
    """Bytes are its alphabet: no name of a user's graph is out of vocabulary."""
    if not any(special in text for special in tokenizer.all_special_tokens):
        assert tokenizer.decode(_ids(tokenizer, text)) == text


def test_special_tokens(tokenizer: Any) -> None:
    """Padding is 0, and nothing is put before a text or behind it."""
    assert [tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id] == [0, 1, 2]
    assert tokenizer("Leak")["input_ids"] == _ids(tokenizer, "Leak")
    assert tokenizer.padding_side == "left"
    assert tokenizer.model_max_length == NANO_SHAPE["max_position_embeddings"]


def test_the_format_rules_are_one_token(tokenizer: Any) -> None:
    """They are a hundred tokens otherwise, in front of every prompt."""
    assert len(_ids(tokenizer, FORMAT_RULES)) == 1
    prompt = prompt_text("Which?", ["Leak", "Storm", "Rust", "Flood"])
    assert _ids(tokenizer, prompt)[0] == _ids(tokenizer, FORMAT_RULES)[0]


def test_an_answer_is_one_token_whatever_the_letter(tokenizer: Any) -> None:
    """So that completions of the same chain differ in one place."""
    rows = [_ids(tokenizer, completion_text("A leads to B.", letter)) for letter in "ABCD"]
    assert len({len(row) for row in rows}) == 1
    assert len({tuple(row[:-1]) for row in rows}) == 1
    assert [tokenizer.decode(row[-1:]) for row in rows] == list("ABCD")


def test_a_name_has_the_same_tokens_wherever_it_stands(tokenizer: Any) -> None:
    """In the question, in the trace, before a comma: copying is what chains are made of."""
    name = _ids(tokenizer, "ClockSkew")
    for text in ("ClockSkew", "A) ClockSkew\n", "x uses ClockSkew, which", "ClockSkew."):
        row = _ids(tokenizer, text)
        assert any(row[i : i + len(name)] == name for i in range(len(row))), text


def test_the_word_list_is_generic() -> None:
    """Lower-case words, each once."""
    found = words()
    assert len(found) == len(set(found)) > 1000
    assert all(word.isalpha() and word == word.lower() for word in found)
