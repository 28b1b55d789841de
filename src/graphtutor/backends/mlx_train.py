"""Supervised training with mlx: the same batches, loss, optimiser and rates as the torch engine.

A plain loop for the same reason: step ``i`` sees the examples that the request names, seeds its own
randomness from (seed, i), and takes its learning rate from ``i`` alone, so that a training that was
killed ends with the same weights. mlx-lm's own trainer scores one padding token an example and
keeps neither moments nor order.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optimizers
import numpy as np
from mlx import utils as trees
from mlx_lm.tuner import trainer

from graphtutor.backends.base import Example, StepLog, TrainRequest
from graphtutor.backends.mlx_checkpoint import load_checkpoint, save_checkpoint
from graphtutor.backends.mlx_lora import set_dropout_keys
from graphtutor.backends.schedule import pieces, rate
from graphtutor.config import TrainConfig
from graphtutor.io.seed import derive_seed

__all__ = ["fit", "gradients"]

_mlx: Any = mx
_nn: Any = nn
_optimizers: Any = optimizers
_trees: Any = trees
_trainer: Any = trainer
_MOMENTS: Final = ("m", "v")


def fit(network: Any, request: TrainRequest) -> None:
    """Train the weights of ``network`` that are not frozen, in place."""
    config = request.config
    optimiser = _optimizers.AdamW(
        learning_rate=config.lr,
        betas=[0.9, 0.98],
        eps=1e-8,
        weight_decay=config.weight_decay,
        bias_correction=True,
    )
    optimiser.init(network.trainable_parameters())
    path = request.checkpoints / "checkpoint.safetensors" if request.checkpoints else None
    first = 0
    if path:
        first, stored = load_checkpoint(path, _parts(network, optimiser))
        _restore(network, optimiser, stored)
    began = time.perf_counter()
    head, scale = _plain_head(network), _loss_scale(network)
    for step in range(first, len(request.batches)):
        batch = [request.examples[index] for index in request.batches[step]]
        network.train()
        loss, grads = gradients(
            network, batch, config, derive_seed("train", request.seed, step), head, scale
        )
        grads, norm = _optimizers.clip_grad_norm(grads, config.max_grad_norm)
        lr = config.lr * rate(step, config)
        optimiser.learning_rate = lr
        if math.isfinite(norm.item()):  # in half precision a gradient may overflow
            optimiser.update(network, grads)
        _mlx.eval(network.trainable_parameters(), optimiser.state)
        network.eval()
        if request.on_step:
            tokens = sum(len(example.tokens) for example in batch)
            request.on_step(StepLog(step + 1, loss, lr, tokens, time.perf_counter() - began))
        if request.on_evaluate and step + 1 in request.evaluate_at:
            request.on_evaluate(step + 1)
        if path and (step + 1) % config.checkpoint_every == 0 and step + 1 < len(request.batches):
            save_checkpoint(path, step + 1, _parts(network, optimiser))


def gradients(
    network: Any,
    batch: Sequence[Example],
    config: TrainConfig,
    seed: int,
    head: Any = None,
    scale: float = 1.0,
) -> tuple[float, Any]:
    """Return the mean loss per trained token of ``batch`` and its gradients.

    ``seed`` decides what dropout drops. ``head`` maps hidden states to logits; None lets the
    network do it, for all positions. The loss is multiplied by ``scale`` on the way.
    """
    trained = sum(sum(example.mask[1:]) for example in batch)
    total, sums = 0.0, None
    with _recomputing(network, config.gradient_checkpointing):
        for number, piece in enumerate(pieces(batch, config.micro_tokens)):
            set_dropout_keys(network, derive_seed("dropout", seed, number))
            ids, rows, targets = _arrays(piece)
            part = _nn.value_and_grad(network, _summed_loss)
            loss, grads = part(network, head, ids, rows, targets, scale / trained)
            sums = grads if sums is None else _trees.tree_map(_mlx.add, sums, grads)
            _mlx.eval(loss, sums)
            total += loss.item() / scale

    def unscaled(gradient: Any) -> Any:
        return gradient / scale

    return total, sums if scale == 1 else _trees.tree_map(unscaled, sums)


def _summed_loss(network: Any, head: Any, ids: Any, rows: Any, targets: Any, share: float) -> Any:
    """Sum the cross-entropy over trained tokens, times ``share``; a causal mask hides padding."""
    states = network(ids) if head is None else network.model(ids)
    states = states.reshape(-1, states.shape[-1])[rows]
    logits = states if head is None else head(states)
    return _nn.losses.cross_entropy(logits.astype(_mlx.float32), targets, reduction="sum") * share


def _arrays(piece: Sequence[Example]) -> tuple[Any, Any, Any]:
    """Return the padded ids (rows, width), the flat places that are scored, and their targets."""
    width = -(-max(len(example.tokens) for example in piece) // 16) * 16
    ids = np.zeros((len(piece), width), dtype=np.int32)
    mask = np.zeros((len(piece), width), dtype=bool)
    for row, example in enumerate(piece):
        ids[row, : len(example.tokens)] = example.tokens
        mask[row, : len(example.mask)] = example.mask
    # The token at i is scored by what stands at i - 1, so a first token cannot be trained on.
    mask[:, 0] = False
    places = np.flatnonzero(mask)
    return _mlx.array(ids), _mlx.array(places - 1), _mlx.array(ids.ravel()[places])


def _plain_head(network: Any) -> Any:
    """Return the head where the network does nothing but run it on ``network.model``, else None.

    Some models scale or cap their logits, so it is tried: on trained positions alone the head saves
    most of its work and memory.
    """
    body = getattr(network, "model", None)
    embedding = getattr(body, "embed_tokens", None)
    if body is None or embedding is None:
        return None
    head = getattr(network, "lm_head", None) or embedding.as_linear
    ids = _mlx.array([[1, 2, 3]])
    return head if _mlx.array_equal(network(ids), head(body(ids))).item() else None


def _loss_scale(network: Any) -> float:
    """Return what a loss is multiplied by, so that float16 does not round its gradients to 0."""
    kinds = {x.dtype for _, x in _trees.tree_flatten(network.parameters())}
    return 1024.0 if _mlx.float16 in kinds else 1.0


@contextmanager
def _recomputing(network: Any, wanted: bool) -> Generator[None, None, None]:
    """Let layers keep their inputs alone and be computed again for their gradients, if ``wanted``.

    mlx-lm changes a layer's class for good; here it has its own call back at the end.
    """
    kinds: dict[Any, Any] = {type(layer): layer for layer in network.layers} if wanted else {}
    calls = {kind: kind.__call__ for kind in kinds}
    try:
        for layer in kinds.values():
            _trainer.grad_checkpoint(layer)
        yield
    finally:
        for kind, call in calls.items():
            kind.__call__ = call


def _parts(network: Any, optimiser: Any) -> dict[str, dict[str, Any]]:
    """Return the trained weights, their moments by name, and the number of updates."""
    weights = dict(_trees.tree_flatten(network.trainable_parameters()))
    state = dict(_trees.tree_flatten(optimiser.state))
    moments = {kind: {name: state[f"{name}.{kind}"] for name in weights} for kind in _MOMENTS}
    return {"weight": weights, **moments, "optimiser": {"step": optimiser.state["step"]}}


def _restore(network: Any, optimiser: Any, stored: dict[str, dict[str, Any]]) -> None:
    """Put weights and moments of a checkpoint in place; nothing if there was none."""
    if not stored:
        return
    network.load_weights(list(stored["weight"].items()), strict=False)
    new = {f"{name}.{kind}": x for kind in _MOMENTS for name, x in stored[kind].items()}
    new |= stored["optimiser"]

    def replaced(name: str, array: Any) -> Any:
        return new.get(name, array)

    optimiser.state = _trees.tree_map_with_path(replaced, optimiser.state)
