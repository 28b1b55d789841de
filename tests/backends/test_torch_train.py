"""The training loop: loss as in transformers, pieces change nothing, rates follow the plan."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.backends.base import Example, StepLog, TrainRequest
from graphtutor.config import TrainConfig
from graphtutor.errors import ModelError

torch = pytest.importorskip("torch")

from graphtutor.backends import torch_train  # noqa: E402
from graphtutor.backends.torch_train import fit, rate  # noqa: E402


def _examples(model: Any, pairs: list[tuple[str, str]]) -> list[Example]:
    """Examples of clearly different lengths."""
    return [model.encode(p + "x " * 9 * i, c * (1 + i)) for i, (p, c) in enumerate(pairs)]


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
    assert torch_train._backward(llama.network, batch) == pytest.approx(wanted.item(), rel=1e-5)
    for name, gradient in _gradients(llama.network).items():
        assert torch.allclose(gradient, gradients[name], atol=1e-6), name


def test_pieces_change_neither_loss_nor_gradient(
    llama: Any, pairs: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch too large for memory is cut; the mean is over all its trained tokens still."""
    batch = _examples(llama, pairs)
    whole = torch_train._backward(llama.network, batch)
    gradients = _gradients(llama.network)
    llama.network.zero_grad()
    monkeypatch.setattr(torch_train, "_PIECE_TOKENS", 150)
    assert len(torch_train._pieces(batch)) > 2
    assert torch_train._backward(llama.network, batch) == pytest.approx(whole, rel=1e-5)
    for name, gradient in _gradients(llama.network).items():
        assert torch.allclose(gradient, gradients[name], atol=1e-6), name


@given(st.lists(st.integers(1, 6000), min_size=1, max_size=30))
def test_pieces_hold_every_example_once(lengths: list[int]) -> None:
    """None is lost or doubled, none is empty, and only a single long one is over the limit."""
    batch = [Example((0,) * n, (True,) * n) for n in lengths]
    pieces = torch_train._pieces(batch)
    assert sorted(len(e.tokens) for piece in pieces for e in piece) == sorted(lengths)
    for piece in pieces:
        padded = len(piece) * max(len(e.tokens) for e in piece)
        assert len(piece) == 1 or padded <= torch_train._PIECE_TOKENS


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
