"""Training with mlx: the loss by its definition, passes that change nothing, dropout again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphtutor.backends.base import Example, StepLog, TrainRequest
from graphtutor.backends.registry import get_backend
from graphtutor.config import ModelConfig, TrainConfig
from graphtutor.errors import ModelError

pytest.importorskip("torch")

from tests.backends.mlx_library import mx, trees

LORA = TrainConfig(steps=2, lr=1e-2, lora_r=4, lora_alpha=8, warmup=0.0)


@pytest.fixture
def llama(llama_folder: Path) -> Any:
    """The tiny Llama in the mlx engine."""
    return get_backend("mlx").load(ModelConfig(name=str(llama_folder), backend="mlx", device="cpu"))


def _examples(model: Any, pairs: list[tuple[str, str]]) -> list[Example]:
    """Examples of clearly different lengths."""
    return [model.encode(p + "x " * 9 * i, c * (1 + i)) for i, (p, c) in enumerate(pairs)]


def _adapted(model: Any, pairs: list[tuple[str, str]], **changes: Any) -> list[Example]:
    """Give ``model`` an adapter that has begun to learn, in training mode; return examples."""
    examples = _examples(model, pairs)
    config = LORA.model_copy(update=changes)
    model.train(TrainRequest(examples, [[0, 1], [2, 3]], config, 3))
    model.network.train()
    return examples


def _gradients(model: Any, examples: list[Example], seed: int = 7, **changes: Any) -> Any:
    """Return loss and gradients by name."""
    from graphtutor.backends.mlx_train import _plain_head, gradients

    head = _plain_head(model.network) if changes.pop("short", True) else None
    config = LORA.model_copy(update=changes)
    loss, found = gradients(model.network, examples, config, seed, head)
    return loss, {name: np.array(x) for name, x in trees.tree_flatten(found)}


def _same(one: Any, two: Any, tolerance: float) -> bool:
    if one[1].keys() != two[1].keys():
        return False
    near = all(np.allclose(x, two[1][name], atol=tolerance) for name, x in one[1].items())
    return near and one[0] == pytest.approx(two[0], rel=max(tolerance, 1e-12))


def test_the_loss_is_the_mean_over_trained_tokens(llama: Any, pairs: list[tuple[str, str]]) -> None:
    """By hand: one example at a time, all logits, natural logarithms; padding plays no part."""
    examples = _adapted(llama, pairs)
    llama.network.eval()
    scored = []
    for example in examples:
        logits = llama.network(mx.array([list(example.tokens)])).astype(mx.float32)
        chances = np.array(logits[0] - mx.logsumexp(logits[0], axis=-1, keepdims=True))
        for place, trained in enumerate(example.mask):
            if trained:
                scored.append(-chances[place - 1, example.tokens[place]])
    loss, _ = _gradients(llama, examples)
    assert len(scored) == sum(sum(example.mask) for example in examples)
    assert loss == pytest.approx(float(np.mean(scored)), rel=1e-5)


def test_a_first_token_is_no_target(llama: Any) -> None:
    """Nothing stands before it that could tell of it: an empty prompt trains on the rest."""
    tokens = (5, 6, 7)
    llama.network.train()
    whole, later = Example(tokens, (True,) * 3), Example(tokens, (False, True, True))
    llama.network.unfreeze()
    assert _same(_gradients(llama, [whole]), _gradients(llama, [later]), 0.0)


def test_passes_and_the_short_head_change_nothing(llama: Any, pairs: list[tuple[str, str]]) -> None:
    """A batch too large for memory is cut; a head that runs on all positions gives the same."""
    examples = _adapted(llama, pairs)
    whole = _gradients(llama, examples, micro_tokens=4096)
    assert _same(whole, _gradients(llama, examples, micro_tokens=64), 1e-6)
    assert _same(whole, _gradients(llama, examples, short=False), 1e-6)
    assert any(np.abs(x).max() > 1e-4 for x in whole[1].values())


def test_only_what_is_trained_has_gradients(llama: Any, pairs: list[tuple[str, str]]) -> None:
    """Of LoRA the two matrices of each linear layer but the head; of full training everything."""
    _, found = _gradients(llama, _adapted(llama, pairs))
    assert len(found) == 2 * 7 * 2
    assert {name.rpartition(".")[2] for name in found} == {"lora_a", "lora_b"}
    assert not [name for name in found if "lm_head" in name or "embed" in name]


def test_an_adapter_begins_as_peft_begins_it(llama: Any, pairs: list[tuple[str, str]]) -> None:
    """A uniform within 1 / sqrt(width), B zero: before training nothing has changed."""
    config = LORA.model_copy(update={"lora_r": 16})
    text = ["Which tool stops Leak?"]
    before = next(iter(llama.log_probs(text))).log_probs
    llama.train(TrainRequest(_examples(llama, pairs), [], config, 3))
    assert (next(iter(llama.log_probs(text))).log_probs == before).all()
    weights = dict(trees.tree_flatten(llama.network.trainable_parameters()))
    for name, x in weights.items():
        values = np.array(x)
        if name.endswith("lora_b"):
            assert not values.any()
            continue
        bound = values.shape[0] ** -0.5
        assert np.abs(values).max() <= bound
        assert values.std() == pytest.approx(bound / 3**0.5, rel=0.15)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_computing_again_for_less_memory_changes_no_bit(
    dropout: float, llama: Any, pairs: list[tuple[str, str]]
) -> None:
    """The second time dropout has to drop the same: else gradients are those of no loss at all."""
    examples = _adapted(llama, pairs, lora_dropout=dropout)
    layer = type(llama.network.layers[0])
    call = layer.__call__
    peaks = []
    found = []
    for checkpointing in (False, True):
        mx.clear_cache()
        mx.reset_peak_memory()
        held = mx.get_active_memory()
        found.append(_gradients(llama, examples * 8, gradient_checkpointing=checkpointing))
        peaks.append(mx.get_peak_memory() - held)
    assert _same(*found, 0.0)
    assert peaks[1] < peaks[0]
    assert layer.__call__ is call


def test_dropout_depends_on_the_seed_alone(llama: Any, pairs: list[tuple[str, str]]) -> None:
    """Neither on what was drawn before nor on who else draws; and it drops something."""
    examples = _adapted(llama, pairs, lora_dropout=0.3)
    first = _gradients(llama, examples, seed=1)
    mx.eval(mx.random.normal((5,)))
    assert _same(first, _gradients(llama, examples, seed=1), 0.0)
    assert not _same(first, _gradients(llama, examples, seed=2), 1e-6)
    llama.network.eval()
    calm = _gradients(llama, examples, seed=1)
    assert _same(calm, _gradients(llama, examples, seed=2), 0.0)
    assert not _same(first, calm, 1e-6)


def test_dropout_keeps_the_mean() -> None:
    """What is kept is raised by as much as is lost."""
    from graphtutor.backends.mlx_lora import KeyedDropout

    layer = KeyedDropout(0.25)
    layer.train()
    out = np.array(layer(mx.ones((400, 100))))
    assert np.unique(out).tolist() == pytest.approx([0, 1 / 0.75])
    assert out.mean() == pytest.approx(1, abs=0.02)
    layer.eval()
    assert (np.array(layer(mx.ones((3, 3)))) == 1).all()


def test_steps_report_what_was_done(llama: Any, pairs: list[tuple[str, str]]) -> None:
    """The log holds rate and tokens of each step, and time that only grows."""
    config = TrainConfig(steps=4, lr=0.5, warmup=0.5, method="full", batch_size=1)
    examples = _examples(llama, pairs)
    logs: list[StepLog] = []
    request = TrainRequest(examples, [[0], [1], [2], [3]], config, 0, on_step=logs.append)
    llama.train(request)
    assert [log.lr for log in logs] == [0.25, 0.5, 0.5, 0.25]
    assert [log.tokens for log in logs] == [len(example.tokens) for example in examples]
    assert [log.seconds for log in logs] == sorted(log.seconds for log in logs)
    assert not llama.network.training


def test_a_gradient_that_is_no_number_is_left_out(
    llama: Any, pairs: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In half precision one may overflow; one such step must not spoil every weight."""
    from graphtutor.backends import mlx_train

    examples = _adapted(llama, pairs)
    before = {n: np.array(x) for n, x in trees.tree_flatten(llama.network.trainable_parameters())}
    monkeypatch.setattr(mlx_train, "_loss_scale", lambda _: float("inf"))
    llama.train(TrainRequest(examples, [[0]], LORA.model_copy(update={"steps": 1}), 3))
    for name, x in trees.tree_flatten(llama.network.trainable_parameters()):
        assert (np.array(x) == before[name]).all()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x08\0\0\0\0\0\0\0{broken}"])
def test_a_file_that_is_no_checkpoint_is_named(
    content: bytes, llama: Any, pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(content)
    request = TrainRequest(_examples(llama, pairs), [[0]], LORA, 0, checkpoints=tmp_path)
    with pytest.raises(ModelError, match=r"checkpoint\.safetensors: wanted a whole checkpoint"):
        llama.train(request)


def test_a_checkpoint_of_other_weights_is_refused(
    llama: Any, llama_folder: Path, pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    """An adapter's under a full training, or one of another rank: named, not half loaded."""
    examples = _examples(llama, pairs)
    changes = {"steps": 3, "checkpoint_every": 2}
    config = LORA.model_copy(update=changes)
    llama.train(TrainRequest(examples, [[0]] * 3, config, 0, checkpoints=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]
    for other in ({"method": "full"}, {"lora_r": 3}):
        model = ModelConfig(name=str(llama_folder), backend="mlx", device="cpu")
        fresh = get_backend("mlx").load(model)
        request = TrainRequest(
            examples, [[0]] * 3, config.model_copy(update=other), 0, checkpoints=tmp_path
        )
        with pytest.raises(ModelError, match=r"checkpoint\.safetensors: wanted a checkpoint of th"):
            fresh.train(request)
