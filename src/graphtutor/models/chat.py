"""How a prompt is put into a model's chat template: one place for training and serving."""

from __future__ import annotations

from typing import Any

__all__ = ["chat_template", "folded", "rendered"]


def chat_template(tokenizer: Any) -> str:
    """Return the template that prompts are rendered with; empty for a plain base model."""
    return str(getattr(tokenizer, "chat_template", None) or "")


def folded(system: str, prompt: str) -> str:
    """Return both messages as one, for a model that knows no system message."""
    return f"{system}\n\n{prompt}" if system else prompt


def rendered(tokenizer: Any, prompt: str, system: str = "") -> str:
    """Return the text that the model reads for ``prompt``, up to where it begins to write.

    Without a template that is the prompt itself, after ``system``; with one, special tokens are
    part of the text. Where the template refuses or drops a system message (Gemma's, for one), it
    stands at the head of the user's.
    """
    if not chat_template(tokenizer):
        return folded(system, prompt)
    user = {"role": "user", "content": prompt}
    if system:
        from jinja2 import TemplateError

        try:
            text = _applied(tokenizer, [{"role": "system", "content": system}, user])
        except TemplateError:
            text = ""
        if system.strip() in text:
            return text
    return _applied(tokenizer, [user | {"content": folded(system, prompt)}])


def _applied(tokenizer: Any, messages: list[dict[str, str]]) -> str:
    return str(
        tokenizer.apply_chat_template(
            messages,
            tokenize=False,
            add_generation_prompt=True,
            # Our traces are the thinking: Qwen 3 would else begin with a block of its own.
            enable_thinking=False,
        )
    )
