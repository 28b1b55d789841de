"""From text to tokens with a transformers tokenizer, the same for every engine that has one.

A prompt goes through the chat template if there is one, rendered once and in one place, so that
training, evaluation and all engines read the same tokens. The loss mask follows from tokenising
prompt and completion apart, not from marks in a template.
"""

from __future__ import annotations

from typing import Any

from graphtutor.backends.base import Example
from graphtutor.models.chat import chat_template, rendered

__all__ = ["chat_template", "encode", "prompt_ids"]


def prompt_ids(tokenizer: Any, prompt: str, system: str = "") -> list[int]:
    """Return the tokens of ``prompt`` as the model is asked it, up to where it begins to write."""
    text = rendered(tokenizer, prompt, system)
    if chat_template(tokenizer):
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    return list(tokenizer(text)["input_ids"])


def encode(tokenizer: Any, prompt: str, completion: str, system: str = "") -> Example:
    """Tokenise prompt and completion apart, as they come apart in generation.

    The mask covers exactly the completion and the end token, where the tokenizer has one.
    """
    head = prompt_ids(tokenizer, prompt, system)
    tail: list[int] = tokenizer(completion, add_special_tokens=False)["input_ids"]
    if tokenizer.eos_token_id is not None:
        tail = [*tail, tokenizer.eos_token_id]
    return Example((*head, *tail), (False,) * len(head) + (True,) * len(tail))
