"""How a prompt is put into a model's chat template: one place for training and serving."""

from __future__ import annotations

from typing import Any

__all__ = ["chat_template", "rendered"]


def chat_template(tokenizer: Any) -> str:
    """Return the template that prompts are rendered with; empty for a plain base model."""
    return str(getattr(tokenizer, "chat_template", None) or "")


def rendered(tokenizer: Any, prompt: str) -> str:
    """Return the text that the model reads for ``prompt``, up to where it begins to write.

    Without a template that is the prompt itself; with one, special tokens are part of the text.
    """
    if not chat_template(tokenizer):
        return prompt
    return str(
        tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}],
            tokenize=False,
            add_generation_prompt=True,
            # Our traces are the thinking: Qwen 3 would else begin with a block of its own.
            enable_thinking=False,
        )
    )
