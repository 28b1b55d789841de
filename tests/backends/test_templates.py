"""What is trained on, token by token, under the chat templates of the families."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig
from graphtutor.errors import ModelError
from graphtutor.models.chat import rendered
from graphtutor.training.examples import encode_pairs

pytest.importorskip("torch")

from tests.backends.tiny_models import KINDS, save_tiny

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)
QUESTION = "Which tool stops Leak?\nA: Pump\nB: Rope"
ANSWER = "Pump is it.\nANSWER: A"
RENDERED = {
    "plain": QUESTION,
    "smollm": f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n",
    "qwen2": "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
    f"{QUESTION}<|im_end|>\n<|im_start|>assistant\n",
    "qwen3": f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
    "<think>\n\n</think>\n\n",
    "llama3": "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n"
    f"{QUESTION}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
    "mistral": f"<s>[INST] {QUESTION}[/INST]",
}


@pytest.fixture(scope="module", params=sorted(KINDS))
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tiny model of each family in the torch engine, with the family's name."""
    folder = save_tiny(request.param, tmp_path_factory.mktemp(request.param))
    return request.param, get_backend("torch").load(ModelConfig(name=str(folder), device="cpu"))


def split(model: Any, prompt: str, completion: str) -> tuple[list[int], list[int]]:
    """Return the tokens not trained on and those trained on; the former come first."""
    example = model.encode(prompt, completion)
    cut = example.mask.index(True)
    assert example.mask == (False,) * cut + (True,) * (len(example.mask) - cut)
    return list(example.tokens[:cut]), list(example.tokens[cut:])


def test_the_prompt_is_the_rendered_template_and_nothing_of_it_is_trained(tiny: Any) -> None:
    name, model = tiny
    head, tail = split(model, QUESTION, ANSWER)
    decode = model.tokenizer.decode
    assert decode(head) == RENDERED[name]
    assert decode(tail[:-1]) == ANSWER
    assert model.tokenizer.convert_ids_to_tokens(tail[-1]) == KINDS[name].eos


def test_no_mark_stands_twice_or_is_spelled_out(tiny: Any) -> None:
    """A template that writes the first mark and a tokenizer that adds it give it once; marks are
    one token each."""
    name, model = tiny
    head, _ = split(model, QUESTION, ANSWER)
    tokens = model.tokenizer.convert_ids_to_tokens(head)
    kind = KINDS[name]
    for mark in {kind.bos, kind.eos, *kind.marks} - {None}:
        assert tokens.count(mark) == RENDERED[name].count(mark)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=TEXT, answer=TEXT)
def test_masks_are_exact_for_any_text(tiny: Any, question: str, answer: str) -> None:
    """The trained tokens say the completion, whatever stands before; the end is always learnt."""
    _, model = tiny
    head, tail = split(model, question, answer)
    decode = model.tokenizer.decode
    assert decode(tail[:-1]) == answer or decode(tail[:-1]).strip() == answer.strip()
    assert tail[-1] == model.tokenizer.eos_token_id
    assert split(model, question, "other")[0] == head


def test_generation_sees_the_prompt_that_training_saw(tiny: Any) -> None:
    """Drift between the two is the commonest reason for a tuned model that fails when served."""
    _, model = tiny
    assert model._prompt_ids(Prompt("a", QUESTION)) == split(model, QUESTION, ANSWER)[0]
    [[completion]] = model.generate([Prompt("a", QUESTION)], Sampling(max_new_tokens=8))
    assert completion.tokens <= 8
    assert completion.cut == (completion.tokens == 8)


def test_a_system_message_stands_before_the_question_and_is_not_trained(tiny: Any) -> None:
    """Each family has its own place for it; a plain model reads it first."""
    name, model = tiny
    system = "You answer tersely."
    plain = model.encode(QUESTION, ANSWER)
    with_system = model.encode(QUESTION, ANSWER, system)
    cut = with_system.mask.index(True)
    assert with_system.tokens[cut:] == plain.tokens[plain.mask.index(True) :]
    shown = model.tokenizer.decode(with_system.tokens[:cut])
    assert shown.count(system) == shown.count(QUESTION) == 1
    assert shown.index(system) < shown.index(QUESTION)
    asked = Prompt("a", QUESTION, system)
    assert tuple(model._prompt_ids(asked)) == with_system.tokens[:cut]
    if name in {"smollm", "qwen2", "qwen3"}:
        assert f"<|im_start|>system\n{system}<|im_end|>" in shown


@pytest.mark.parametrize(
    "template",
    [
        "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
        "{% endif %}{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}",
        "{% for m in messages if m['role'] != 'system' %}<{{ m['role'] }}>{{ m['content'] }}"
        "{% endfor %}",
    ],
    ids=["refuses", "drops"],
)
def test_a_template_without_system_messages_has_it_in_the_users(template: str, tiny: Any) -> None:
    """Gemma's template raises on one; another would train on questions without their style."""
    from copy import copy

    tokenizer = copy(tiny[1].tokenizer)
    tokenizer.chat_template = template
    assert rendered(tokenizer, QUESTION, "Be terse.") == f"<user>Be terse.\n\n{QUESTION}"
    assert rendered(tokenizer, QUESTION) == f"<user>{QUESTION}"


def test_what_is_longer_than_the_window_is_refused_with_a_count(tiny: Any) -> None:
    _, model = tiny
    long = "x " * model.window()
    with pytest.raises(ModelError, match=r"got 1 of 2 longer, up to \d+ tokens"):
        encode_pairs(model, [(QUESTION, ANSWER), (long, ANSWER)])
    with pytest.raises(ModelError, match=r"got 1 of 2 longer, up to \d+ tokens"):
        model.generate([Prompt("a", QUESTION), Prompt("b", long)], Sampling(max_new_tokens=8))


def test_trl_masks_the_same_tokens(tmp_path: Path) -> None:
    """TRL's own trainer, on the same pair without a template: the same tokens, the same labels."""
    datasets = pytest.importorskip("datasets")
    trl = pytest.importorskip("trl")
    model = get_backend("torch").load(
        ModelConfig(name=str(save_tiny("plain", tmp_path / "tiny")), device="cpu")
    )
    rows = datasets.Dataset.from_list([{"prompt": QUESTION, "completion": ANSWER}])
    settings_ = trl.SFTConfig(
        output_dir=str(tmp_path / "out"),
        completion_only_loss=True,
        bf16=False,
        use_cpu=True,
        activation_checkpointing=False,
        report_to="none",
        max_length=None,
        dataloader_pin_memory=False,
        disable_tqdm=True,
    )
    trainer = trl.SFTTrainer(
        model=model.network, args=settings_, train_dataset=rows, processing_class=model.tokenizer
    )
    batch = next(iter(trainer.get_train_dataloader()))
    ids, labels = batch["input_ids"][0].tolist(), batch["labels"][0].tolist()
    example = model.encode(QUESTION, ANSWER)
    assert ids == list(example.tokens)
    assert [label != -100 for label in labels] == list(example.mask)
