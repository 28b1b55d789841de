"""The Modelfile: the template that was trained with, once around the question."""

from __future__ import annotations

import re

import pytest

from graphtutor.errors import ModelError
from graphtutor.export.modelfile import MARK, modelfile, prompt_frame


@pytest.mark.parametrize(
    ("rendered", "begin", "frame"),
    [
        (MARK, "", ("", "")),
        (f"<|im_start|>user\n{MARK}<|im_end|>\n", "", ("<|im_start|>user\n", "<|im_end|>\n")),
        # The begin token is added by the program itself; twice would be once too often.
        (f"<s>[INST] {MARK}[/INST]", "<s>", ("[INST] ", "[/INST]")),
        (f"<s>[INST] {MARK}[/INST]", "", ("<s>[INST] ", "[/INST]")),
    ],
)
def test_the_frame_is_what_stands_around_the_question(
    rendered: str, begin: str, frame: tuple[str, str]
) -> None:
    assert prompt_frame(rendered, begin=begin) == frame


@pytest.mark.parametrize("rendered", ["nothing", f"{MARK} and again {MARK}"])
def test_a_template_must_hold_the_question_once(rendered: str) -> None:
    with pytest.raises(ModelError, match="holds the question word for word, once"):
        prompt_frame(rendered)


def test_braces_of_a_template_are_printed_and_not_run() -> None:
    text = modelfile("m.gguf", ('{"a": {{b}} }', ""), [], limit=8, window=64)
    assert text.splitlines()[1] == 'TEMPLATE """{"a": {{ "{{" }}b}} }{{ .Prompt }}"""'


def test_quotes_that_would_end_the_template_are_refused() -> None:
    with pytest.raises(ModelError, match=re.escape("three quotation marks")):
        modelfile("m.gguf", ('x"""y', ""), [], limit=8, window=64)


def test_stops_and_limits_stand_in_it() -> None:
    text = modelfile("m.gguf", ("", ""), ["</s>", "<|end|>"], limit=160, window=2048)
    assert re.findall(r"PARAMETER (\S+) (.+)", text) == [
        ("temperature", "0"),
        ("repeat_penalty", "1"),
        ("num_predict", "160"),
        ("num_ctx", "2048"),
        ("stop", '"</s>"'),
        ("stop", '"<|end|>"'),
    ]
