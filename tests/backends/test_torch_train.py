"""The training loop: loss as in transformers, pieces change nothing, rates follow the plan."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.backends.base import Example, StepLog, TrainRequest
from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig, TrainConfig
from graphtutor.errors import ModelError

torch = pytest.importorskip("torch")

from graphtutor.backends import torch_train  # noqa: E402
from graphtutor.backends.schedule import pieces, rate  # noqa: E402
from graphtutor.backends.torch_products import keep_less  # noqa: E402
from graphtutor.backends.torch_train import fit  # noqa: E402


def _examples(model: Any, pairs: list[tuple[str, str]]) -> list[Example]:
    """Examples of clearly different lengths."""
    return [model.encode(p + "x " * 9 * i, c * (1 + i)) for i, (p, c) in enumerate(pairs)]


def _loss(network: Any, batch: list[Example], micro_tokens: int = 4096) -> float:
    return torch_train._backward(network, batch, micro_tokens, 1.0)


def _gradients(network: Any) -> dict[str, Any]:
    return {name: w.grad.clone() for name, w in network.named_parameters() if w.grad is not None}


def _reference(network: Any, batch: list[Example]) -> Any:
    """Mean loss by transformers, which shifts the labels itself and ignores those of -100."""
    width = max(len(e.tokens) for e in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    labels, attention = torch.full_like(ids, -100), torch.zeros_like(ids)
    for row, example in enumerate(batch):
        tokens, size = torch.tensor(example.tokens), len(example.tokens)
        ids[row, :size], attention[row, :size] = tokens, 1
        labels[row, :size] = tokens.where(torch.tensor(example.mask), torch.tensor(-100))
    return network(input_ids=ids, attention_mask=attention, labels=labels).loss


def test_the_loss_is_that_of_transformers(llama: Any, pairs: list[tuple[str, str]]) -> None:
    """The head runs on trained positions only; loss and gradients must not notice."""
    batch = _examples(llama, pairs)
    wanted = _reference(llama.network, batch)
    wanted.backward()
    gradients = _gradients(llama.network)
    llama.network.zero_grad()
    assert _loss(llama.network, batch) == pytest.approx(wanted.item(), rel=1e-5)
    for name, gradient in _gradients(llama.network).items():
        assert torch.allclose(gradient, gradients[name], atol=1e-6), name


def test_pieces_change_neither_loss_nor_gradient(llama: Any, pairs: list[tuple[str, str]]) -> None:
    """A batch too large for memory is cut; the mean is over all its trained tokens still."""
    batch = _examples(llama, pairs)
    whole = _loss(llama.network, batch)
    gradients = _gradients(llama.network)
    llama.network.zero_grad()
    assert len(pieces(batch, 150)) > 2
    assert _loss(llama.network, batch, 150) == pytest.approx(whole, rel=1e-5)
    for name, gradient in _gradients(llama.network).items():
        assert torch.allclose(gradient, gradients[name], atol=1e-6), name


@pytest.mark.parametrize("changed", ["gemma2", "granite", "cohere"])
def test_logits_that_the_architecture_changes_after_the_head(
    changed: str, llama: Any, pairs: list[tuple[str, str]]
) -> None:
    """Caps and scales are part of the model; a loss without them would train another one."""
    from transformers import (
        AutoModelForCausalLM,
        CohereConfig,
        Gemma2Config,
        GraniteConfig,
    )

    size = {"vocab_size": len(llama.tokenizer), "hidden_size": 32, "intermediate_size": 64}
    heads = {"num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
    kinds = {
        "gemma2": lambda: Gemma2Config(**size, **heads, head_dim=16, final_logit_softcapping=0.5),
        "granite": lambda: GraniteConfig(**size, **heads, logits_scaling=7.0),
        "cohere": lambda: CohereConfig(**size, **heads, logit_scale=0.0625),
    }
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(kinds[changed](), attn_implementation="eager")
    batch = _examples(llama, pairs)
    with torch.no_grad():
        wanted = _reference(network, batch).item()
    assert _loss(network, batch) == pytest.approx(wanted, rel=1e-5)


def test_checkpointing_activations_changes_no_gradient(
    llama: Any, pairs: list[tuple[str, str]]
) -> None:
    """Less is kept and computed again; what comes out is the same, and no text is cut for it."""
    batch = _examples(llama, pairs)
    whole = _loss(llama.network.train(), batch)
    gradients = _gradients(llama.network)
    llama.network.zero_grad()
    keep_less(llama.network)
    assert llama.network.is_activation_checkpointing
    assert _loss(llama.network, batch) == pytest.approx(whole, rel=1e-6)
    for name, gradient in _gradients(llama.network).items():
        assert torch.allclose(gradient, gradients[name], atol=1e-7), name


def test_half_precision_trains_an_adapter_in_full_precision(
    llama_folder: Path, pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    """As on MPS: the base in float16, the adapter in float32, the loss scaled and falling."""
    config = ModelConfig(name=str(llama_folder), device="cpu", precision="fp16")
    model = get_backend("torch").load(config)
    assert model.network.dtype == torch.float16
    train = TrainConfig(steps=30, lr=1e-2, warmup=0.0, batch_size=4)
    logs: list[StepLog] = []
    examples = [model.encode(*pair) for pair in pairs]
    model.train(TrainRequest(examples, [[0, 1, 2, 3]] * 30, train, 0, on_step=logs.append))
    adapted = [w for name, w in model.network.named_parameters() if "lora_" in name]
    assert {w.dtype for w in adapted} == {torch.float32}
    assert all(w.isfinite().all() for w in adapted)
    assert logs[-1].loss < 0.6 * logs[0].loss
    model.save_adapter(tmp_path / "adapter")
    again = get_backend("torch").load(config, tmp_path / "adapter")
    asked, greedy = [Prompt("a", pairs[0][0])], Sampling(max_new_tokens=12)
    assert again.generate(asked, greedy)[0][0].text == model.generate(asked, greedy)[0][0].text


def test_a_step_with_an_overflow_is_left_out(llama: Any, pairs: list[tuple[str, str]]) -> None:
    """The weights stay as they were, and training goes on."""
    examples = _examples(llama, pairs)
    config = TrainConfig(steps=1, lr=0.1, warmup=0.0, method="full", batch_size=1)
    llama.network.requires_grad_(True)
    before = {name: w.clone() for name, w in llama.network.named_parameters()}
    spoil = llama.network.lm_head.weight.register_hook(lambda gradient: gradient * math.inf)
    fit(llama.network, TrainRequest(examples, [[0]], config, 0))
    spoil.remove()
    assert all(torch.equal(w, before[name]) for name, w in llama.network.named_parameters())
    fit(llama.network, TrainRequest(examples, [[0]], config, 0))
    assert not all(torch.equal(w, before[n]) for n, w in llama.network.named_parameters())


@given(st.lists(st.integers(1, 6000), min_size=1, max_size=30))
def test_pieces_hold_every_example_once(lengths: list[int]) -> None:
    """None is lost or doubled, none is empty, and only a single long one is over the limit."""
    batch = [Example((0,) * n, (True,) * n) for n in lengths]
    cut = pieces(batch, 4096)
    assert sorted(len(e.tokens) for piece in cut for e in piece) == sorted(lengths)
    for piece in cut:
        padded = len(piece) * max(len(e.tokens) for e in piece)
        assert len(piece) == 1 or padded <= 4096


@given(
    st.integers(1, 500),
    st.floats(0, 0.99),
    st.sampled_from(["constant", "linear", "cosine"]),
)
def test_the_rate_rises_to_the_peak_and_falls(steps: int, warmup: float, schedule: str) -> None:
    """Never above the peak, never zero (a step that does nothing), up and then down."""
    config = TrainConfig.model_validate({"steps": steps, "warmup": warmup, "schedule": schedule})
    rates = [rate(step, config) for step in range(steps)]
    warm = math.ceil(warmup * steps)
    assert all(0 < r <= 1 for r in rates)
    assert rates[:warm] == sorted(rates[:warm])
    assert rates[warm:] == sorted(rates[warm:], reverse=True)
    if warm:
        assert rates[warm - 1] == 1
    if schedule == "constant":
        assert set(rates[warm:]) <= {1.0}


def test_steps_report_the_planned_rate(llama: Any, pairs: list[tuple[str, str]]) -> None:
    """The log holds what was done: rate and tokens of each step, and time that only grows."""
    config = TrainConfig(steps=4, lr=0.5, warmup=0.5, method="full", batch_size=1)
    examples = _examples(llama, pairs)
    logs: list[StepLog] = []
    batches = [[0], [1], [2], [3]]
    fit(llama.network, TrainRequest(examples, batches, config, 0, on_step=logs.append))
    assert [log.lr for log in logs] == [0.25, 0.5, 0.5, 0.25]
    assert [log.tokens for log in logs] == [len(example.tokens) for example in examples]
    assert [log.seconds for log in logs] == sorted(log.seconds for log in logs)
    assert not llama.network.training


def test_a_checkpoint_of_other_weights_is_refused(
    llama: Any, pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    """An adapter's checkpoint under a full training: named, not half loaded."""
    config = TrainConfig(steps=3, checkpoint_every=2, method="lora", lora_r=2)
    request = TrainRequest(_examples(llama, pairs), [[0]] * 3, config, 0, checkpoints=tmp_path)
    network = llama.network
    llama.train(request)
    with pytest.raises(ModelError, match=r"checkpoint\.safetensors: wanted a checkpoint of these"):
        fit(network.get_base_model() if hasattr(network, "get_base_model") else network, request)
