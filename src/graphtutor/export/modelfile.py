"""The Modelfile of Ollama: which GGUF file, in which words a question is put to it, when it ends.

The template is the model's own chat template, filled in once around a question: what Ollama sends
is then, character by character, what the model was trained on. It holds one question; a system
message or earlier turns have no place in it, for training had none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from graphtutor.errors import ModelError

__all__ = ["MARK", "modelfile", "prompt_frame"]

MARK: Final = "graphtutor-question"
"""Stands for the question in a rendered prompt."""
_QUOTES: Final = '"""'


def prompt_frame(rendered: str, marker: str = MARK, begin: str = "") -> tuple[str, str]:
    """Return what stands before and after ``marker`` in a prompt that was rendered with it.

    ``begin`` is the begin token where the program adds it by itself. Raises ModelError for a
    template that does not repeat the question word for word, once.

    >>> prompt_frame("<s>[INST] graphtutor-question[/INST]", begin="<s>")
    ('[INST] ', '[/INST]')
    """
    if rendered.count(marker) != 1:
        raise ModelError(
            "--to ollama",
            wanted="a chat template that holds the question word for word, once",
            got=f"one that holds it {rendered.count(marker)} times",
            remedy="export it with --to gguf",
        )
    before, _, after = rendered.removeprefix(begin).partition(marker)
    return before, after


def modelfile(
    file: str, frame: tuple[str, str], stops: Sequence[str], *, limit: int, window: int
) -> str:
    """Return the Modelfile for the GGUF ``file``.

    ``limit`` is the most tokens of an answer, ``window`` of question and answer.

    >>> text = modelfile("m.gguf", ("<u>", "</u>"), ["</s>"], limit=160, window=1024)
    >>> print(text.replace(3 * '"', "'"), end="")
    FROM ./m.gguf
    TEMPLATE '<u>{{ .Prompt }}</u>'
    PARAMETER temperature 0
    PARAMETER repeat_penalty 1
    PARAMETER num_predict 160
    PARAMETER num_ctx 1024
    PARAMETER stop "</s>"
    """
    before, after = (_literal(part) for part in frame)
    lines = [
        f"FROM ./{file}",
        f"TEMPLATE {_QUOTES}{before}{{{{ .Prompt }}}}{after}{_QUOTES}",
        "PARAMETER temperature 0",
        "PARAMETER repeat_penalty 1",
        f"PARAMETER num_predict {limit}",
        f"PARAMETER num_ctx {window}",
        *(f'PARAMETER stop "{stop}"' for stop in stops),
    ]
    return "\n".join(lines) + "\n"


def _literal(text: str) -> str:
    """Return ``text`` as a Go template prints it unchanged."""
    if _QUOTES in text:
        raise ModelError(
            "--to ollama",
            wanted="a chat template without three quotation marks in a row",
            got="one with them",
            remedy="export it with --to gguf",
        )
    return text.replace("{{", '{{ "{{" }}')
